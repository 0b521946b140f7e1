import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import { assert } from '../common/assert.js';
import type { Caller } from '../common/caller.js';
import { Clock } from '../common/clock.js';
import { DomainError } from '../common/domain-error.js';
import { isId, newId } from '../common/ids.js';
import type { Micros } from '../common/micros.js';
import { UnitOfWork, type WorkScope } from '../persistence/unit-of-work.port.js';
import { BudgetAuthority, type SubjectNames } from './budget-authority.js';
import {
  type Budget,
  type BudgetMode,
  type BudgetPeriod,
  BUDGETS_PER_SUBJECT_MAX,
  CALENDAR_PERIODS,
  isEnded,
  isSpendWindow,
} from './domain/budget.js';
import {
  budgetEnded,
  budgetNameTaken,
  budgetNotFound,
  operatorsBudget,
  tooManyBudgets,
} from './domain/budget.errors.js';
import { toBudgetState, toChangedStates } from './domain/budget-state.js';
import { BudgetsReader } from './domain/budgets.reader.port.js';
import { BudgetsRepository, type NewBudget } from './domain/budgets.repository.port.js';

export interface BudgetInput extends SubjectNames {
  name: string;
  mode: BudgetMode;
  period: BudgetPeriod;
  /** Undefined: UTC. */
  timeZone?: string;
  limitMicros: Micros;
  thresholds: readonly number[];
  rolloverPercent: number;
  /** False: it ends with its first period. */
  isRenewing: boolean;
  endsAt: Date | null;
}

/** Undefined stays as it is. */
export interface BudgetChanges {
  name?: string;
  mode?: BudgetMode;
  limitMicros?: Micros;
  thresholds?: readonly number[];
  /** Null: never. */
  endsAt?: Date | null;
}

const DEFAULT_TIME_ZONE = 'UTC';
/** Neither offsets nor abbreviations with an offset in them. */
const TIME_ZONE_FORM = /^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/;

