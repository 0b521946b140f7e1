import type { EntityManager } from 'typeorm';
import { type Budget, isSpendWindow } from '../domain/budget.js';
import {
  BudgetsRepository,
  type BudgetSubject,
  type NewBudget,
} from '../domain/budgets.repository.port.js';
import { type BudgetRow, STORED_COLUMNS, toBudget } from './budget-row.js';

/** The subject itself is a row of another room, or none at all: those who count its budgets wait on its name. */
const LOCK_SUBJECT = 'SELECT pg_advisory_xact_lock(hashtextextended($1, 0))';

/** In a statement of its own, which sees what the holder of the lock before committed. */
const COUNT = `
  SELECT count(*)::int AS count FROM budgets
   WHERE subject_id = $1 AND scope = $2 AND search_space_id IS NOT DISTINCT FROM $3
     AND deleted_at IS NULL`;

const IS_NAME_TAKEN = `
  SELECT id FROM budgets
   WHERE subject_id = $1 AND scope = $2 AND search_space_id IS NOT DISTINCT FROM $3
     AND lower(name) = lower($4) AND id <> $5 AND deleted_at IS NULL`;

const LOCK = `
  SELECT ${STORED_COLUMNS} FROM budgets b WHERE b.id = $1 AND b.deleted_at IS NULL
     FOR NO KEY UPDATE`;

const LOCK_OF_KEY = `
  SELECT ${STORED_COLUMNS} FROM budgets b
   WHERE b.subject_id = $1 AND b.scope = 'key' AND b.mode = 'hard'
     AND b.period IN ('total', '5h', '1d', '7d') AND b.deleted_at IS NULL
   ORDER BY b.id FOR NO KEY UPDATE`;

/**
 * A window that no call has opened ended long ago: whichever call comes first opens it, also one whose transaction
 * began before this one.
 */
const UNOPENED = 'to_timestamp(0)';

const INSERT = `
  INSERT INTO budgets (id, name, scope, subject_id, search_space_id, mode, period, time_zone,
    limit_micros, thresholds, rollover_percent, ends_at, managed_by, created_by, created_at,
    period_start, period_end)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,
    coalesce($16::timestamptz, ${UNOPENED}),
    CASE WHEN $16::timestamptz IS NULL THEN ${UNOPENED} ELSE $17::timestamptz END)`;

const UPDATE = `
  UPDATE budgets SET name = $2, mode = $3, limit_micros = $4, thresholds = $5, ends_at = $6,
         managed_by = $7
   WHERE id = $1`;

const REMOVE = 'UPDATE budgets SET deleted_at = now() WHERE id = $1';

/** By the clock rather than the transaction's beginning, to the microsecond: the second of two resets is the later. */
const MOMENT = 'SELECT clock_timestamp()::text AS moment';

/**
 * It ends a microsecond before the next begins: what its calls give back late is not carried over. A window that was
 * never opened leaves no period behind.
 */
const CLOSE = `
  INSERT INTO budget_periods (budget_id, period_start, period_end, limit_micros, carried_micros,
    held_micros, spent_micros)
  SELECT id, period_start, $2::timestamptz - interval '1 microsecond', limit_micros, carried_micros,
         held_micros, spent_micros
    FROM budgets WHERE id = $1 AND period_end IS DISTINCT FROM period_start`;

const BEGIN = `
  UPDATE budgets SET
      period_start = CASE WHEN $3 THEN ${UNOPENED} ELSE $2::timestamptz END,
      period_end = CASE WHEN $3 THEN ${UNOPENED} ELSE period_end END,
      carried_micros = 0, held_micros = 0, spent_micros = 0, notified = '{}', exhausted_at = NULL
   WHERE id = $1`;

export class TypeormBudgetsRepository extends BudgetsRepository {
  constructor(private readonly manager: EntityManager) {
    super();
  }

  async lockSubject({ scope, subjectId, searchSpaceId }: BudgetSubject): Promise<number> {
    await this.manager.query(LOCK_SUBJECT, [`budgets ${scope} ${subjectId} ${searchSpaceId}`]);
    const values = [subjectId, scope, searchSpaceId];
    const [row] = await this.manager.query<{ count: number }[]>(COUNT, values);
    return row?.count ?? 0;
  }

  async lock(id: string): Promise<Budget | null> {
    const [row] = await this.manager.query<BudgetRow[]>(LOCK, [id]);
    return row ? toBudget(row) : null;
  }

  async lockOfKey(apiKeyId: string): Promise<Budget[]> {
    const rows = await this.manager.query<BudgetRow[]>(LOCK_OF_KEY, [apiKeyId]);
    return rows.map(toBudget);
  }

  async isNameTaken(
    { scope, subjectId, searchSpaceId }: BudgetSubject,
    name: string,
    exceptId: string,
  ): Promise<boolean> {
    const values = [subjectId, scope, searchSpaceId, name, exceptId];
    return (await this.manager.query<object[]>(IS_NAME_TAKEN, values)).length > 0;
  }

  async add(budget: NewBudget): Promise<void> {
    await this.manager.query(INSERT, [
      budget.id,
      budget.name,
      budget.scope,
      budget.subjectId,
      budget.searchSpaceId,
      budget.mode,
      budget.period,
      budget.timeZone,
      budget.limitMicros,
      budget.thresholds,
      budget.rolloverPercent,
      budget.endsAt,
      budget.managedBy,
      budget.createdBy,
      budget.createdAt,
      budget.periodStart,
      budget.periodEnd,
    ]);
  }

  async update(budget: Budget): Promise<void> {
    await this.manager.query(UPDATE, [
      budget.id,
      budget.name,
      budget.mode,
      budget.limitMicros,
      budget.thresholds,
      budget.endsAt,
      budget.managedBy,
    ]);
  }

  async remove(id: string): Promise<void> {
    await this.manager.query(REMOVE, [id]);
  }

  async reset(budget: Budget): Promise<void> {
    const [row] = await this.manager.query<{ moment: string }[]>(MOMENT);
    await this.manager.query(CLOSE, [budget.id, row?.moment]);
    await this.manager.query(BEGIN, [budget.id, row?.moment, isSpendWindow(budget.period)]);
  }
}
