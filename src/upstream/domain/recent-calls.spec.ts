// Proves that calls are counted for five to ten minutes, and then forgotten, whether others came or not.
import { describe, expect, it } from 'vitest';
import { RecentCalls } from './recent-calls.js';

const MINUTE_MS = 60_000;

describe('RecentCalls', () => {
  it('counts calls and faults by name', () => {
    const recent = new RecentCalls();
    recent.record('a', true, 0);
    recent.record('a', false, MINUTE_MS);
    recent.record('b', false, MINUTE_MS);
    expect(recent.find('a', 2 * MINUTE_MS)).toEqual({ calls: 2, faults: 1 });
    expect(recent.find('b', 2 * MINUTE_MS)).toEqual({ calls: 1, faults: 0 });
    expect(recent.find('c', 2 * MINUTE_MS)).toEqual({ calls: 0, faults: 0 });
  });

  it('keeps what is younger than five minutes and forgets what is older than ten', () => {
    const recent = new RecentCalls();
    recent.record('a', true, 0);
    recent.record('a', false, 6 * MINUTE_MS);
    expect(recent.find('a', 6 * MINUTE_MS)).toEqual({ calls: 2, faults: 1 });
    expect(recent.find('a', 11 * MINUTE_MS)).toEqual({ calls: 1, faults: 0 });
    expect(recent.find('a', 16 * MINUTE_MS)).toEqual({ calls: 0, faults: 0 });
  });

  it('is bounded: what was called longest ago makes room', () => {
    const recent = new RecentCalls(2);
    for (const name of ['a', 'b', 'a', 'c']) recent.record(name, false, 0);
    expect(['a', 'b', 'c'].map((name) => recent.find(name, 0).calls)).toEqual([2, 0, 1]);
  });
});
