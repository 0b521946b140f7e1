import { addCounts, findPercentile } from './latency-histogram.js';
import { OUTCOMES, toSuccessRate } from './outcome.js';

/** unknown: nothing was called. down: too much failed, or nothing may be called at the moment. */
export type HealthState = 'healthy' | 'degraded' | 'down' | 'unknown';

const HEALTHY_RATE = 0.95;
const DEGRADED_RATE = 0.8;

export interface Counted {
  /** In the order of OUTCOMES. */
  outcomes: readonly number[];
  /** In the order of LATENCY_BOUNDS_MS. */
  latencies: readonly number[];
}

export interface Figures {
  calls: number;
  /** 0 to 1, of the calls whose end was the vendor's doing; null = there was none. */
  successRate: number | null;
  p50Ms: number | null;
  p95Ms: number | null;
  p99Ms: number | null;
  /** Calls that did not succeed, by outcome; those that never happened are left out. */
  errors: Readonly<Record<string, number>>;
}

export function toHealthState(successRate: number | null): HealthState {
  if (successRate === null) return 'unknown';
  if (successRate >= HEALTHY_RATE) return 'healthy';
  return successRate >= DEGRADED_RATE ? 'degraded' : 'down';
}

export function toFigures(counted: readonly Counted[]): Figures {
  const outcomes = counted.reduce<number[]>((sum, one) => addCounts(sum, one.outcomes), []);
  const latencies = counted.reduce<number[]>((sum, one) => addCounts(sum, one.latencies), []);
  const failed = OUTCOMES.map((name, index): [string, number] => [name, outcomes[index] ?? 0]);
  return {
    calls: outcomes.reduce((sum, count) => sum + count, 0),
    successRate: toSuccessRate(outcomes),
    p50Ms: findPercentile(latencies, 0.5),
    p95Ms: findPercentile(latencies, 0.95),
    p99Ms: findPercentile(latencies, 0.99),
    errors: Object.fromEntries(failed.filter(([name, count]) => name !== 'succeeded' && count > 0)),
  };
}
