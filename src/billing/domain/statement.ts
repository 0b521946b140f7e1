import { DomainError } from '../../common/domain-error.js';
import type { Micros } from '../../common/micros.js';
import type { LedgerKind } from './ledger.js';

const MS_PER_DAY = 24 * 60 * 60_000;
export const STATEMENT_DAYS_MAX = 92;
const DAY_FORM = /^\d{4}-\d{2}-\d{2}$/;
const FIRST_DAY = '2000-01-01';

/** Whole days of UTC: `2026-11-01`. */
export interface StatementPeriod {
  /** The first day. */
  from: string;
  /** The last day, included. */
  to: string;
}

export interface StatementTotal {
  kind: LedgerKind;
  amountMicros: Micros;
}

/** What the wallet had at both ends of a period, and what came and went between: opening + totals = closing. */
export interface StatementSums {
  openingMicros: Micros;
  closingMicros: Micros;
  totals: readonly StatementTotal[];
}

/** One movement that changed what the wallet has, held money included. */
export interface StatementLine {
  id: string;
  kind: LedgerKind;
  /** Signed; never 0. */
  amountMicros: Micros;
  createdAt: Date;
  reference: string | null;
  actor: string | null;
  correctsId: string | null;
  /** Of a charge: what it was for. */
  generationId: string | null;
  model: string | null;
  operation: string | null;
}

/**
 * The days asked for; this month of UTC up to today when none are.
 * @throws DomainError `request.invalid` for what is no day, a period that ends before it begins, or more than 92 days
 */
export function toStatementPeriod(
  { from, to }: { from?: string; to?: string },
  now: Date,
): StatementPeriod {
  const today = toDay(now);
  const last = to === undefined ? today : readDay('to', to);
  const first = from === undefined ? `${last.slice(0, 8)}01` : readDay('from', from);
  const days = (Date.parse(last) - Date.parse(first)) / MS_PER_DAY + 1;
  if (days < 1) throw DomainError.invalid('to', 'must not be before from');
  if (days > STATEMENT_DAYS_MAX) {
    throw DomainError.invalid('from', `must be at most ${STATEMENT_DAYS_MAX} days before to`);
  }
  return { from: first, to: last };
}

/** The day after. */
export function toNextDay(day: string): string {
  return toDay(new Date(Date.parse(day) + MS_PER_DAY));
}

export function toDay(time: Date): string {
  return time.toISOString().slice(0, 10);
}

function readDay(field: string, text: string): string {
  const time = DAY_FORM.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time) || toDay(new Date(time)) !== text || text < FIRST_DAY) {
    throw DomainError.invalid(field, 'must be a day such as 2026-11-01');
  }
  return text;
}
