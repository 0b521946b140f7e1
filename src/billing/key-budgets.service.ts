import { Injectable } from '@nestjs/common';
import type { Caller } from '../common/caller.js';
import { Clock } from '../common/clock.js';
import { newId } from '../common/ids.js';
import type { Micros } from '../common/micros.js';
import { PAGE_LIMIT_MAX } from '../common/page.js';
import { UnitOfWork, type WorkScope } from '../persistence/unit-of-work.port.js';
import { BudgetAuthority } from './budget-authority.js';
import { recordBudget } from './budgets.service.js';
import {
  type Budget,
  type BudgetManager,
  BUDGETS_PER_SUBJECT_MAX,
  DEFAULT_THRESHOLDS,
} from './domain/budget.js';
import { tooManyBudgets } from './domain/budget.errors.js';
import { toBudgetState, toChangedStates } from './domain/budget-state.js';
import { BudgetsReader } from './domain/budgets.reader.port.js';
import {
  BudgetsRepository,
  type BudgetSubject,
  type NewBudget,
} from './domain/budgets.repository.port.js';
import {
  KEY_BUDGET_NAMES,
  KEY_PERIODS,
  type KeyBudgets,
  type KeyPeriod,
  toKeyBudgets,
} from './domain/key-budgets.js';

/** Null takes the limit away; undefined leaves it as it is. */
export type KeyLimits = Partial<Record<KeyPeriod, Micros | null>>;

interface Change {
  subject: BudgetSubject;
  manager: BudgetManager;
  caller: Caller;
  now: Date;
}

/** Quota and spend windows of API keys: hard budgets of the key, set together. */
@Injectable()
export class KeyBudgetsService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly budgets: BudgetsReader,
    private readonly authority: BudgetAuthority,
    private readonly clock: Clock,
  ) {}

  /** What binds the key. Asks no rights: whoever may see the key may see these. */
  async describe(apiKeyId: string): Promise<KeyBudgets> {
    const filter = { scope: 'key' as const, searchSpaceId: null, subjectId: apiKeyId };
    return toKeyBudgets(await this.budgets.list(filter, { limit: PAGE_LIMIT_MAX, after: null }));
  }

  /**
   * Sets the limits in one transaction; what is spent under them stays. Those that operators set bind beside those of
   * the space, and only operators change them.
   * @throws DomainError as BudgetAuthority.getKey; `request.conflict` for one budget too many
   */
  async set(caller: Caller, apiKeyId: string, limits: KeyLimits): Promise<KeyBudgets> {
    const { id, searchSpaceId } = await this.authority.getKey(caller, apiKeyId);
    const subject: BudgetSubject = { scope: 'key', subjectId: id, searchSpaceId };
    const manager = this.authority.toManager(caller);
    const change = { subject, manager, caller, now: this.clock.now() };
    await this.budgets.renew(id, searchSpaceId);
    await this.authority.runFor(caller, () =>
      this.unitOfWork.run((scope) => this.setIn(scope, change, limits)),
    );
    return this.describe(id);
  }

  private async setIn(scope: WorkScope, change: Change, limits: KeyLimits): Promise<void> {
    const repository = scope.get(BudgetsRepository);
    await repository.lockSubject(change.subject);
    const all = await repository.lockOfKey(change.subject.subjectId);
    const isOurs = ({ managedBy }: Budget) =>
      change.manager === 'operator' || managedBy === 'space';
    for (const period of KEY_PERIODS) {
      const limitMicros = limits[period];
      if (limitMicros === undefined) continue;
      const ours = all.filter((budget) => budget.period === period && isOurs(budget));
      const kept = limitMicros === null ? null : findOwn(ours, change.manager);
      for (const budget of ours) if (budget !== kept) await removeIn(scope, budget);
      if (limitMicros === null) continue;
      if (kept) await changeIn(scope, kept, { ...kept, limitMicros, managedBy: change.manager });
      else await addIn(scope, await toNew(repository, change, period, limitMicros));
    }
    // Counted at the end: some may have made room for others.
    if ((await repository.lockSubject(change.subject)) > BUDGETS_PER_SUBJECT_MAX) {
      throw tooManyBudgets();
    }
  }
}

function findOwn(budgets: readonly Budget[], manager: BudgetManager): Budget | null {
  return budgets.find(({ managedBy }) => managedBy === manager) ?? budgets[0] ?? null;
}

async function removeIn(scope: WorkScope, budget: Budget): Promise<void> {
  await scope.get(BudgetsRepository).remove(budget.id);
  await recordBudget(scope, 'budget.deleted', budget, { before: toBudgetState(budget) });
}

async function changeIn(scope: WorkScope, before: Budget, after: Budget): Promise<void> {
  const states = toChangedStates(before, after);
  if (!states) return;
  await scope.get(BudgetsRepository).update(after);
  await recordBudget(scope, 'budget.updated', after, states);
}

async function addIn(scope: WorkScope, budget: NewBudget): Promise<void> {
  await scope.get(BudgetsRepository).add(budget);
  await recordBudget(scope, 'budget.created', budget, { after: toBudgetState(budget) });
}

async function toNew(
  repository: BudgetsRepository,
  { subject, manager, caller, now }: Change,
  period: KeyPeriod,
  limitMicros: Micros,
): Promise<NewBudget> {
  const id = newId();
  return {
    id,
    name: await findName(repository, subject, KEY_BUDGET_NAMES[period], id),
    ...subject,
    mode: 'hard',
    period,
    timeZone: 'UTC',
    limitMicros,
    thresholds: DEFAULT_THRESHOLDS,
    rolloverPercent: 0,
    endsAt: null,
    managedBy: manager,
    createdBy: caller.userId,
    createdAt: now,
    periodStart: period === 'total' ? now : null,
    periodEnd: null,
  };
}

/** `Quota`, or with a number where somebody else's budget of the key has that name. */
async function findName(
  repository: BudgetsRepository,
  subject: BudgetSubject,
  name: string,
  id: string,
): Promise<string> {
  for (let number = 1; ; number += 1) {
    const wanted = number === 1 ? name : `${name} (${number})`;
    if (!(await repository.isNameTaken(subject, wanted, id))) return wanted;
  }
}
