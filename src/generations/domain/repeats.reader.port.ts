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

/** The earlier request that a new one would be answered from. */
export abstract class RepeatsReader {
  /** Id of its generation; null = there is none. Claims nothing: the admission decides. */
  abstract find(question: RepeatQuestion): Promise<string | null>;
}
