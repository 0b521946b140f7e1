import type { LedgerDifference } from './ledger.js';

/** What the money tables need now and then. */
export abstract class MoneyUpkeep {
  /** Makes the months of usage that are missing, up to so many ahead. Safe to call from many processes. */
  abstract makeUsagePartitions(monthsAhead: number): Promise<number>;

  /** Adds every entry up anew and answers where a balance differs. Reads all of the ledger. */
  abstract listDifferences(limit: number): Promise<LedgerDifference[]>;
}
