// Proves that shares follow the weights and that a change moves only the keys it must, over 10,000 keys.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { orderByRendezvous } from './rendezvous.js';

interface Item {
  id: string;
  weight: number;
}

const KEYS = Array.from({ length: 10_000 }, (_key, index) => `space-${index}`);
/** Four standard deviations of 10,000 draws. */
const SHARE_TOLERANCE = 0.02;

const order = (key: string, items: readonly Item[]) =>
  orderByRendezvous(key, items, (item) => item).map(({ id }) => id);
const firstOf = (key: string, items: readonly Item[]) => order(key, items)[0];
const equal = (...ids: string[]): Item[] => ids.map((id) => ({ id, weight: 1 }));

describe('rendezvous order', () => {
  it('is the same whatever the order of the list, and names everything once', () => {
    const items = fc.uniqueArray(
      fc.record({ id: fc.string(), weight: fc.integer({ min: 1, max: 1_000 }) }),
      { selector: ({ id }) => id, minLength: 1, maxLength: 20 },
    );
    fc.assert(
      fc.property(fc.string(), items, (key, list) => {
        const found = order(key, list);
        expect(order(key, list.toReversed())).toEqual(found);
        expect(found.toSorted()).toEqual(list.map(({ id }) => id).toSorted());
      }),
    );
  });

  it('gives shares as the weights say', () => {
    const items = [1, 2, 3, 4].map((weight) => ({ id: `w${weight}`, weight }));
    const firsts = KEYS.map((key) => firstOf(key, items));
    for (const { id, weight } of items) {
      const share = firsts.filter((first) => first === id).length / KEYS.length;
      expect(Math.abs(share - weight / 10)).toBeLessThan(SHARE_TOLERANCE);
    }
  });

  it('moves only the keys that had what was taken away, each to its second', () => {
    const items = equal('a', 'b', 'c', 'd', 'e');
    const left = items.filter(({ id }) => id !== 'c');
    const had = KEYS.filter((key) => firstOf(key, items) === 'c');
    const moved = KEYS.filter((key) => firstOf(key, items) !== firstOf(key, left));
    expect(moved).toEqual(had);
    expect(Math.abs(had.length / KEYS.length - 0.2)).toBeLessThan(SHARE_TOLERANCE);
    for (const key of moved) expect(firstOf(key, left)).toBe(order(key, items)[1]);
    console.info(
      `removing one of five moved ${moved.length} of ${KEYS.length} spaces, all its own`,
    );
  });

  it('moves keys only to what weighs more', () => {
    const before = equal('a', 'b', 'c');
    const after = before.map((item) => (item.id === 'b' ? { ...item, weight: 2 } : item));
    const moved = KEYS.filter((key) => firstOf(key, before) !== firstOf(key, after));
    expect(moved.length).toBeGreaterThan(0);
    expect(new Set(moved.map((key) => firstOf(key, after)))).toEqual(new Set(['b']));
  });
});
