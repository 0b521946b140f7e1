/** A place among a caller's calls at once. */
export interface SlotLease {
  /** To be called when the work has really ended; a second time does nothing. Never throws. */
  release(): Promise<void>;
}

/** How many calls one caller has at vendors at once, over all processes. Port and injection token. */
export abstract class CallerSlots {
  /**
   * Takes a slot if one is free at once; else null, and nobody waits for it. Never throws.
   * @param callerId as limits are counted by
   */
  abstract take(callerId: string): Promise<SlotLease | null>;

  /**
   * @param callerId as limits are counted by
   * @throws DomainError `limits.slots` (429) when as many wait already, or none came free in time; the signal's
   *   reason once it fires
   */
  abstract acquire(callerId: string, signal: AbortSignal): Promise<SlotLease>;
}
