import type { PageRequest } from '../../common/page.js';
import type { CollectionSum, StorageStats } from './storage-stats.js';

/** Kept sums, which are exact at any moment. Port and injection token. */
export abstract class StorageStatsStore {
  abstract find(searchSpaceId: string): Promise<StorageStats>;

  /** Bytes as they are stored. */
  abstract findUsedBytes(searchSpaceId: string): Promise<number>;

  /** Ids of spaces that store something, newest first; one row more than `limit` when there are more. */
  abstract listSpaces(page: PageRequest): Promise<string[]>;

  /** Of a space's collections, the newest first; one row more than `limit` when there are more. */
  abstract listCollections(searchSpaceId: string, page: PageRequest): Promise<CollectionSum[]>;

  /** Null = the space has no quota of its own. */
  abstract findQuota(searchSpaceId: string): Promise<number | null>;

  /**
   * Adds up what has changed, and tells through the outbox of each space that came near its quota, once.
   * @param houseMaxBytes quota of spaces without one of their own; null = no bound
   * @returns how many changes that were, and how many spaces are told of
   */
  abstract fold(
    limit: number,
    houseMaxBytes: number | null,
  ): Promise<{ folded: number; told: number }>;

  /** Looks at these spaces as `fold` does, after their quota was changed. @returns how many are told of */
  abstract watch(searchSpaceIds: readonly string[], houseMaxBytes: number | null): Promise<number>;

  /** Of a space that is being deleted; answers how many there were. */
  abstract dropChanges(searchSpaceId: string): Promise<number>;
}

/** Quotas inside one transaction: `scope.get(StorageQuotas)`. */
export abstract class StorageQuotas {
  /** @returns the quota before; undefined when there is no such space. */
  abstract set(
    searchSpaceId: string,
    maxBytes: number | null,
    by: string,
    now: Date,
  ): Promise<number | null | undefined>;
}
