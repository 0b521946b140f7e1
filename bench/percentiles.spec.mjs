/** Proves the percentiles on numbers whose answer is known, in whatever order they come. */
import { describe, expect, it } from 'vitest';
import { toPercentiles } from './percentiles.mjs';

describe('toPercentiles', () => {
  it('names the value that so many are at or below', () => {
    const times = Array.from({ length: 1_000 }, (_, index) => (index * 7) % 1_000);
    expect(toPercentiles(times)).toEqual({ p50Ms: 500, p95Ms: 950, p99Ms: 990 });
  });

  it('sorts by size, not by letters', () => {
    expect(toPercentiles([100, 9, 20]).p50Ms).toBe(20);
  });

  it('has no figure for nothing', () => {
    expect(toPercentiles([]).p99Ms).toBeNaN();
  });
});
