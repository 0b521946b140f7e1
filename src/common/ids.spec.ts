// Proves that ids sort by their making, within a millisecond and over a clock that is put back.
import { validate, version } from 'uuid';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { isId, newId } from './ids.js';

/** More than one millisecond has counts for. */
const MANY = 20_000;

afterEach(() => vi.useRealTimers());

describe('newId', () => {
  it('makes UUIDs of version 7 that begin with the time', () => {
    const before = Date.now();
    const id = newId();
    expect(validate(id)).toBe(true);
    expect(version(id)).toBe(7);
    const timeMs = parseInt(id.replaceAll('-', '').slice(0, 12), 16);
    expect(timeMs).toBeGreaterThanOrEqual(before);
    expect(timeMs).toBeLessThan(before + 60_000);
    expect(isId(id)).toBe(true);
  });

  it('makes each but once and each behind the one before, however many a millisecond', () => {
    const ids = Array.from({ length: MANY }, () => newId());
    expect(new Set(ids).size).toBe(MANY);
    expect(ids.every((id) => version(id) === 7)).toBe(true);
    expect(ids).toEqual(ids.toSorted());
  });

  it('goes on behind its last id when the clock is put back', () => {
    const former = newId();
    vi.useFakeTimers({ now: Date.now() - 3_600_000 });
    expect(newId() > former).toBe(true);
  });
});
