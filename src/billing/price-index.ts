import { selectPrices } from './domain/merge-prices.js';
import type { Price } from './domain/price.js';

const DATE_SUFFIX = /-(\d{4}-\d{2}-\d{2}|\d{8})$/;
const EVERY_MODEL = '*';

export interface PricedCall {
  provider: string;
  model: string;
  /** `generate`, `edit`, `variation`… */
  operation: string;
  /** `env:openai`; null = none in particular. */
  connection: string | null;
}

/** A list by provider and model. */
export class PriceIndex {
  private readonly byModel = new Map<string, Price[]>();

  constructor(readonly prices: readonly Price[]) {
    for (const price of prices) {
      const key = toKey(price.provider, price.model);
      const rows = this.byModel.get(key);
      if (rows) rows.push(price);
      else this.byModel.set(key, [price]);
    }
  }

  /** The lines that price such a call, with what a credit of the vendor is worth. */
  find(call: PricedCall): readonly Price[] {
    const { provider, model } = call;
    const exact = this.byModel.get(toKey(provider, model));
    const rows = exact ?? this.byModel.get(toKey(provider, toListedModel(provider, model))) ?? [];
    const forAll = this.byModel.get(toKey(provider, EVERY_MODEL)) ?? [];
    const own = selectPrices(rows, call);
    const credits = own.some(({ unit }) => unit === 'microcredit') ? [] : forAll;
    return [...own, ...selectPrices(credits, call)];
  }
}

/** `openai/gpt-image-2-2026-04-21` → `gpt-image-2`: a dated snapshot costs what its model costs. */
export function toListedModel(provider: string, model: string): string {
  const bare = model.startsWith(`${provider}/`) ? model.slice(provider.length + 1) : model;
  return bare.replace(DATE_SUFFIX, '');
}

function toKey(provider: string, model: string): string {
  return `${provider}\n${model}`;
}
