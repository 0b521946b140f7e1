import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import type { Caller } from '../common/caller.js';
import { Clock } from '../common/clock.js';
import { DomainError } from '../common/domain-error.js';
import { isId, newId } from '../common/ids.js';
import type { PageRequest } from '../common/page.js';
import { CacheEpochMark } from '../persistence/cache-epoch.js';
import { UnitOfWork, type WorkScope } from '../persistence/unit-of-work.port.js';
import { ProviderFactory } from '../providers/provider.factory.js';
import { ERROR_RULES_MAX, type ErrorRule } from './domain/error-rule.js';
import { ErrorRulesRepository } from './domain/error-rules.repository.port.js';
import { ErrorRulesState } from './error-rules-state.js';

export type NewErrorRule = Omit<ErrorRule, 'id' | 'createdBy' | 'createdAt' | 'updatedAt'>;
export type ErrorRuleChanges = Partial<NewErrorRule>;

/** Making, changing and deleting what callers are told of failures of vendors. What changes holds for the next failure. */
@Injectable()
export class ErrorRulesService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly state: ErrorRulesState,
    private readonly factory: ProviderFactory,
    private readonly clock: Clock,
  ) {}

  /**
   * @throws DomainError `request.invalid` for a rule that matches nothing or a provider that is none;
   * `request.conflict` for a name that is taken, or too many rules
   */
  async create(caller: Caller, input: NewErrorRule): Promise<ErrorRule> {
    const now = this.clock.now();
    const made = { id: newId(), createdBy: caller.userId, createdAt: now, updatedAt: now };
    const rule: ErrorRule = { ...input, ...made };
    this.assertSound(rule);
    return this.unitOfWork.run(async (scope) => {
      const repository = scope.get(ErrorRulesRepository);
      const others = await repository.lock();
      if (others.length >= ERROR_RULES_MAX) {
        throw new DomainError(
          'request.conflict',
          `There may be ${ERROR_RULES_MAX} error rules. Delete one first.`,
        );
      }
      assertNameFree(others, rule);
      await repository.add(rule);
      await record(scope, 'error_rule.created', { after: rule });
      return rule;
    });
  }

  /** Newest first, one more than the page asks for. */
  async list(page: PageRequest): Promise<ErrorRule[]> {
    const { rules } = await this.state.current();
    return rules
      .filter(({ id }) => page.after === null || id < page.after)
      .toSorted((left, right) => (left.id < right.id ? 1 : -1))
      .slice(0, page.limit + 1);
  }

  /** @throws DomainError `request.not_found` */
  async get(id: string): Promise<ErrorRule> {
    return pick((await this.state.current()).rules, id);
  }

  /** @throws DomainError `request.not_found`; as `create` */
  async change(id: string, changes: ErrorRuleChanges): Promise<ErrorRule> {
    return this.unitOfWork.run(async (scope) => {
      const repository = scope.get(ErrorRulesRepository);
      const rules = await repository.lock();
      const before = pick(rules, id);
      const after = { ...before, ...changes, updatedAt: this.clock.now() };
      this.assertSound(after);
      assertNameFree(rules, after);
      await repository.update(after);
      await record(scope, 'error_rule.changed', { before, after });
      return after;
    });
  }

  /** @throws DomainError `request.not_found` */
  async remove(id: string): Promise<void> {
    await this.unitOfWork.run(async (scope) => {
      const repository = scope.get(ErrorRulesRepository);
      const before = pick(await repository.lock(), id);
      await repository.remove(before.id);
      await record(scope, 'error_rule.deleted', { before });
    });
  }

  private assertSound({ errorCodes, keywords, providers }: ErrorRule): void {
    if (errorCodes.length + keywords.length === 0) {
      throw DomainError.invalid('error_codes', 'or keywords must hold at least one');
    }
    const known = this.factory.listProviderIds();
    const index = providers.findIndex((provider) => !known.includes(provider));
    if (index < 0) return;
    throw DomainError.invalid(`providers[${index}]`, `must be one of ${known.join(', ')}`);
  }
}

function pick(rules: readonly ErrorRule[], id: string): ErrorRule {
  const rule = isId(id) ? rules.find((one) => one.id === id.toLowerCase()) : undefined;
  if (!rule) throw DomainError.notFound('error rule');
  return rule;
}

function assertNameFree(rules: readonly ErrorRule[], { id, name }: ErrorRule): void {
  if (!rules.some((other) => other.name === name && other.id !== id)) return;
  throw new DomainError(
    'request.conflict',
    'There is an error rule of this name already. Change that one.',
  );
}

async function record(
  scope: WorkScope,
  action: string,
  { before = null, after = null }: { before?: ErrorRule | null; after?: ErrorRule | null },
): Promise<void> {
  await scope.get(AuditTrail).record({
    action,
    target: { type: 'error_rule', id: (after ?? before)?.id ?? null },
    searchSpaceId: null,
    before: before && toState(before),
    after: after && toState(after),
  });
  await scope.get(CacheEpochMark).bump();
}

function toState(rule: ErrorRule) {
  return {
    name: rule.name,
    enabled: rule.isEnabled,
    priority: rule.priority,
    error_codes: rule.errorCodes,
    keywords: rule.keywords,
    match_mode: rule.matchMode,
    providers: rule.providers,
    response_code: rule.responseStatus,
    custom_message: rule.customMessage,
    skip_monitoring: rule.skipsMonitoring,
    description: rule.description,
  };
}
