import type { LedgerDifference } from './ledger.js';

/** What the money tables need now and then. */
export abstract class MoneyUpkeep {
  /** Makes the months of usage that are missing, up to so many ahead. Safe to call from many processes. */
  abstract makeUsagePartitions(monthsAhead: number): Promise<number>;

  /**
   * Begins and ends the grants of wallets whose time has come, in one short transaction.
   * @param after only wallets after this id.
   * @returns the last wallet's id; null = there is none after it.
   */
  abstract turnDueLots(after: string, walletsMax: number): Promise<string | null>;

  /** Where balances, holds, lots and accounts do not add up. Reads sums, and the entries of days without one. */
  abstract listDifferences(limit: number): Promise<LedgerDifference[]>;
}
