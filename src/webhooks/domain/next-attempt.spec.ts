// Proves when a delivery is tried again: as Standard Webhooks proposes, never sooner than the receiver asks, and not for ever.
import { describe, expect, it } from 'vitest';
import { ATTEMPTS_MAX, readRetryAfterMs, RETRY_DELAYS_MS, toRetryDelayMs } from './next-attempt.js';

const DAY_MS = 86_400_000;
const NOW = new Date('2026-11-22T12:00:00Z');

describe('toRetryDelayMs', () => {
  it('waits longer each time and gives up after the last', () => {
    const waits = Array.from({ length: ATTEMPTS_MAX }, (_, index) =>
      toRetryDelayMs(index + 1, null, 0),
    );
    expect(waits).toEqual([...RETRY_DELAYS_MS, null]);
  });

  it('adds up to a tenth at random', () => {
    expect(toRetryDelayMs(1, null, 1)).toBe(5_500);
  });

  it.each([
    [60_000, 60_000],
    [1_000, 5_000],
    [400 * DAY_MS, DAY_MS],
  ])('waits for a Retry-After of %i ms %i ms', (askedMs, waitedMs) => {
    expect(toRetryDelayMs(1, askedMs, 0)).toBe(waitedMs);
  });
});

describe('readRetryAfterMs', () => {
  it.each<[string | undefined, number | null]>([
    ['120', 120_000],
    ['Sun, 22 Nov 2026 12:01:00 GMT', 60_000],
    ['Sun, 22 Nov 2026 11:00:00 GMT', 0],
    [undefined, null],
    ['-5', null],
    ['1.5', null],
    ['soon', null],
    ['', null],
  ])('reads %j as %j', (value, expected) => {
    expect(readRetryAfterMs(value, NOW)).toBe(expected);
  });
});
