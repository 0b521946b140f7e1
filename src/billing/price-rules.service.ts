import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import type { Caller } from '../common/caller.js';
import { Clock } from '../common/clock.js';
import { DomainError } from '../common/domain-error.js';
import { isId, newId } from '../common/ids.js';
import type { PageRequest } from '../common/page.js';
import { CacheEpochMark } from '../persistence/cache-epoch.js';
import { UnitOfWork, type WorkScope } from '../persistence/unit-of-work.port.js';
import { PRICE_RULES_MAX, type PriceRule } from './domain/price-rule.js';
import { PriceRulesRepository } from './domain/price-rules.repository.port.js';
import { PricingState } from './pricing-state.js';

export type NewPriceRule = Omit<PriceRule, 'id' | 'createdBy' | 'createdAt'>;
export type RuleChanges = Partial<Pick<PriceRule, 'multiplierBp' | 'note'>>;

/** What list prices are multiplied with, for whom. */
@Injectable()
export class PriceRulesService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly state: PricingState,
    private readonly clock: Clock,
  ) {}

  /** @throws DomainError `request.invalid` naming what does not belong to the scope; `request.conflict` */
  create(caller: Caller, input: NewPriceRule): Promise<PriceRule> {
    assertScope(input);
    const createdAt = this.clock.now();
    const rule: PriceRule = { ...input, id: newId(), createdBy: caller.userId, createdAt };
    return this.unitOfWork.run(async (scope) => {
      const rules = scope.get(PriceRulesRepository);
      if ((await rules.lock()) >= PRICE_RULES_MAX) {
        throw new DomainError(
          'request.conflict',
          `There may be ${PRICE_RULES_MAX} multipliers. Delete one first.`,
        );
      }
      await rules.add(rule);
      await record(scope, 'price_rule.created', { after: rule });
      return rule;
    });
  }

  /** Newest first, one more than the page asks for. */
  async list(page: PageRequest): Promise<PriceRule[]> {
    const { rules } = await this.state.current();
    return rules
      .toSorted((left, right) => (left.id < right.id ? 1 : -1))
      .filter(({ id }) => page.after === null || id < page.after)
      .slice(0, page.limit + 1);
  }

  /** @throws DomainError `request.not_found` */
  change(id: string, changes: RuleChanges): Promise<PriceRule> {
    return this.apply(id, async (rules, before) => {
      const rule = { ...before, ...changes };
      await rules.update(rule);
      return rule;
    }) as Promise<PriceRule>;
  }

  /** @throws DomainError `request.not_found` */
  async remove(id: string): Promise<void> {
    await this.apply(id, async (rules) => {
      await rules.remove(id);
      return null;
    });
  }

  private async apply(
    id: string,
    work: (rules: PriceRulesRepository, before: PriceRule) => Promise<PriceRule | null>,
  ): Promise<PriceRule | null> {
    if (!isId(id)) throw DomainError.notFound('multiplier');
    return this.unitOfWork.run(async (scope) => {
      const rules = scope.get(PriceRulesRepository);
      await rules.lock();
      const before = await rules.find(id);
      if (!before) throw DomainError.notFound('multiplier');
      const after = await work(rules, before);
      await record(scope, after ? 'price_rule.changed' : 'price_rule.deleted', { before, after });
      return after;
    });
  }
}

/** A multiplier names exactly what its scope is about. */
function assertScope({ scope, userId, routeName, searchSpaceId }: NewPriceRule): void {
  if ((scope === 'user') !== (userId !== null)) {
    throw DomainError.invalid('user_id', 'must be given for the scope user, and for no other');
  }
  if ((scope === 'route') !== (routeName !== null)) {
    throw DomainError.invalid('route', 'must be given for the scope route, and for no other');
  }
  if (scope === 'space' && searchSpaceId === null) {
    throw DomainError.invalid('search_space_id', 'is missing for the scope space');
  }
  if (scope === 'default' && searchSpaceId !== null) {
    throw DomainError.invalid('search_space_id', 'does not belong to the scope default');
  }
}

async function record(
  scope: WorkScope,
  action: string,
  { before = null, after = null }: { before?: PriceRule | null; after?: PriceRule | null },
): Promise<void> {
  const rule = after ?? before;
  await scope.get(AuditTrail).record({
    action,
    target: { type: 'price_rule', id: rule?.id ?? null },
    searchSpaceId: rule?.searchSpaceId ?? null,
    before: before && toState(before),
    after: after && toState(after),
  });
  await scope.get(CacheEpochMark).bump();
}

function toState({ scope, userId, routeName, multiplierBp, note }: PriceRule) {
  return { scope, user_id: userId, route: routeName, multiplier_bp: multiplierBp, note };
}
