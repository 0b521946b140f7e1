import type { PageRequest } from '../../common/page.js';
import type { SavedMethod } from './auto-reload.js';
import type { Purchase } from './purchase.js';

/** Questions about purchases, outside any transaction. */
export abstract class PurchasesReader {
  abstract find(id: string): Promise<Purchase | null>;

  /** Newest first; one row more than `limit` when there are more. */
  abstract listOfSpace(searchSpaceId: string, page: PageRequest): Promise<Purchase[]>;

  /** The card that was saved last for the wallet; null = none. */
  abstract findSavedMethod(walletId: string, provider: string): Promise<SavedMethod | null>;

  /**
   * Takes pending purchases that nobody has asked the provider about for so long; no other process gets them until
   * as much time has passed again.
   */
  abstract claimUnsettled(
    provider: string,
    olderThanMs: number,
    limit: number,
  ): Promise<Purchase[]>;
}
