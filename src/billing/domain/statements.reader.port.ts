import type { StatementLine, StatementPeriod, StatementSums } from './statement.js';

export interface StatementWallet {
  id: string;
  searchSpaceId: string;
}

/** What a wallet had, and how it came and went. Days are those of the transactions' ids. */
export abstract class StatementsReader {
  /** Adds up what was not summed yet; the rest is read from sums of days and months. */
  abstract sum(walletId: string, period: StatementPeriod): Promise<StatementSums>;

  /**
   * The movements of the period, the oldest first.
   * @param after only those after this transaction id; null = from the first.
   */
  abstract listLines(
    wallet: StatementWallet,
    period: StatementPeriod,
    after: string | null,
    limit: number,
  ): Promise<StatementLine[]>;
}
