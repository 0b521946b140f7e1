import { type Micros, toMicros } from '../../common/micros.js';

/** What a budget counts: all there is, a space, a user in all spaces, a member of one, a key, a space's subscription. */
export const BUDGET_SCOPES = ['global', 'space', 'user', 'member', 'key', 'subscription'] as const;
export type BudgetScope = (typeof BUDGET_SCOPES)[number];

/** Those that people make; the budgets of a subscription come with its plan. */
export const MADE_SCOPES = ['global', 'space', 'user', 'member', 'key'] as const;
export type MadeScope = (typeof MADE_SCOPES)[number];

/** Begin at local midnight in the budget's time zone, weeks on Monday. */
export const CALENDAR_PERIODS = ['day', 'week', 'month'] as const;
/** Open with the first call after the last one ended. */
export const SPEND_WINDOWS = ['5h', '1d', '7d'] as const;
export type SpendWindow = (typeof SPEND_WINDOWS)[number];
export const BUDGET_PERIODS = [...CALENDAR_PERIODS, 'total', ...SPEND_WINDOWS] as const;
export type BudgetPeriod = (typeof BUDGET_PERIODS)[number];

export const BUDGET_MODES = ['hard', 'soft'] as const;
/** `hard` denies, `soft` warns. */
export type BudgetMode = (typeof BUDGET_MODES)[number];

/** Who may change it: operators alone, or also who manages the settings of its space. */
export type BudgetManager = 'operator' | 'space';

/** Of the budgets that cover everybody. */
export const NIL_ID = '00000000-0000-0000-0000-000000000000';
/** Not deleted, of one subject in one scope. */
export const BUDGETS_PER_SUBJECT_MAX = 20;
/** Ten million dollars: sums of limits stay exact, and a slip of the finger ends here. */
export const LIMIT_MICROS_MAX = 10_000_000_000_000;
export const BUDGET_NAME_LENGTH_MAX = 100;
export const THRESHOLDS_MAX = 10;
/** A soft budget may be overdrawn tenfold before nothing more is told. */
export const THRESHOLD_PERCENT_MAX = 1_000;
export const DEFAULT_THRESHOLDS: readonly number[] = [80, 100];

/** A cap as it stands at a moment: a period that has ended is seen as the one after it, whoever writes it down. */
export interface Budget {
  id: string;
  name: string;
  scope: BudgetScope;
  /** Space, user or key, by the scope; `NIL_ID` for all. */
  subjectId: string;
  /** Null for `global` and `user`. */
  searchSpaceId: string | null;
  mode: BudgetMode;
  period: BudgetPeriod;
  /** IANA name. */
  timeZone: string;
  limitMicros: Micros;
  /** Percent of limit and carried, ascending. */
  thresholds: readonly number[];
  /** So much of the limit at most is carried into the next period; 0–100. */
  rolloverPercent: number;
  /** From then on a hard budget denies everything; null: never. */
  endsAt: Date | null;
  managedBy: BudgetManager;
  createdBy: string | null;
  createdAt: Date;
  /** Null for a spend window that no call has opened. */
  periodStart: Date | null;
  /** Null for such a window, and for the period `total`. */
  periodEnd: Date | null;
  carriedMicros: Micros;
  /** Of calls under way. */
  heldMicros: Micros;
  spentMicros: Micros;
  /** The moment of all of this, by the database's clock. */
  asOf: Date;
}

/** A period that is over. `heldMicros` is what its calls that are still under way hold. */
export interface ClosedPeriod {
  startsAt: Date;
  endsAt: Date;
  limitMicros: Micros;
  carriedMicros: Micros;
  heldMicros: Micros;
  spentMicros: Micros;
}

export function isSpendWindow(period: BudgetPeriod): period is SpendWindow {
  return (SPEND_WINDOWS as readonly string[]).includes(period);
}

export function isEnded({ endsAt, asOf }: Pick<Budget, 'endsAt' | 'asOf'>): boolean {
  return endsAt !== null && endsAt <= asOf;
}

/** What may be spent in the whole period. */
export function toAllowance(budget: Pick<Budget, 'limitMicros' | 'carriedMicros'>): Micros {
  return toMicros(budget.limitMicros + budget.carriedMicros);
}

/** What a call may still hold; 0 where more than all was spent, and for a hard budget that has ended. */
export function toRemaining(budget: Budget): Micros {
  if (budget.mode === 'hard' && isEnded(budget)) return toMicros(0);
  const left = toAllowance(budget) - budget.spentMicros - budget.heldMicros;
  return toMicros(Math.max(0, left));
}

/** When there is more again by itself; null: never. One that ends with its period has no next. */
export function findResetsAt(budget: Pick<Budget, 'periodEnd' | 'endsAt' | 'asOf'>): Date | null {
  const { periodEnd, endsAt } = budget;
  if (periodEnd === null || isEnded(budget)) return null;
  return endsAt !== null && endsAt <= periodEnd ? null : periodEnd;
}

/** Whether the budget would refuse a call that holds so much. */
export function wouldRefuse(budget: Budget, requiredMicros: number): boolean {
  if (budget.mode === 'soft' || requiredMicros <= 0) return false;
  return isEnded(budget) || requiredMicros > toRemaining(budget);
}
