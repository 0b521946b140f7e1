import { assert } from '../../common/assert.js';
import { type Micros, toMicros } from '../../common/micros.js';
import type { PricedLine } from './price.js';

const MILLION = 1_000_000n;

/** What the lines cost together, rounded up once to the next whole micro. Exact: computed in bigint. */
export function totalMicros(lines: readonly PricedLine[]): Micros {
  return shareMicros(lines, 1, 1);
}

/** `part` of `whole` of what the lines cost, rounded up once. */
export function shareMicros(lines: readonly PricedLine[], part: number, whole: number): Micros {
  assert(part >= 0 && whole > 0 && part <= whole, `not a share: ${part} of ${whole}`);
  const total = lines.reduce((sum, line) => sum + toExact(line), 0n) * BigInt(part);
  const basis = MILLION * BigInt(whole);
  return toMicros((total + basis - 1n) / basis);
}

function toExact({ units, microsPerMillion }: PricedLine): bigint {
  assert(Number.isSafeInteger(units) && units >= 0, `not a count of units: ${units}`);
  return BigInt(units) * BigInt(microsPerMillion);
}
