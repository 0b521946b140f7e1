/** A request as its repeats are known. */
export interface RepeatQuestion {
  callerId: string;
  route: string;
  fingerprint: string;
  /** Idempotency-Key; null for a client that repeats itself without one. */
  key: string | null;
  attachWithinS: number;
  lostWithinS: number;
}

/** Whether there is an earlier request that a new one would be answered from. */
export abstract class RepeatsReader {
  /** Claims nothing: the admission decides. */
  abstract exists(question: RepeatQuestion): Promise<boolean>;
}
