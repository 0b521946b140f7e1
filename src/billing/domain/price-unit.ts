import type { PriceUnit } from './price.js';

const MILLION = 1_000_000;

/** A unit as price lists name it. */
export interface ListedUnit {
  unit: PriceUnit;
  /** How many of `unit` its price buys. */
  count: 1 | typeof MILLION;
}

/** The units of prices.json, and those that operators may use beside them. */
export const LISTED_UNITS: Readonly<Record<string, ListedUnit>> = {
  '1M_input_tokens': { unit: 'input_token', count: MILLION },
  '1M_cached_input_tokens': { unit: 'cached_input_token', count: MILLION },
  '1M_cache_write_tokens': { unit: 'cache_write_token', count: MILLION },
  '1M_image_input_tokens': { unit: 'image_input_token', count: MILLION },
  '1M_cached_image_input_tokens': { unit: 'cached_image_input_token', count: MILLION },
  '1M_output_tokens': { unit: 'output_token', count: MILLION },
  '1M_image_output_tokens': { unit: 'image_output_token', count: MILLION },
  image: { unit: 'image', count: 1 },
  megapixel: { unit: 'pixel', count: MILLION },
  credit: { unit: 'microcredit', count: MILLION },
  request: { unit: 'request', count: 1 },
  second: { unit: 'second', count: 1 },
};

/** `image_output_token` → `1M_image_output_tokens`: what the price in the list is for. */
export function toListedName(unit: PriceUnit): string {
  return Object.entries(LISTED_UNITS).find(([, one]) => one.unit === unit)?.[0] ?? unit;
}

/** What the list's own unit costs, in micros. */
export function toListedMicros(unit: PriceUnit, microsPerMillion: number): number {
  const { count } = LISTED_UNITS[toListedName(unit)] ?? { count: 1 };
  return count === 1 ? Number(BigInt(microsPerMillion) / 1_000_000n) : microsPerMillion;
}
