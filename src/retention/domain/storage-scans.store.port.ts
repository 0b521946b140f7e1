import type { PageRequest } from '../../common/page.js';
import type {
  FindingKind,
  FindingOutcome,
  FoundThing,
  ScanFinding,
  ScanWork,
  StorageScan,
} from './storage-scan.js';

/** Scans outside any transaction of the caller, and whose turn it is. Port and injection token. */
export abstract class StorageScansStore {
  abstract find(id: string): Promise<StorageScan | null>;

  /** Newest first; one row more than `limit` when there are more. */
  abstract list(page: PageRequest): Promise<StorageScan[]>;

  /** In order of ids; one row more than `limit` when there are more. Null = of every kind. */
  abstract listFindings(
    scanId: string,
    kind: FindingKind | null,
    page: PageRequest,
  ): Promise<ScanFinding[]>;

  /**
   * Takes or keeps the turn at the scan that is under way until so many seconds from now. Null = there is none, or it is
   * another's.
   */
  abstract takeTurn(owner: string, leaseS: number): Promise<ScanWork | null>;

  /** Gives the turn back, for whoever asks next. */
  abstract release(owner: string): Promise<void>;

  /**
   * The same after a fault; the scan is tried again in so many seconds.
   * @returns false when it failed so often that it was given up.
   */
  abstract giveBack(
    owner: string,
    fault: string,
    againInS: number,
    failuresMax: number,
  ): Promise<boolean>;

  /**
   * Begins the nightly round when its time has come, in one process.
   * @param next when the one after it is to be
   */
  abstract beginRound(id: string, graceBefore: Date, now: Date, next: Date): Promise<boolean>;

  /** Those without an outcome that a repair may do something about. */
  abstract listOpen(scanId: string, limit: number): Promise<ScanFinding[]>;

  /** Drops scans that ended so long ago; answers how many. */
  abstract forget(olderThanS: number, limit: number): Promise<number>;
}

/** One scan inside a transaction: `scope.get(StorageScanRepository)`. */
export abstract class StorageScanRepository {
  /** @returns the id of the scan that is under way instead; null = it was added. */
  abstract add(scan: {
    id: string;
    askedBy: string;
    graceBefore: Date;
    createdAt: Date;
  }): Promise<string | null>;

  /**
   * Begins the repair of a scan that ended not longer ago than that.
   * @returns `begun`; `busy` when another is under way; `refused` when it has not ended well, is too old, or was repaired
   */
  abstract beginRepair(
    id: string,
    askedBy: string,
    endedWithinS: number,
  ): Promise<'begun' | 'busy' | 'refused'>;

  /** Adds what one comparison found and moves on. False = the turn is another's now, and nothing was written. */
  abstract advance(
    owner: string,
    id: string,
    step: {
      found: readonly FoundThing[];
      objects: number;
      blobs: number;
      afterObject: string | null;
      afterBlob: string | null;
      findingsMax: number;
    },
  ): Promise<boolean>;

  /** Writes what became of findings. False = the turn is another's now. */
  abstract settle(
    owner: string,
    id: string,
    outcomes: readonly { id: string; outcome: FindingOutcome }[],
  ): Promise<boolean>;

  /** The scan, or its repair, is over. */
  abstract finish(owner: string, id: string): Promise<StorageScan | null>;
}
