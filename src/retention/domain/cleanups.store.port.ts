import type { Cleanup, CleanupFilters, CleanupWork } from './cleanup.js';

export interface UnusedBlob {
  searchSpaceId: string;
  sha256: string;
}

/** Plans outside any transaction of the caller. Port and injection token. */
export abstract class CleanupsStore {
  /** Writes down what the filters find now, each generation of it, and what they come to. */
  abstract plan(id: string, filters: CleanupFilters, askedBy: string, now: Date): Promise<Cleanup>;

  abstract find(id: string): Promise<Cleanup | null>;

  /** Those that were begun and are not done, the oldest first. */
  abstract listRunning(limit: number): Promise<CleanupWork[]>;

  /** Bytes of the space, or of all, that nothing has used for a day. */
  abstract listUnused(searchSpaceId: string | null, limit: number): Promise<UnusedBlob[]>;

  /** Drops plans that were not begun within so long, and ends that are so old; answers how many. */
  abstract forget(plannedS: number, doneS: number, limit: number): Promise<number>;
}

/** One clearing inside a transaction: `scope.get(CleanupClaims)`. */
export abstract class CleanupClaims {
  /** False when the plan is not there, too old, or was begun before. */
  abstract begin(id: string, by: string, plannedWithinS: number): Promise<boolean>;

  /** Takes generations off its list, for this transaction alone. */
  abstract take(id: string, limit: number): Promise<string[]>;

  /** Of these generations, the pictures in these roles. */
  abstract listAssets(
    generationIds: readonly string[],
    roles: readonly string[],
  ): Promise<string[]>;

  abstract count(
    id: string,
    done: { generations: number; pictures: number; passedOver: number },
  ): Promise<void>;

  /** Done, when nothing is left on its list. */
  abstract finish(id: string): Promise<boolean>;
}
