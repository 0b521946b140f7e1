/** Proves the sum of the sliding window: no caller gets more than the limit around a boundary, and waits are honest. */
import { describe, expect, it } from 'vitest';
import { judge, rollTo, type WindowCounts } from './sliding-window.js';

const WINDOW_MS = 1_000;
const LIMIT = 10;

function hit(counts: WindowCounts, atMs: number, limit = LIMIT): [WindowCounts, boolean] {
  const rolled = { ...rollTo(Math.floor(atMs / WINDOW_MS), counts) };
  const { isRefused } = judge(rolled, atMs, WINDOW_MS, limit);
  if (!isRefused) rolled.current += 1;
  return [rolled, !isRefused];
}

describe('sliding window', () => {
  it('admits the limit at once and refuses one more', () => {
    const full = { window: 0, current: LIMIT, previous: 0 };
    expect(judge({ ...full, current: LIMIT - 1 }, 0, WINDOW_MS, LIMIT).isRefused).toBe(false);
    expect(judge(full, 0, WINDOW_MS, LIMIT)).toMatchObject({ isRefused: true, hits: LIMIT + 1 });
  });

  it('does not give a second limit when the window turns', () => {
    const spent = { window: 0, current: LIMIT, previous: 0 };
    let counts: WindowCounts = spent;
    let admitted = 0;
    for (let atMs = 999; atMs < 1_100; atMs += 1) {
      const [next, isAdmitted] = hit(counts, atMs);
      counts = next;
      admitted += Number(isAdmitted);
    }
    expect(admitted).toBeLessThanOrEqual(1);
  });

  it('forgets what is two windows old', () => {
    expect(rollTo(5, { window: 3, current: LIMIT, previous: LIMIT })).toEqual({
      window: 5,
      current: 0,
      previous: 0,
    });
    expect(rollTo(4, { window: 3, current: 7, previous: 2 })).toMatchObject({ previous: 7 });
  });

  it.each([
    { current: 10, previous: 0, atMs: 1_000 },
    { current: 10, previous: 10, atMs: 1_500 },
    { current: 2, previous: 10, atMs: 1_100 },
    { current: 0, previous: 10, atMs: 1_001 },
    { current: 9, previous: 3, atMs: 1_300 },
  ])(
    'names the moment at which the next hit is admitted: $current, $previous at $atMs',
    (given) => {
      const counts = { window: 1, current: given.current, previous: given.previous };
      const { isRefused, retryInMs } = judge(counts, given.atMs, WINDOW_MS, LIMIT);
      expect(isRefused).toBe(true);
      expect(hit(counts, given.atMs + retryInMs)[1]).toBe(true);
      expect(hit(counts, given.atMs + retryInMs - 2)[1]).toBe(false);
    },
  );

  it('admits a limit of one once per window', () => {
    const [counts, first] = hit({ window: 0, current: 0, previous: 0 }, 10, 1);
    expect(first).toBe(true);
    expect(hit(counts, 20, 1)[1]).toBe(false);
    const { retryInMs } = judge(counts, 20, WINDOW_MS, 1);
    expect(hit(counts, 20 + retryInMs, 1)[1]).toBe(true);
  });

  it('tells when the window ends', () => {
    const counts = { window: 0, current: 0, previous: 0 };
    expect(judge(counts, 250, WINDOW_MS, LIMIT).resetInMs).toBe(750);
  });
});
