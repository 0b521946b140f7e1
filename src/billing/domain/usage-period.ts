import { DomainError } from '../../common/domain-error.js';
import type { UsagePeriod } from './usage-report.js';

export const USAGE_PERIOD_DAYS_MAX = 366;
const MS_PER_DAY = 86_400_000;
/** Nothing is older; the database knows no year 0. */
const FIRST_DAY = '2000-01-01';
const DAY_FORM = /^\d{4}-\d{2}-\d{2}$/;

/**
 * The days a caller names, both included; what is not named ends today and is `daysDefault` long.
 * @throws DomainError `request.invalid` naming the field for what is no day, ends before it begins or is too long
 */
export function toUsagePeriod(
  query: { from?: string; to?: string },
  now: Date,
  daysDefault: number,
): UsagePeriod {
  const toMs = query.to === undefined ? floorToDay(now.getTime()) : readDay('to', query.to);
  const fromMs =
    query.from === undefined ? toMs - (daysDefault - 1) * MS_PER_DAY : readDay('from', query.from);
  if (fromMs > toMs) throw DomainError.invalid('from', 'must not be after to');
  if (toMs - fromMs >= USAGE_PERIOD_DAYS_MAX * MS_PER_DAY) {
    throw DomainError.invalid('from', `must be at most ${USAGE_PERIOD_DAYS_MAX} days before to`);
  }
  return { from: toDay(fromMs), to: toDay(toMs) };
}

/** The UTC day of a moment: `2026-11-21`. */
export function toDay(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}

function readDay(field: string, text: string): number {
  const ms = DAY_FORM.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  if (!Number.isFinite(ms) || toDay(ms) !== text || text < FIRST_DAY) {
    throw DomainError.invalid(field, 'must be a day such as 2026-11-21');
  }
  return ms;
}

function floorToDay(atMs: number): number {
  return Math.floor(atMs / MS_PER_DAY) * MS_PER_DAY;
}
