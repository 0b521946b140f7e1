/**
 * running: not concluded. paid: concluded, and something was owed or could have been. free: it cost nothing and gave
 * nothing, or there is no such call.
 */
export type ClaimedCallState = 'running' | 'paid' | 'free';

export interface ClaimedCall {
  state: ClaimedCallState;
  /** Of a concluded one, ms since then; else 0. */
  concludedAgoMs: number;
}

/** Calls by the Idempotency-Keys that were claimed for them with their admission. Port and injection token. */
export abstract class CallClaims {
  /** @param holdId what the key was claimed for */
  abstract find(holdId: string): Promise<ClaimedCall>;

  /** Gives up the key of a call that is `free`. Nothing happens for any other. */
  abstract release(holdId: string): Promise<void>;
}
