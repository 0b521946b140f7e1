/** Proves that requests are due evenly, that none is lost or doubled, and that lateness of one does not move the next. */
import { describe, expect, it } from 'vitest';
import { countDue, toDueMs } from './pacing.mjs';

describe('pacing', () => {
  it('spaces 200 a second by 5 ms', () => {
    expect([0, 1, 2, 200].map((index) => toDueMs(index, 200))).toEqual([0, 5, 10, 1_000]);
  });

  it('has nothing due before the start, and the first at the start', () => {
    expect([-1, 0, 4.999, 5, 1_000].map((ms) => countDue(ms, 200))).toEqual([0, 1, 1, 2, 201]);
  });

  it('makes up for a stall with all that became due meanwhile', () => {
    expect(countDue(1_000, 20) - countDue(500, 20)).toBe(10);
  });

  it.each([3, 7, 20, 200, 333])(
    'counts a request from the time it is due, at %i/s',
    (perSecond) => {
      for (let index = 0; index < 1_000; index += 1) {
        const dueMs = toDueMs(index, perSecond);
        expect(countDue(dueMs + 1e-6, perSecond)).toBe(index + 1);
        if (index > 0) expect(countDue(dueMs - 1e-6, perSecond)).toBe(index);
      }
    },
  );
});
