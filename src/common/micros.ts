import { assert } from './assert.js';

declare const micros: unique symbol;

/** Integer millionths of one US dollar, |value| ≤ 2^53 − 1. Made only by the functions of this file. */
export type Micros = number & { readonly [micros]: true };

export const ZERO_MICROS = 0 as Micros;
export const MICROS_PER_DOLLAR = 1_000_000;

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

/** A price in dollars as vendors print it, to micros; rounds up so that a price is never lost. */
export function dollarsToMicros(dollars: number): Micros {
  assert(Number.isFinite(dollars) && dollars >= 0, `not a price in dollars: ${dollars}`);
  return toMicros(Math.ceil(Number((dollars * MICROS_PER_DOLLAR).toFixed(3))));
}
