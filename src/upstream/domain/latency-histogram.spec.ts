// Proves that percentiles of counted latencies lie where the calls were, also when counts come from many rows.
import { describe, expect, it } from 'vitest';
import { toFigures, toHealthState } from './health-state.js';
import {
  addCounts,
  findLatencyBucket,
  findPercentile,
  LATENCY_BOUNDS_MS,
  LATENCY_BUCKETS,
} from './latency-histogram.js';
import { OUTCOMES } from './outcome.js';

function count(...latenciesMs: number[]): number[] {
  const counts = Array.from({ length: LATENCY_BUCKETS }, () => 0);
  for (const ms of latenciesMs) counts[findLatencyBucket(ms)]! += 1;
  return counts;
}

describe('latencies', () => {
  it('lie in the bucket whose upper bound they do not pass', () => {
    expect([0, 5, 5.1, 600_000, 600_001].map(findLatencyBucket)).toEqual([
      0,
      0,
      1,
      LATENCY_BUCKETS - 2,
      LATENCY_BUCKETS - 1,
    ]);
  });

  it('have no percentile when there are none', () => {
    expect(findPercentile(count(), 0.5)).toBeNull();
    expect(findPercentile([], 0.99)).toBeNull();
  });

  it('have percentiles that are never further off than their bucket is wide', () => {
    const calls = Array.from({ length: 1_000 }, (_none, index) => index + 1);
    const counts = count(...calls);
    for (const share of [0.5, 0.9, 0.95, 0.99, 1]) {
      const found = findPercentile(counts, share)!;
      const exact = share * 1_000;
      expect(findLatencyBucket(found)).toBe(findLatencyBucket(exact));
    }
  });

  it('beyond the last bound answer that bound', () => {
    expect(findPercentile(count(3_600_000), 0.5)).toBe(LATENCY_BOUNDS_MS.at(-1));
  });

  it('add up, whatever was counted with fewer buckets', () => {
    expect(addCounts([1, 2], [1, 1, 1])).toEqual([2, 3, 1]);
  });
});

describe('the state of what was called', () => {
  const figuresOf = (given: Partial<Record<(typeof OUTCOMES)[number], number>>) =>
    toFigures([{ outcomes: OUTCOMES.map((name) => given[name] ?? 0), latencies: [] }]);

  it.each([
    [{ succeeded: 95, failed: 5 }, 'healthy'],
    [{ succeeded: 94, failed: 6 }, 'degraded'],
    [{ succeeded: 80, rate_limited: 20 }, 'degraded'],
    [{ succeeded: 79, timeout: 21 }, 'down'],
    [{ succeeded: 1, refused: 99, invalid_request: 99, canceled: 99, own: 99 }, 'healthy'],
    [{ canceled: 3 }, 'unknown'],
    [{}, 'unknown'],
  ] as const)('%o is %s', (given, state) => {
    expect(toHealthState(figuresOf(given).successRate)).toBe(state);
  });
});
