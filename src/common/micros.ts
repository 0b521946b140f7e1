import { assert } from './assert.js';

declare const micros: unique symbol;

/** Integer millionths of one US dollar, |value| ≤ 2^53 − 1. Made only by the functions of this file. */
export type Micros = number & { readonly [micros]: true };

export const ZERO_MICROS = 0 as Micros;
export const MICROS_PER_DOLLAR = 1_000_000;

/** What `String` makes of a number, and what people write; more digits than any price has are refused. */
const DECIMAL_FORM = /^(\d{1,30})(?:\.(\d{1,30}))?(?:[eE]([+-]?\d{1,2}))?$/;
const MICROS_DIGITS = 6n;

/** Takes an integer number, or the decimal text in which `pg` hands out a bigint. */
export function toMicros(value: number | string | bigint): Micros {
  const number = Number(value);
  assert(Number.isSafeInteger(number), `not a whole number of micros: ${String(value)}`);
  return number as Micros;
}

export function addMicros(left: Micros, right: Micros): Micros {
  return toMicros(left + right);
}

/** `units` × price per `perUnits`, rounded up once to the next whole micro. Exact: computed in bigint. */
export function chargeMicros(units: number, priceMicros: Micros, perUnits: number): Micros {
  assert(Number.isSafeInteger(units) && units >= 0, `not a count of units: ${units}`);
  assert(Number.isSafeInteger(perUnits) && perUnits > 0, `not a price basis: ${perUnits}`);
  const total = BigInt(units) * BigInt(priceMicros);
  const basis = BigInt(perUnits);
  return toMicros((total + basis - 1n) / basis);
}

/**
 * A price in dollars as vendors print it, to micros: `0.00588`, `5`, `2.5e-3`. Read from its decimal text, so that no
 * binary fraction comes between; rounds up so that a price is never lost.
 */
export function dollarsToMicros(dollars: number | string): Micros {
  const [, whole, fraction = '', exponent = '0'] = DECIMAL_FORM.exec(String(dollars)) ?? [];
  assert(whole !== undefined, `not a price in dollars: ${String(dollars)}`);
  const shift = BigInt(exponent) - BigInt(fraction.length) + MICROS_DIGITS;
  const digits = BigInt(whole + fraction);
  if (shift >= 0n) return toMicros(digits * 10n ** shift);
  const basis = 10n ** -shift;
  return toMicros((digits + basis - 1n) / basis);
}

/** `units` shared out in lots of `perLot`, the last one perhaps not full: 7 by 3 = 3. Whole numbers, 0 or more. */
export function divideUp(units: number, perLot: number): number {
  assert(Number.isSafeInteger(units) && units >= 0, `not a count of units: ${units}`);
  assert(Number.isSafeInteger(perLot) && perLot > 0, `not a lot: ${perLot}`);
  return Number((BigInt(units) + BigInt(perLot) - 1n) / BigInt(perLot));
}
