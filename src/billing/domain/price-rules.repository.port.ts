import type { PriceRule } from './price-rule.js';

/** Multipliers, inside a unit of work. */
export abstract class PriceRulesRepository {
  /** Lets changes of prices wait for one another; answers how many rules there are. */
  abstract lock(): Promise<number>;

  /** @throws DomainError `request.invalid` naming a user or space that is none, `request.conflict` for a second one */
  abstract add(rule: PriceRule): Promise<void>;

  /** Null = there is no such one. Locks it. */
  abstract find(id: string): Promise<PriceRule | null>;

  abstract update(rule: Pick<PriceRule, 'id' | 'multiplierBp' | 'note'>): Promise<void>;

  abstract remove(id: string): Promise<void>;
}
