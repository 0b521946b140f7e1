import type { JsonValue } from '../../common/json-value.js';
import type { Attempt, Generation } from './generation.js';

/** A generation whose run this process owns from now on, with the attempt to make. */
export interface OwnedRun {
  generation: Generation;
  attempt: Attempt;
  /** Those that failed before it, in their order; absent = none. */
  earlier?: readonly Attempt[];
}

/** How one attempt ended and which follows. */
export interface NextAttempt {
  /** As it runs on the next candidate. */
  generation: Generation;
  failed: Attempt;
  attempt: Attempt;
}

/** The rows of generations. Money-moving writes go through the settlement steps instead. */
export abstract class GenerationsRepository {
  abstract find(id: string): Promise<Generation | null>;

  /** Those that are there, in no order. */
  abstract findMany(ids: readonly string[]): Promise<Generation[]>;

  /** In order of their making. */
  abstract listAttempts(generationIds: readonly string[]): Promise<Attempt[]>;

  /**
   * Takes the next queued generation and marks its attempt as sent: from now on it is never sent again. Spaces with the
   * fewest runs first, those of which the owner runs `runsPerSpaceMax` or more last; within a space by priority, then by
   * age. Null when none waits.
   */
  abstract claimNext(
    owner: string,
    leaseS: number,
    runsPerSpaceMax: number,
  ): Promise<OwnedRun | null>;

  /** Takes over a run whose lease has lapsed. Null when somebody else did, or it is alive. */
  abstract takeOver(id: string, owner: string, leaseS: number): Promise<OwnedRun | null>;

  /** Ends the leases of all other owners, for a process that knows itself to be the only one. */
  abstract lapseForeign(owner: string): Promise<void>;

  /** Running generations whose lease has lapsed, oldest first. */
  abstract listLapsed(limit: number): Promise<string[]>;

  /** Queued generations that were made longer than this ago, oldest first. */
  abstract listQueued(olderThanS: number, limit: number): Promise<string[]>;

  /** Queued generations whose deadline has passed, oldest first. */
  abstract listOverdue(limit: number): Promise<string[]>;

  /**
   * Renews the leases of these runs where they are still the owner's; answers which are to be canceled. A row of the
   * owner that it does not name lapses: nobody works on it, for the answer to its admission was lost.
   */
  abstract renewLeases(ids: readonly string[], owner: string, leaseS: number): Promise<string[]>;

  /** Gives a run that has not begun to the queue. False when it was canceled, or is not the owner's. */
  abstract release(id: string, owner: string): Promise<boolean>;

  /** Takes a generation that still waits in the queue, so that no worker will. False when one did. */
  abstract seize(id: string, owner: string, leaseS: number): Promise<boolean>;

  /** Remembers what the vendor calls the job of an attempt, before anybody asks after it. */
  abstract keepReference(attemptId: string, reference: JsonValue): Promise<void>;

  /** Ends the attempt that failed and begins the next. False when the run is not the owner's any more. */
  abstract beginNext(next: NextAttempt, owner: string): Promise<boolean>;

  /** Asks the running process to stop. False when it is not running. */
  abstract requestCancel(id: string): Promise<boolean>;

  /** The answer reached the client, so that a repeat is a new request. */
  abstract markDelivered(ids: readonly string[]): Promise<void>;

  /** Holds past their expiry that no live generation stands behind. */
  abstract listAbandonedHolds(limit: number): Promise<string[]>;

  abstract purgeExpiredKeys(limit: number): Promise<number>;
}

/** Deletes inside a unit of work. */
export abstract class GenerationsRemover {
  /** Deletes a concluded generation with its attempts. False when it is gone or still runs. */
  abstract remove(id: string): Promise<boolean>;
}