/** Making, changing and ending budgets. A change holds for the next call that is admitted. */
@Injectable()
export class BudgetsService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly budgets: BudgetsReader,
    private readonly authority: BudgetAuthority,
    private readonly clock: Clock,
  ) {}

  /**
   * Its first period is the running one, with nothing spent.
   * @throws DomainError as BudgetAuthority.resolve; `request.invalid` naming the field; `request.conflict` for a name
   * in use, and when there are too many
   */
  async create(caller: Caller, input: BudgetInput): Promise<Budget> {
    const subject = await this.authority.resolve(caller, input);
    const timeZone = await this.toTimeZone(input);
    const { startsAt, endsAt } = await this.budgets.findPeriod(input.period, timeZone);
    const isWindow = isSpendWindow(input.period);
    const budget: NewBudget = {
      id: newId(),
      name: input.name.trim(),
      ...subject,
      mode: input.mode,
      period: input.period,
      timeZone,
      limitMicros: input.limitMicros,
      thresholds: input.thresholds,
      rolloverPercent: input.rolloverPercent,
      endsAt: this.toEnd(input, endsAt),
      managedBy: this.authority.toManager(caller),
      createdBy: caller.userId,
      createdAt: this.clock.now(),
      periodStart: isWindow ? null : startsAt,
      periodEnd: isWindow ? null : endsAt,
    };
    await this.run(caller, (scope) => this.addIn(scope, budget));
    return this.read(budget.id);
  }

  /**
   * @throws DomainError as BudgetAuthority.assertMayChange; `request.invalid` for an end in the past,
   * `request.conflict` for a name in use
   */
  async update(caller: Caller, id: string, changes: BudgetChanges): Promise<Budget> {
    const budget = await this.getForChange(caller, id);
    if (changes.endsAt) this.assertAhead(changes.endsAt);
    await this.run(caller, async (scope) => {
      const repository = scope.get(BudgetsRepository);
      await repository.lockSubject(budget);
      const before = await this.lock(scope, caller, id);
      const given = Object.entries(changes).filter(([, value]) => value !== undefined);
      const after: Budget = { ...before, ...Object.fromEntries(given) };
      after.name = after.name.trim();
      const states = toChangedStates(before, after);
      if (!states) return;
      if (await repository.isNameTaken(before, after.name, id)) throw budgetNameTaken();
      await repository.update(after);
      await recordBudget(scope, 'budget.updated', before, states);
    });
    return this.read(id);
  }

  /** What it counted stays in the books. @throws DomainError as BudgetAuthority.assertMayChange */
  async remove(caller: Caller, id: string): Promise<void> {
    await this.getForChange(caller, id);
    await this.run(caller, async (scope) => {
      const before = await this.lock(scope, caller, id);
      await scope.get(BudgetsRepository).remove(id);
      await recordBudget(scope, 'budget.deleted', before, { before: toBudgetState(before) });
    });
  }

  /**
   * Ends the running period now; the next begins with nothing spent, held or carried. Calls under way are counted in
   * the period that admitted them.
   * @throws DomainError as BudgetAuthority.assertMayChange; `request.conflict` for one that has ended
   */
  async reset(caller: Caller, id: string): Promise<Budget> {
    await this.getForChange(caller, id);
    await this.run(caller, async (scope) => {
      const before = await this.lock(scope, caller, id);
      if (isEnded(before)) throw budgetEnded();
      await scope.get(BudgetsRepository).reset(before);
      const { spentMicros, heldMicros, carriedMicros, periodStart } = before;
      await recordBudget(scope, 'budget.reset', before, {
        before: {
          period_start: periodStart?.toISOString() ?? null,
          spent_micros: spentMicros,
          held_micros: heldMicros,
          carried_micros: carriedMicros,
        },
        after: { spent_micros: 0, held_micros: 0, carried_micros: 0 },
      });
    });
    return this.read(id);
  }

  /** The periods that are over are closed first: they keep the limit that they had. */
  private async getForChange(caller: Caller, id: string): Promise<Budget> {
    const budget = isId(id) ? await this.budgets.find(id) : null;
    if (!budget) throw budgetNotFound();
    await this.authority.assertMayChange(caller, budget);
    await this.budgets.renew(budget.subjectId, budget.searchSpaceId);
    return budget;
  }

  private run(caller: Caller, work: (scope: WorkScope) => Promise<void>): Promise<void> {
    return this.authority.runFor(caller, () => this.unitOfWork.run(work));
  }

  private async lock(scope: WorkScope, caller: Caller, id: string): Promise<Budget> {
    const budget = await scope.get(BudgetsRepository).lock(id);
    if (!budget) throw budgetNotFound();
    // An operator may have taken it over meanwhile.
    if (budget.managedBy === 'operator' && !caller.isOperator) throw operatorsBudget();
    return budget;
  }

  private async read(id: string): Promise<Budget> {
    const budget = await this.budgets.find(id);
    if (!budget) throw budgetNotFound();
    return budget;
  }

  private async addIn(scope: WorkScope, budget: NewBudget): Promise<void> {
    const repository = scope.get(BudgetsRepository);
    const count = await repository.lockSubject(budget);
    if (count >= BUDGETS_PER_SUBJECT_MAX) throw tooManyBudgets();
    if (await repository.isNameTaken(budget, budget.name, budget.id)) throw budgetNameTaken();
    await repository.add(budget);
    await recordBudget(scope, 'budget.created', budget, { after: toBudgetState(budget) });
  }

  private async toTimeZone({ period, timeZone, rolloverPercent }: BudgetInput): Promise<string> {
    const isCalendar = (CALENDAR_PERIODS as readonly string[]).includes(period);
    if (!isCalendar && rolloverPercent > 0) {
      throw DomainError.invalid('rollover_percent', `says nothing for the period ${period}`);
    }
    if (timeZone === undefined) return DEFAULT_TIME_ZONE;
    if (!isCalendar) {
      throw DomainError.invalid('time_zone', `says nothing for the period ${period}: leave it out`);
    }
    const known = TIME_ZONE_FORM.test(timeZone) ? await this.budgets.findTimeZone(timeZone) : null;
    if (known !== null) return known;
    throw DomainError.invalid('time_zone', 'must be an IANA name such as Europe/Berlin or UTC');
  }

  private toEnd({ isRenewing, endsAt, period }: BudgetInput, periodEnd: Date | null): Date | null {
    if (endsAt) this.assertAhead(endsAt);
    if (isRenewing) return endsAt;
    if (endsAt)
      throw DomainError.invalid('auto_renew', 'goes without ends_at: give one of the two');
    if (isSpendWindow(period) || periodEnd === null) {
      throw DomainError.invalid(
        'auto_renew',
        `must not be false for the period ${period}: give ends_at instead`,
      );
    }
    return periodEnd;
  }

  private assertAhead(endsAt: Date): void {
    assert(!Number.isNaN(endsAt.getTime()), 'an end that is no time');
    if (endsAt <= this.clock.now()) throw DomainError.invalid('ends_at', 'must be in the future');
  }
}

/** One entry of the audit trail about a budget. */
export async function recordBudget(
  scope: WorkScope,
  action: string,
  { id, searchSpaceId }: Pick<Budget, 'id' | 'searchSpaceId'>,
  states: { before?: Readonly<Record<string, unknown>>; after?: Readonly<Record<string, unknown>> },
): Promise<void> {
  const target = { type: 'budget', id };
  await scope.get(AuditTrail).record({ action, target, searchSpaceId, ...states });
}
