import { createHash } from 'node:crypto';

const UNITS = 2 ** 32;

/** Numbers from 0 to below 1, the same for the same seed: xoshiro128** by Blackman and Vigna, seeded by SHA-256. */
export function createRandom(seed: string): () => number {
  const digest = createHash('sha256').update(seed).digest();
  let [a, b, c, d] = [0, 4, 8, 12].map((at) => digest.readUInt32BE(at)) as [
    number,
    number,
    number,
    number,
  ];
  return () => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 11);
    return result / UNITS;
  };
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
