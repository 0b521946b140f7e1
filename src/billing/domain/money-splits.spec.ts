/** Proves that money is exact: a million random bills, shares and multipliers against the definition of rounding up. */
import { describe, expect, it } from 'vitest';
import { toMicros } from '../../common/micros.js';
import type { PricedLine } from './price.js';
import { totalMicros } from './total-micros.js';

const SPLITS = 1_000_000;
const SEED = 0x5eed;
const TIMEOUT_MS = 60_000;

/** xorshift32: whole numbers from 0 to `below` − 1, the same ones at every run. */
function makeDice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** The bill as a fraction, in another order than the code under test has it. */
function toFraction(lines: readonly PricedLine[], part: number, whole: number, bp: number) {
  let above = 0n;
  for (const { units, microsPerMillion } of lines) {
    above += BigInt(part) * BigInt(units) * BigInt(microsPerMillion) * BigInt(bp);
  }
  return { above, below: BigInt(whole) * 10_000_000_000n };
}

/** Whether it is the least whole number that is not less than the fraction. */
function isRoundedUp(micros: number, { above, below }: ReturnType<typeof toFraction>): boolean {
  const product = BigInt(micros) * below;
  return product >= above && product - below < above;
}

describe('a bill that is split', () => {
  it(
    'is never off by a micro, and its parts exceed it by one rounding at most',
    () => {
      const roll = makeDice(SEED);
      const wrong: object[] = [];
      for (let count = 0; count < SPLITS; count += 1) {
        const lines: PricedLine[] = [];
        for (let index = roll(2); index >= 0; index -= 1) {
          lines.push({ units: roll(200_000), microsPerMillion: roll(4_000_000_000) });
        }
        const whole = 1 + roll(10);
        const part = roll(whole + 1);
        const multiplierBp = roll(4) === 0 ? 10_000 : roll(30_000);
        const all = totalMicros(lines, { multiplierBp });
        const share = totalMicros(lines, { part, whole, multiplierBp });
        const rest = totalMicros(lines, { part: whole - part, whole, multiplierBp });
        const excess = share + rest - all;
        if (
          !isRoundedUp(share, toFraction(lines, part, whole, multiplierBp)) ||
          excess < 0 ||
          excess > 1
        ) {
          wrong.push({ lines, part, whole, multiplierBp, all, share, rest });
        }
      }
      expect(wrong).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it.each([
    [1_000_000_000, 9_007_199_254_740, 9_007_199_254_740_000],
    [1_000_000_001, 9_007_199_001_001, 9_007_199_010_008_200],
    [9_007_199_254_740_991, 1, 9_007_199_255],
    [9_007_199_254_740_991, 3, 27_021_597_765],
  ])('is exact where numbers are not: %i × %i', (units, microsPerMillion, micros) => {
    expect(totalMicros([{ units, microsPerMillion: toMicros(microsPerMillion) }])).toBe(micros);
    const one = { units: 1, microsPerMillion: toMicros(1) };
    const exact = BigInt(units) * BigInt(microsPerMillion) + 1n;
    expect(totalMicros([{ units, microsPerMillion: toMicros(microsPerMillion) }, one])).toBe(
      Number((exact + 999_999n) / 1_000_000n),
    );
  });

  it('would be found out by the definition', () => {
    const lines = [{ units: 7, microsPerMillion: 300_000 }];
    const fraction = toFraction(lines, 1, 3, 11_111);
    expect([0, 1, 2].map((micros) => isRoundedUp(micros, fraction))).toEqual([false, true, false]);
    expect(totalMicros(lines, { part: 1, whole: 3, multiplierBp: 11_111 })).toBe(1);
  });

  it.each([
    [{ part: 2, whole: 1 }],
    [{ part: -1 }],
    [{ whole: 0 }],
    [{ multiplierBp: -1 }],
    [{ multiplierBp: 1.5 }],
  ])('is refused as %o', (portion) => {
    expect(() => totalMicros([{ units: 1, microsPerMillion: 1 }], portion)).toThrow();
  });
});
