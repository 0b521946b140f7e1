import { assert } from '../../common/assert.js';
import { type Micros, toMicros } from '../../common/micros.js';
import type { PricedLine } from './price.js';

/** Basis points of a multiplier of one. */
export const BASIS_POINTS = 10_000;
const MILLION = 1_000_000n;

/** What part of a bill is meant, and what it is multiplied with; left out: all of it, once. */
export interface Portion {
  /** `part` of `whole`: pictures delivered of pictures made. */
  part?: number;
  whole?: number;
  /** Basis points: 10,000 = as listed, 0 = free. */
  multiplierBp?: number;
}

/** What the lines cost together, rounded up once to the next whole micro. Exact: computed in bigint. */
export function totalMicros(lines: readonly PricedLine[], portion: Portion = {}): Micros {
  const { part = 1, whole = 1, multiplierBp = BASIS_POINTS } = portion;
  assert(part >= 0 && whole > 0 && part <= whole, `not a share: ${part} of ${whole}`);
  assert(isMultiplier(multiplierBp), `not a multiplier in basis points: ${multiplierBp}`);
  const total = sumLines(lines);
  const basis = MILLION * BigInt(whole) * BigInt(BASIS_POINTS);
  return toMicros((total * BigInt(part) * BigInt(multiplierBp) + basis - 1n) / basis);
}

/** An amount that is whole already, multiplied and rounded up once. */
export function multiplyMicros(amount: Micros, multiplierBp: number): Micros {
  return totalMicros([{ units: 1_000_000, microsPerMillion: amount }], { multiplierBp });
}

/** In numbers as long as they are exact, which is cheaper; else in bigint. */
function sumLines(lines: readonly PricedLine[]): bigint {
  let plain = 0;
  for (const { units, microsPerMillion } of lines) {
    assert(Number.isSafeInteger(units) && units >= 0, `not a count of units: ${units}`);
    plain += units * microsPerMillion;
  }
  // What is not exact came beyond, and does not come back: nothing here is below zero.
  if (Number.isSafeInteger(plain)) return BigInt(plain);
  return lines.reduce(
    (sum, { units, microsPerMillion }) => sum + BigInt(units) * BigInt(microsPerMillion),
    0n,
  );
}

function isMultiplier(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
