/** How a connection fares, as far as this process knows now. */
export interface HealthView {
  /** Not to be called before; null = may be. */
  coolingUntil: Date | null;
  /** Error code that put it there; null with `coolingUntil`. */
  coolingReason: string | null;
  /** half_open: one call is let through to see. */
  breaker: 'closed' | 'open' | 'half_open';
  /** 0 to 1: a moving average over its calls, vendor's faults alone. */
  errorRate: number;
  /** Calls of the last minutes, so that one failure is not taken for a bad day; undefined = not counted. */
  calls?: number;
  /** 0 to 1: the share of these that the vendor failed. Absent = `errorRate`. */
  recentErrorRate?: number;
  /** A moving average until the answer begins; null = not known. */
  answerMs: number | null;
  /** Calls that hold one of its slots, over all processes. */
  running: number;
  /** Calls that wait for one. */
  waiting: number;
}

/** What routing asks before it chooses: answered at once, from memory that is at most a second old. Port and token. */
export abstract class UpstreamHealth {
  /** Of the connection, and of the model on it. */
  abstract look(connectionId: string, model: string): HealthView;
}
