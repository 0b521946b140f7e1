import { createHash } from 'node:crypto';

const UINT32_RANGE = 4_294_967_296;

/** A repeatable stream of numbers in [0, 1). */
export type Random = () => number;

/** Numbers that depend on every letter of the parts, and on nothing else: SHA-256, then the generator sfc32. */
export function createDigestRandom(parts: readonly (string | number | null)[]): Random {
  const digest = createHash('sha256').update(JSON.stringify(parts)).digest();
  let a = digest.readUInt32LE(0);
  let b = digest.readUInt32LE(4);
  let c = digest.readUInt32LE(8);
  let counter = digest.readUInt32LE(12);
  return () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / UINT32_RANGE;
  };
}

export function between(random: Random, min: number, max: number): number {
  return min + random() * (max - min);
}
