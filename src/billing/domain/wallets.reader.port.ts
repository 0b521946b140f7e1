import type { LedgerTransaction } from './ledger.js';
import type { Wallet } from './wallet.js';

/** Wallets and their statements, outside of transactions. */
export abstract class WalletsReader {
  abstract find(walletId: string): Promise<Wallet | null>;

  abstract findBySpace(searchSpaceId: string): Promise<Wallet | null>;

  /**
   * The wallet's movements, newest first.
   * @param before only those older than this transaction id; null = from the newest.
   */
  abstract listTransactions(
    walletId: string,
    before: string | null,
    limit: number,
  ): Promise<LedgerTransaction[]>;
}
