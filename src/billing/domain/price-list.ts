import { createHash } from 'node:crypto';
import { assert } from '../../common/assert.js';
import { dollarsToMicros, type Micros, toMicros } from '../../common/micros.js';
import { LISTED_UNITS } from './price-unit.js';
import type { Price, PriceInfo } from './price.js';

/** A line of data/prices.json: prices in dollars, as vendors print them. */
export interface ListedPrice {
  provider: string;
  model: string;
  unit: string;
  /** Decimal: 0.00588 or `0.00588`. */
  usd: number | string;
  operation?: string | null;
  size?: string | null;
  quality?: string | null;
  pixels_max?: number | null;
  input_tokens_above?: number | null;
  /** Of an image: what it costs in the vendor's own currency. */
  credits?: number | string | null;
  source?: string | null;
  as_of?: string | null;
  confidence?: string | null;
  status?: string | null;
}

/** The vendor's name in the file → the provider's id here. */
const PROVIDERS: Readonly<Record<string, string>> = { google: 'gemini' };
const MILLION = 1_000_000;

/** The file's lines as prices. */
export function toPrices(listed: readonly ListedPrice[]): Price[] {
  return listed.map(toPrice);
}

export function toProviderId(name: string): string {
  return PROVIDERS[name] ?? name;
}

/** Names a list by what it says: the same prices have the same hash, in whatever order they stand. */
export function hashPrices(prices: readonly Price[]): string {
  const lines = prices.map(toLine).toSorted();
  return createHash('sha256').update(lines.join('\n')).digest('hex');
}

/** A price of one listed unit → of a million of ours. */
export function toMicrosPerMillion(priceMicros: Micros, count: number): Micros {
  return count === MILLION ? priceMicros : toMicros(priceMicros * MILLION);
}

function toLine(price: Price): string {
  const { provider, model, unit, size, quality, pixelsMax, inputTokensAbove } = price;
  const parts = [provider, model, unit, size, quality, pixelsMax, inputTokensAbove];
  const { operation, connection, microcredits, microsPerMillion } = price;
  return JSON.stringify([...parts, operation, connection, microcredits, microsPerMillion]);
}

function toPrice(listed: ListedPrice): Price {
  const known = LISTED_UNITS[listed.unit];
  assert(known, `unknown price unit: ${listed.unit}`);
  const { credits } = listed;
  return {
    provider: toProviderId(listed.provider),
    model: listed.model,
    unit: known.unit,
    operation: listed.operation ?? null,
    connection: null,
    size: listed.size ?? null,
    quality: listed.quality ?? null,
    pixelsMax: listed.pixels_max ?? null,
    inputTokensAbove: listed.input_tokens_above ?? null,
    // A credit is counted in millionths, as a dollar is.
    microcredits: credits === undefined || credits === null ? null : dollarsToMicros(credits),
    microsPerMillion: toMicrosPerMillion(dollarsToMicros(listed.usd), known.count),
    info: toInfo(listed),
  };
}

function toInfo({ source, as_of, confidence, status }: ListedPrice): PriceInfo {
  return {
    origin: 'built_in',
    overrideId: null,
    source: source ?? null,
    asOf: as_of ?? null,
    confidence: confidence ?? null,
    status: status ?? null,
  };
}
