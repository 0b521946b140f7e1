import { createHash } from 'node:crypto';
import { assert } from '../../common/assert.js';
import { dollarsToMicros, type Micros, toMicros } from '../../common/micros.js';
import type { Price, PriceUnit } from './price.js';

/** A line of data/prices.json: prices in dollars, as vendors print them. */
export interface ListedPrice {
  provider: string;
  model: string;
  unit: string;
  usd: number;
  size?: string | null;
  quality?: string | null;
  pixels_max?: number | null;
  input_tokens_above?: number | null;
}

/** Unit in the file → ours, and how many of ours the dollars buy. */
const UNITS: Readonly<Record<string, { unit: PriceUnit; count: 1 | 1_000_000 }>> = {
  '1M_input_tokens': { unit: 'input_token', count: 1_000_000 },
  '1M_cached_input_tokens': { unit: 'cached_input_token', count: 1_000_000 },
  '1M_cache_write_tokens': { unit: 'cache_write_token', count: 1_000_000 },
  '1M_image_input_tokens': { unit: 'image_input_token', count: 1_000_000 },
  '1M_cached_image_input_tokens': { unit: 'cached_image_input_token', count: 1_000_000 },
  '1M_output_tokens': { unit: 'output_token', count: 1_000_000 },
  '1M_image_output_tokens': { unit: 'image_output_token', count: 1_000_000 },
  image: { unit: 'image', count: 1 },
  request: { unit: 'request', count: 1 },
  second: { unit: 'second', count: 1 },
};

/** The vendor's name in the file → the provider's id here. */
const PROVIDERS: Readonly<Record<string, string>> = { google: 'gemini' };
/** Says what a vendor's own currency is worth; its models are listed in dollars. */
const CREDIT = 'credit';
const MILLION = 1_000_000;

/** The file's lines as prices. */
export function toPrices(listed: readonly ListedPrice[]): Price[] {
  return listed.filter(({ unit }) => unit !== CREDIT).map(toPrice);
}

/** Names a list by what it says: the same prices have the same hash, in whatever order they stand. */
export function hashPrices(prices: readonly Price[]): string {
  const lines = prices.map(toLine).toSorted();
  return createHash('sha256').update(lines.join('\n')).digest('hex');
}

function toLine(price: Price): string {
  const { provider, model, unit, size, quality, pixelsMax, inputTokensAbove } = price;
  const parts = [provider, model, unit, size, quality, pixelsMax, inputTokensAbove];
  return JSON.stringify([...parts, price.microsPerMillion]);
}

function toPrice(listed: ListedPrice): Price {
  const known = UNITS[listed.unit];
  assert(known, `unknown price unit: ${listed.unit}`);
  return {
    provider: PROVIDERS[listed.provider] ?? listed.provider,
    model: listed.model,
    unit: known.unit,
    size: listed.size ?? null,
    quality: listed.quality ?? null,
    pixelsMax: listed.pixels_max ?? null,
    inputTokensAbove: listed.input_tokens_above ?? null,
    microsPerMillion: toMicrosPerMillion(listed.usd, known.count),
  };
}

function toMicrosPerMillion(dollars: number, count: number): Micros {
  return toMicros(dollarsToMicros(dollars) * (MILLION / count));
}
