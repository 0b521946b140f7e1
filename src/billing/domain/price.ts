import type { Micros } from '../../common/micros.js';

/** What is counted. An image is one delivered picture, a pixel one of its pixels, a request one call to the vendor. */
export const PRICE_UNITS = [
  'input_token',
  'cached_input_token',
  'cache_write_token',
  'image_input_token',
  'cached_image_input_token',
  'output_token',
  'image_output_token',
  'image',
  'pixel',
  'microcredit',
  'request',
  'second',
] as const;

export type PriceUnit = (typeof PRICE_UNITS)[number];

/** Where a line comes from and how far it can be believed; not part of what it costs, so not of its version. */
export interface PriceInfo {
  origin: 'built_in' | 'override';
  overrideId: string | null;
  source: string | null;
  /** `2026-11`: when the source was read. */
  asOf: string | null;
  confidence: string | null;
  /** In the words of the list: `active`, `shutdown 2026-12-01`. */
  status: string | null;
}

/** One line of the price list. */
export interface Price {
  provider: string;
  /** `*`: every model of the provider, for what a credit is worth. */
  model: string;
  unit: PriceUnit;
  /** `generate`, `edit`…; null = any. */
  operation: string | null;
  /** `env:openai`; null = every connection. */
  connection: string | null;
  /** For images: `1024x1024`, or a class: `512`, `1K`, `2K`, `4K`. Null = any. */
  size: string | null;
  /** Null = any. */
  quality: string | null;
  /** For images: good up to this many pixels. Null = no bound. */
  pixelsMax: number | null;
  /** For tokens: good for prompts longer than this. Null = from the first token. */
  inputTokensAbove: number | null;
  /** For images of vendors with a currency of their own: millionths of a credit for one. Null = priced in money. */
  microcredits: number | null;
  /** Micros for 1,000,000 units: every price of the list is whole in it. */
  microsPerMillion: Micros;
  info?: PriceInfo;
}

/** So many units at a price; summed up before anything is rounded. */
export interface PricedLine {
  units: number;
  microsPerMillion: number;
}

/** The line's price in a list; null when the list has none for this unit. Prices for long prompts are left out. */
export function findUnitPrice(prices: readonly Price[], ...units: PriceUnit[]): Micros | null {
  for (const unit of units) {
    const price = prices.find((one) => one.unit === unit && one.inputTokensAbove === null);
    if (price) return price.microsPerMillion;
  }
  return null;
}
