import type { ErrorRule } from './error-rule.js';

/** Error rules, inside a unit of work. */
export abstract class ErrorRulesRepository {
  /** Lets changes of rules wait for one another; answers all there are. */
  abstract lock(): Promise<ErrorRule[]>;

  abstract add(rule: ErrorRule): Promise<void>;

  abstract update(rule: ErrorRule): Promise<void>;

  abstract remove(id: string): Promise<void>;
}
