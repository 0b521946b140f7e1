import type { Price } from './price.js';

/** Versions of the price list. A version never changes. */
export abstract class PricesRepository {
  /** The id of the version with this content, stored when there is none. Safe to call from many processes at once. */
  abstract ensureVersion(contentHash: string, prices: readonly Price[]): Promise<string>;

  /** Null = there is no such version. */
  abstract findVersion(versionId: string): Promise<Price[] | null>;
}
