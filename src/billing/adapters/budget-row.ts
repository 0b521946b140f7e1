import { toMicros } from '../../common/micros.js';
import type {
  Budget,
  BudgetManager,
  BudgetMode,
  BudgetPeriod,
  BudgetScope,
} from '../domain/budget.js';

export interface BudgetRow {
  id: string;
  name: string;
  scope: BudgetScope;
  subject_id: string;
  search_space_id: string | null;
  mode: BudgetMode;
  period: BudgetPeriod;
  time_zone: string;
  limit_micros: string;
  thresholds: number[];
  rollover_percent: number;
  ends_at: Date | null;
  managed_by: BudgetManager;
  created_by: string | null;
  created_at: Date;
  period_start: Date | null;
  period_end: Date | null;
  carried_micros: string;
  held_micros: string;
  spent_micros: string;
  as_of: Date;
}

const SETTINGS = `b.id, b.name, b.scope, b.subject_id, b.search_space_id, b.mode, b.period, b.time_zone, b.limit_micros,
  b.thresholds, b.rollover_percent, b.ends_at, b.managed_by, b.created_by, b.created_at`;

/** A window that is over, or was never opened, begins with the next call: until then it has no times. */
const IS_OPEN = `(b.period NOT IN ('5h', '1d', '7d') OR b.period_end > now())`;

/** Of `budgets b`, with `ROLLED`: the budget as the next call would find it. */
export const ROLLED_COLUMNS = `${SETTINGS},
  CASE WHEN ${IS_OPEN} THEN r.period_start END AS period_start,
  CASE WHEN ${IS_OPEN} THEN r.period_end END AS period_end,
  r.carried_micros, r.held_micros, r.spent_micros, now() AS as_of`;

export const ROLLED = 'CROSS JOIN LATERAL billing_roll_budget(b, now()) AS r';

/** Of `budgets b`: as the row stands. */
export const STORED_COLUMNS = `${SETTINGS}, CASE WHEN ${IS_OPEN} THEN b.period_start END AS period_start,
  CASE WHEN ${IS_OPEN} THEN b.period_end END AS period_end,
  b.carried_micros, b.held_micros, b.spent_micros, now() AS as_of`;

export function toBudget(row: BudgetRow): Budget {
  return {
    id: row.id,
    name: row.name,
    scope: row.scope,
    subjectId: row.subject_id,
    searchSpaceId: row.search_space_id,
    mode: row.mode,
    period: row.period,
    timeZone: row.time_zone,
    limitMicros: toMicros(row.limit_micros),
    thresholds: row.thresholds,
    rolloverPercent: row.rollover_percent,
    endsAt: row.ends_at,
    managedBy: row.managed_by,
    createdBy: row.created_by,
    createdAt: row.created_at,
    periodStart: row.period_start,
    periodEnd: row.period_end,
    carriedMicros: toMicros(row.carried_micros),
    heldMicros: toMicros(row.held_micros),
    spentMicros: toMicros(row.spent_micros),
    asOf: row.as_of,
  };
}
