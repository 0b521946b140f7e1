import { createHash } from 'node:crypto';

/** Bits of a hash that a number holds exactly. */
const SPARE_BITS = 11n;
const PARTS = 2 ** 53;

/**
 * Weighted rendezvous hashing: the same key and items give the same order on every machine; over many keys an item
 * comes first as often as its weight says; taking an item away, or changing its weight, moves only the keys that had
 * it first or get it (Schindelhauer and Schomaker, 2005: the least of −ln(u) / weight wins).
 */
export function orderByRendezvous<T>(
  key: string,
  items: readonly T[],
  toParts: (item: T) => { id: string; weight: number },
): T[] {
  return items
    .map((item) => {
      const { id, weight } = toParts(item);
      return { item, id, distance: -Math.log(hashToUnit(`${key}\n${id}`)) / weight };
    })
    .sort((left, right) => left.distance - right.distance || compareText(left.id, right.id))
    .map(({ item }) => item);
}

export function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** Between 0 and 1, neither included. */
function hashToUnit(text: string): number {
  const bits = createHash('sha256').update(text).digest().readBigUInt64BE() >> SPARE_BITS;
  return (Number(bits) + 0.5) / PARTS;
}
