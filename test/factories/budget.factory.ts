/** Budgets as rows, for tests that need none of the routes. */
import { newId } from '../../src/common/ids.js';
import type { ManagedDataSource } from '../../src/persistence/managed-data-source.js';

export const NIL_ID = '00000000-0000-0000-0000-000000000000';

export interface BudgetRow {
  id: string;
  period_start: Date;
  period_end: Date | null;
  carried_micros: number;
  held_micros: number;
  spent_micros: number;
  notified: number[];
  exhausted_at: Date | null;
}

export interface BudgetSeed {
  scope: 'global' | 'space' | 'user' | 'member' | 'key' | 'subscription';
  /** Absent: the nil uuid. */
  subjectId?: string;
  searchSpaceId?: string | null;
  limitMicros: number;
  mode?: 'hard' | 'soft';
  period?: string;
  timeZone?: string;
  thresholds?: readonly number[];
  rolloverPercent?: number;
  endsAt?: Date | null;
}

/** Inserts a budget whose first period is the present one; answers its id. */
export async function insertBudget(
  dataSource: ManagedDataSource,
  seed: BudgetSeed,
): Promise<string> {
  const id = newId();
  const period = seed.period ?? 'total';
  const isWindow = /^\d/.test(period);
  await dataSource.query(
    `INSERT INTO budgets (id, name, scope, subject_id, search_space_id, mode, period, time_zone,
       limit_micros, thresholds, rollover_percent, ends_at, period_start, period_end)
     SELECT $1::uuid, 'b-' || $1::text, $2, $3, $4, $5, $6::text, $7::text, $8, $9, $10, $11, p.starts,
            CASE WHEN $12::boolean THEN p.starts ELSE p.ends END
       FROM billing_period($6::text, $7::text, now()) p`,
    [
      id,
      seed.scope,
      seed.subjectId ?? NIL_ID,
      seed.searchSpaceId ?? null,
      seed.mode ?? 'hard',
      period,
      seed.timeZone ?? 'UTC',
      seed.limitMicros,
      seed.thresholds ?? [80, 100],
      seed.rolloverPercent ?? 0,
      seed.endsAt ?? null,
      isWindow,
    ],
  );
  return id;
}

export async function readBudget(dataSource: ManagedDataSource, id: string): Promise<BudgetRow> {
  const [row] = await dataSource.query<Record<string, unknown>[]>(
    'SELECT * FROM budgets WHERE id = $1',
    [id],
  );
  if (!row) throw new Error(`no budget ${id}`);
  const count = (name: string): number => Number(row[name]);
  return {
    id,
    period_start: row.period_start as Date,
    period_end: row.period_end as Date | null,
    carried_micros: count('carried_micros'),
    held_micros: count('held_micros'),
    spent_micros: count('spent_micros'),
    notified: row.notified as number[],
    exhausted_at: row.exhausted_at as Date | null,
  };
}

/** Moves a budget's current period back in time, as if it had begun and ended so much earlier. */
export async function shiftPeriod(
  dataSource: ManagedDataSource,
  id: string,
  interval: string,
): Promise<void> {
  await dataSource.query(
    `UPDATE budgets SET period_start = period_start - $2::interval,
       period_end = period_end - $2::interval WHERE id = $1`,
    [id, interval],
  );
}

/** In alphabetical order: ids of the same millisecond have none. */
export async function listBudgetEvents(
  dataSource: ManagedDataSource,
  id: string,
): Promise<string[]> {
  const rows = await dataSource.query<{ kind: string; payload: Record<string, unknown> }[]>(
    `SELECT kind, payload FROM outbox_events WHERE payload ->> 'budget_id' = $1`,
    [id],
  );
  return rows
    .map(({ kind, payload }) => `${kind} ${String(payload.percent ?? payload.reason)}`)
    .toSorted();
}
