import { Injectable, type OnModuleInit } from '@nestjs/common';
import { assert } from '../common/assert.js';
import { DomainError } from '../common/domain-error.js';
import type { PageRequest } from '../common/page.js';
import { chargeImage, type ImageCharge, type ImageChargeRequest } from './domain/charge-image.js';
import { EMBEDDED_PRICES } from './domain/embedded-prices.js';
import { hashPrices, toPrices } from './domain/price-list.js';
import type { Price } from './domain/price.js';
import { PricesRepository } from './domain/prices.repository.port.js';
import { type ImageQuote, type ImageQuoteRequest, quoteImage } from './domain/quote-image.js';
import listed from './data/prices.json' with { type: 'json' };

/** A hold may be concluded by a process that was started with a newer list. */
const OLD_VERSIONS_CACHED_MAX = 16;
const DATE_SUFFIX = /-(\d{4}-\d{2}-\d{2}|\d{8})$/;

export interface PricedImageRequest extends ImageQuoteRequest {
  provider: string;
  /** `generate`, `edit`, `variation`…: a vendor may price an operation as a model of its own. */
  operation: string;
}

export interface VersionedImageQuote extends ImageQuote {
  /** Stored with the hold: the charge is made by the same list. */
  versionId: string;
}

export interface PricedImageCharge extends ImageChargeRequest {
  provider: string;
  /** Of the quote. */
  versionId: string;
}

export interface PriceFilter {
  provider?: string;
  model?: string;
}

export interface PriceLine {
  price: Price;
  /** Its place in the list, from 1. */
  line: number;
}

/** What things cost: the list in the code, kept as a version in the database, answered from memory. */
@Injectable()
export class PriceBook implements OnModuleInit {
  private readonly versions = new Map<string, PriceIndex>();
  private current: { versionId: string; index: PriceIndex } | null = null;

  constructor(private readonly repository: PricesRepository) {}

  async onModuleInit(): Promise<void> {
    const prices = toPrices([...EMBEDDED_PRICES, ...listed]);
    const versionId = await this.repository.ensureVersion(hashPrices(prices), prices);
    this.current = { versionId, index: new PriceIndex(prices) };
  }

  /**
   * What a call for pictures costs at most. The hold is an upper bound; open size or quality = the dearest.
   * @throws DomainError `billing.no_price`: unknown is never free.
   */
  quote(request: PricedImageRequest): VersionedImageQuote {
    const { versionId, index } = this.today();
    const quote = quoteImage(index.find(request.provider, request.model), {
      ...request,
      model: toListedModel(request.provider, request.model),
    });
    if (!quote) throw toNoPrice(request);
    return { ...quote, versionId };
  }

  /** What a call costs by what it delivered, under the list it was quoted from. */
  async charge(request: PricedImageCharge): Promise<ImageCharge> {
    const index = await this.versionOf(request.versionId);
    const model = toListedModel(request.provider, request.model);
    return chargeImage(index.find(request.provider, request.model), { ...request, model });
  }

  /**
   * Lines of today's list in their order, one more than the page asks for.
   * @throws DomainError `request.invalid` for a cursor that is none of ours
   */
  list(filter: PriceFilter, page: PageRequest): { versionId: string; lines: PriceLine[] } {
    const { versionId, index } = this.today();
    const after = page.after === null ? 0 : Number(page.after);
    if (!Number.isSafeInteger(after)) {
      throw DomainError.invalid('cursor', 'must be the next_cursor of the page before');
    }
    const lines = index.prices
      .map((price, position) => ({ price, line: position + 1 }))
      .filter(({ price, line }) => line > after && isWanted(price, filter))
      .slice(0, page.limit + 1);
    return { versionId, lines };
  }

  private today(): { versionId: string; index: PriceIndex } {
    assert(this.current, 'the price book was asked before the boot was over');
    return this.current;
  }

  private async versionOf(versionId: string): Promise<PriceIndex> {
    const { versionId: todayId, index } = this.today();
    if (versionId === todayId) return index;
    const known = this.versions.get(versionId);
    if (known) return known;
    const prices = await this.repository.findVersion(versionId);
    assert(prices, `no such price version: ${versionId}`);
    const loaded = new PriceIndex(prices);
    this.versions.set(versionId, loaded);
    const oldest = this.versions.keys().next();
    if (this.versions.size > OLD_VERSIONS_CACHED_MAX && !oldest.done) {
      this.versions.delete(oldest.value);
    }
    return loaded;
  }
}

/** Prices by provider and model. */
class PriceIndex {
  private readonly byModel = new Map<string, Price[]>();

  constructor(readonly prices: readonly Price[]) {
    for (const price of prices) {
      const key = toKey(price.provider, price.model);
      const rows = this.byModel.get(key);
      if (rows) rows.push(price);
      else this.byModel.set(key, [price]);
    }
  }

  find(provider: string, model: string): readonly Price[] {
    const exact = this.byModel.get(toKey(provider, model));
    return exact ?? this.byModel.get(toKey(provider, toListedModel(provider, model))) ?? [];
  }
}

function isWanted(price: Price, { provider, model }: PriceFilter): boolean {
  return (!provider || price.provider === provider) && (!model || price.model === model);
}

function toKey(provider: string, model: string): string {
  return `${provider}\n${model}`;
}

/** `openai/gpt-image-2-2026-04-21` → `gpt-image-2`: a dated snapshot costs what its model costs. */
function toListedModel(provider: string, model: string): string {
  const bare = model.startsWith(`${provider}/`) ? model.slice(provider.length + 1) : model;
  return bare.replace(DATE_SUFFIX, '');
}

function toNoPrice({ provider, model, operation, size, quality }: PricedImageRequest): DomainError {
  return new DomainError(
    'billing.no_price',
    `There is no price for ${operation} with ${model} of ${provider} at size ${size ?? 'auto'} and ` +
      `quality ${quality ?? 'auto'}. Choose another size, quality or model, or ask an operator to set a price.`,
  );
}
