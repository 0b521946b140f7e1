import type { Lot } from './lot.js';

/** The lots of wallets, outside of transactions. */
export abstract class LotsReader {
  /**
   * The wallet's lots, newest first, each with what remains of it now.
   * @param before only those made before this lot's id; null = from the newest.
   */
  abstract list(walletId: string, before: string | null, limit: number): Promise<Lot[]>;
}
