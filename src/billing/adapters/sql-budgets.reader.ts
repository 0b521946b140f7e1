import { Injectable } from '@nestjs/common';
import { assert } from '../../common/assert.js';
import { toMicros } from '../../common/micros.js';
import type { PageRequest } from '../../common/page.js';
import { Sql } from '../../persistence/sql.port.js';
import { type Budget, type BudgetPeriod, type ClosedPeriod, NIL_ID } from '../domain/budget.js';
import {
  type BudgetFilter,
  type BudgetReach,
  BudgetsReader,
} from '../domain/budgets.reader.port.js';
import { type BudgetRow, ROLLED, ROLLED_COLUMNS, toBudget } from './budget-row.js';

/** More than a call can be held to, by the bound of each subject's. */
const APPLICABLE_MAX = 200;

const FIND = `
  SELECT ${ROLLED_COLUMNS} FROM budgets b ${ROLLED} WHERE b.id = $1 AND b.deleted_at IS NULL`;

const LIST = `
  SELECT ${ROLLED_COLUMNS}
    FROM (SELECT id FROM budgets
           WHERE deleted_at IS NULL AND ($1::uuid IS NULL OR id < $1)
             AND ($3::text IS NULL OR scope = $3) AND ($4::uuid IS NULL OR search_space_id = $4)
             AND ($5::uuid IS NULL OR subject_id = $5)
           ORDER BY id DESC LIMIT $2) page
    JOIN budgets b ON b.id = page.id ${ROLLED}
   ORDER BY b.id DESC`;

/** In the order in which a hold asks them. One that has ended and only warned is asked no more. */
const LIST_APPLICABLE = `
  SELECT ${ROLLED_COLUMNS} FROM budgets b ${ROLLED}
   WHERE b.deleted_at IS NULL AND b.subject_id = ANY ($1::uuid[])
     AND (b.search_space_id IS NULL OR b.search_space_id = $2)
     AND ($3::text IS NULL OR (b.scope = 'subscription') = ($3 = 'subscription'))
     AND NOT (b.mode = 'soft' AND coalesce(b.ends_at <= now(), false))
   ORDER BY array_position($1::uuid[], b.subject_id), b.id LIMIT $4`;

const LIST_PERIODS = `
  SELECT period_start, period_end, limit_micros, carried_micros, held_micros, spent_micros
    FROM budget_periods
   WHERE budget_id = $1 AND period_start < coalesce($2::timestamptz, 'infinity')
   ORDER BY period_start DESC LIMIT $3`;

const FIND_PERIOD = 'SELECT starts, ends FROM billing_period($1, $2, now())';

const FIND_TIME_ZONE = 'SELECT name FROM pg_timezone_names WHERE lower(name) = lower($1) LIMIT 1';

/** Spend windows that are over are closed and left unopened: the next call opens them, not whoever looks after them. */
const RENEW = `
  SELECT billing_keep_budgets(ARRAY(
    SELECT CASE WHEN c.period IN ('5h', '1d', '7d') AND c.period_start = now()
             THEN jsonb_populate_record(c, jsonb_build_object(
               'period_start', to_timestamp(0), 'period_end', to_timestamp(0)))
             ELSE c END
      FROM unnest(billing_lock_budgets(ARRAY[$1::uuid],
        CASE WHEN $2::uuid IS NULL THEN '{}'::uuid[] ELSE ARRAY[$2::uuid] END)) AS c))`;

interface PeriodRow {
  period_start: Date;
  period_end: Date;
  limit_micros: string;
  carried_micros: string;
  held_micros: string;
  spent_micros: string;
}

@Injectable()
export class SqlBudgetsReader extends BudgetsReader {
  constructor(private readonly sql: Sql) {
    super();
  }

  async find(id: string): Promise<Budget | null> {
    const [row] = await this.sql.query<BudgetRow>('budgets_find', FIND, [id]);
    return row ? toBudget(row) : null;
  }

  async list(filter: BudgetFilter, { after, limit }: PageRequest): Promise<Budget[]> {
    const values = [after, limit + 1, filter.scope, filter.searchSpaceId, filter.subjectId];
    const rows = await this.sql.query<BudgetRow>('budgets_list', LIST, values);
    return rows.map(toBudget);
  }

  async listApplicable(
    { searchSpaceId, userId, apiKeyId, funding }: BudgetReach,
    limit = APPLICABLE_MAX,
  ): Promise<Budget[]> {
    const subjects = [NIL_ID, searchSpaceId, userId, ...(apiKeyId === null ? [] : [apiKeyId])];
    const values = [subjects, searchSpaceId, funding, limit];
    const rows = await this.sql.query<BudgetRow>('budgets_applicable', LIST_APPLICABLE, values);
    return rows.map(toBudget);
  }

  async listPeriods(budgetId: string, before: Date | null, limit: number): Promise<ClosedPeriod[]> {
    const values = [budgetId, before, limit + 1];
    const rows = await this.sql.query<PeriodRow>('budget_periods_list', LIST_PERIODS, values);
    return rows.map(toClosedPeriod);
  }

  async findPeriod(
    period: BudgetPeriod,
    timeZone: string,
  ): Promise<{ startsAt: Date; endsAt: Date | null }> {
    const rows = await this.sql.query<{ starts: Date; ends: Date | null }>(
      'budget_period_now',
      FIND_PERIOD,
      [period, timeZone],
    );
    const [row] = rows;
    assert(row, 'a moment without a period');
    return { startsAt: row.starts, endsAt: row.ends };
  }

  async findTimeZone(name: string): Promise<string | null> {
    const rows = await this.sql.query<{ name: string }>('time_zone_find', FIND_TIME_ZONE, [name]);
    return rows[0]?.name ?? null;
  }

  async renew(subjectId: string, searchSpaceId: string | null): Promise<void> {
    await this.sql.query('budgets_renew', RENEW, [subjectId, searchSpaceId]);
  }
}

function toClosedPeriod(row: PeriodRow): ClosedPeriod {
  return {
    startsAt: row.period_start,
    endsAt: row.period_end,
    limitMicros: toMicros(row.limit_micros),
    carriedMicros: toMicros(row.carried_micros),
    heldMicros: toMicros(row.held_micros),
    spentMicros: toMicros(row.spent_micros),
  };
}
