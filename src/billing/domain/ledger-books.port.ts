import type { LedgerDifference } from './ledger.js';

/** One look at whether all books add up. */
export interface LedgerProof {
  id: string;
  startedAt: Date;
  finishedAt: Date;
  /** The closed month that was added up from its entries this time: `2026-10-01`; null while none is closed. */
  monthChecked: string | null;
  /** Where they do not; the first ones when there are many. */
  differences: readonly LedgerDifference[];
}

/** The sums of ended days and months, and the proof that everything adds up. */
export abstract class LedgerBooks {
  /** Days before this one are summed: `2026-11-21`. */
  abstract findSummedDay(): Promise<string>;

  /**
   * From now on, what arrives in a day before `until` is noted as late. Writers stand still for it, half a second at
   * most; nothing happens when it was done before.
   */
  abstract markDays(until: string): Promise<void>;

  /** Sums the ended days before `until`, for all accounts, marked if need be. May be repeated, and run by many processes. */
  abstract sumDays(until: string): Promise<void>;

  /** Sums again the days in which something arrived late; answers how many. */
  abstract sumLateDays(daysMax: number): Promise<number>;

  /** The closed month after this one, the first one after the last; null while none is closed. */
  abstract findMonthAfter(month: string | null): Promise<string | null>;

  /** Adds a closed month up from its entries and answers where its sum differs. */
  abstract listMonthDifferences(month: string, limit: number): Promise<LedgerDifference[]>;

  abstract findLatestProof(): Promise<LedgerProof | null>;

  abstract addProof(proof: LedgerProof): Promise<void>;
}
