import { type Micros, toMicros } from '../../common/micros.js';
import {
  type Budget,
  CALENDAR_PERIODS,
  findResetsAt,
  isEnded,
  toAllowance,
  toRemaining,
} from './budget.js';

const DAY_MS = 86_400_000;
const DAY_MS_EXACT = BigInt(DAY_MS);

/** How a budget stands, and where it is going at this rate. */
export interface BudgetStatus {
  budget: Budget;
  remainingMicros: Micros;
  /** Of limit and carried, spent and held together; rounded down. */
  usedPercent: number;
  /** Nothing is left of it. */
  isExhausted: boolean;
  isEnded: boolean;
  /** The first of its thresholds is reached, and it is not exhausted. */
  isWarning: boolean;
  resetsAt: Date | null;
  /** Days until the period or the budget ends, a begun one counted; null: neither ends. */
  daysRemaining: number | null;
  /** Spent divided by the days of the period so far, at least one; in a shorter window, at least all of it. */
  dailyBurnRateMicros: Micros;
  /** Spent by the end of the period at this rate; null without an end. */
  projectedSpendMicros: Micros | null;
}

/** All of them together; a micro that is under two caps counts under both. */
export interface BudgetTotals {
  budgets: number;
  active: number;
  exceeded: number;
  warning: number;
  limitMicros: Micros;
  usedMicros: Micros;
  remainingMicros: Micros;
  usedPercent: number;
}

export function toBudgetStatus(budget: Budget): BudgetStatus {
  const used = budget.spentMicros + budget.heldMicros;
  const allowance = toAllowance(budget);
  const usedPercent = toPercent(used, allowance);
  const isOver = used >= allowance;
  const [first = 100] = budget.thresholds;
  const span = toSpan(budget);
  return {
    budget,
    remainingMicros: toRemaining(budget),
    usedPercent,
    isExhausted: isOver,
    isEnded: isEnded(budget),
    isWarning: !isOver && usedPercent >= first,
    resetsAt: findResetsAt(budget),
    daysRemaining: toDaysRemaining(budget, span),
    ...toBurn(budget, span),
  };
}

export function toBudgetTotals(statuses: readonly BudgetStatus[]): BudgetTotals {
  const sum = (pick: (status: BudgetStatus) => number): Micros =>
    toMicros(statuses.reduce((total, status) => total + pick(status), 0));
  const limitMicros = sum(({ budget }) => toAllowance(budget));
  const usedMicros = sum(({ budget }) => budget.spentMicros + budget.heldMicros);
  return {
    budgets: statuses.length,
    active: statuses.filter((status) => !status.isEnded).length,
    exceeded: statuses.filter((status) => status.isExhausted).length,
    warning: statuses.filter((status) => status.isWarning).length,
    limitMicros,
    usedMicros,
    remainingMicros: sum(({ remainingMicros }) => remainingMicros),
    usedPercent: statuses.length === 0 ? 0 : toPercent(usedMicros, limitMicros),
  };
}

/** Of nothing, everything is used. */
function toPercent(part: number, whole: number): number {
  if (whole === 0) return 100;
  return Number((BigInt(part) * 100n) / BigInt(whole));
}

/** The running period in milliseconds; `ms` null: it has no end. Null: no window is open. */
interface Span {
  elapsedMs: number;
  ms: number | null;
}

function toSpan({ periodStart, periodEnd, endsAt, asOf }: Budget): Span | null {
  if (periodStart === null) return null;
  const end = periodEnd ?? endsAt;
  const startMs = periodStart.getTime();
  return {
    elapsedMs: Math.max(0, asOf.getTime() - startMs),
    ms: end === null ? null : Math.max(1, end.getTime() - startMs),
  };
}

function toDaysRemaining({ endsAt, periodEnd, asOf }: Budget, span: Span | null): number | null {
  const ends = [endsAt, span && periodEnd].filter((end) => end !== null);
  if (ends.length === 0) return null;
  const first = Math.min(...ends.map((end) => end.getTime()));
  return Math.max(0, Math.ceil((first - asOf.getTime()) / DAY_MS));
}

function toBurn(
  { spentMicros, period }: Budget,
  span: Span | null,
): Pick<BudgetStatus, 'dailyBurnRateMicros' | 'projectedSpendMicros'> {
  if (!span) return { dailyBurnRateMicros: spentMicros, projectedSpendMicros: spentMicros };
  const unitMs = Math.min(DAY_MS, span.ms ?? DAY_MS);
  const elapsedMs = BigInt(Math.max(unitMs, Math.min(span.elapsedMs, span.ms ?? Infinity)));
  const burn = (BigInt(spentMicros) * DAY_MS_EXACT) / elapsedMs;
  if (span.ms === null) {
    return { dailyBurnRateMicros: toMicros(burn), projectedSpendMicros: null };
  }
  // Around a change of the clock a day has an hour more or less, and is a day.
  const isCalendar = (CALENDAR_PERIODS as readonly string[]).includes(period);
  const lengthMs = isCalendar ? Math.round(span.ms / DAY_MS) * DAY_MS : span.ms;
  const projected = Number((burn * BigInt(lengthMs)) / DAY_MS_EXACT);
  return {
    dailyBurnRateMicros: toMicros(burn),
    projectedSpendMicros: toMicros(Math.max(spentMicros, projected)),
  };
}
