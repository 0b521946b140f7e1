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
  const total = lines.reduce((sum, line) => sum + toExact(line), 0n);
  const basis = MILLION * BigInt(whole) * BigInt(BASIS_POINTS);
  return toMicros((total * BigInt(part) * BigInt(multiplierBp) + basis - 1n) / basis);
}

/** An amount that is whole already, multiplied and rounded up once. */
export function multiplyMicros(amount: Micros, multiplierBp: number): Micros {
  return totalMicros([{ units: 1_000_000, microsPerMillion: amount }], { multiplierBp });
}

function isMultiplier(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function toExact({ units, microsPerMillion }: PricedLine): bigint {
  assert(Number.isSafeInteger(units) && units >= 0, `not a count of units: ${units}`);
  return BigInt(units) * BigInt(microsPerMillion);
}
