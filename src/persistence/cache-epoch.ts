import type { EntityManager } from 'typeorm';

/**
 * One number in the database that moves with every change of keys, members, roles, connections, routes or
 * prices. What a cache holds is good for as long as the number stands still. Port and injection token.
 */
export abstract class CacheEpoch {
  /** Moves the epoch in the manager's transaction, so with the change itself. Call it last: the row is hot. */
  abstract bump(manager: EntityManager): Promise<void>;

  /** The epoch that caches may answer by now; null = caches are off, because nobody knows it freshly. */
  abstract current(): number | null;

  /** The epoch as it was read last, however long ago; null = it is known to have moved since, or was never read. */
  abstract last(): number | null;

  /** To be called after a bump that did not go through `bump`: switches caches off until the epoch is read anew. */
  abstract hasten(): void;
}

/** The epoch inside a unit of work: `scope.get(CacheEpochMark).bump()`. */
export abstract class CacheEpochMark {
  /** Moves the epoch with this transaction; this process sees it as soon as `run` answers. Call it last. */
  abstract bump(): Promise<void>;
}
