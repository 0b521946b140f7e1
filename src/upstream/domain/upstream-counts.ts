/** Five minutes and a day: what is told of now, and what is told of days. */
export const SPANS_S = [300, 86_400] as const;
export type SpanS = (typeof SPANS_S)[number];

/** Calls of one model on one connection in one span of time. */
export interface UpstreamCounts {
  spanS: SpanS;
  startsAt: Date;
  connection: string;
  /** Public name. */
  model: string;
  provider: string;
  /** Whether the connection is the house's. */
  isGlobal: boolean;
  /** In the order of OUTCOMES. */
  outcomes: readonly number[];
  /** In the order of LATENCY_BOUNDS_MS: of the calls that succeeded. */
  latencies: readonly number[];
  /** Outcome of the last call that failed; null = none did. */
  lastError: string | null;
  lastErrorAt: Date | null;
  lastCalledAt: Date;
}
