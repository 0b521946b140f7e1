import { Injectable, type OnModuleInit } from '@nestjs/common';
import { assert } from '../common/assert.js';
import { Clock } from '../common/clock.js';
import { DomainError } from '../common/domain-error.js';
import { ZERO_MICROS } from '../common/micros.js';
import type { PageRequest } from '../common/page.js';
import { chargeImage, type ImageCharge, type ImageChargeRequest } from './domain/charge-image.js';
import { EMBEDDED_PRICES } from './domain/embedded-prices.js';
import { findNextChange, mergePrices } from './domain/merge-prices.js';
import { hashPrices, toPrices } from './domain/price-list.js';
import { PLAIN_TERMS, type Terms } from './domain/price-terms.js';
import type { Price } from './domain/price.js';
import { PricesRepository } from './domain/prices.repository.port.js';
import type { PricingData } from './domain/pricing-state.reader.port.js';
import { type ImageQuote, type ImageQuoteRequest, quoteImage } from './domain/quote-image.js';
import { type PricedCall, PriceIndex, toListedModel } from './price-index.js';
import { PricingState } from './pricing-state.js';
import listed from './data/prices.json' with { type: 'json' };

/** A hold may be concluded by a process that was started with a newer list. */
const OLD_VERSIONS_CACHED_MAX = 16;
const NOTHING_KNOWN = { listMicros: ZERO_MICROS, unitMicros: ZERO_MICROS, basis: 'flat' } as const;

export interface PricedImageRequest extends PricedCall, Omit<ImageQuoteRequest, 'multiplierBp'> {
  /** Absent = as listed, out of the wallet. */
  terms?: Terms;
}

export interface VersionedImageQuote extends ImageQuote {
  /** Stored with the hold: the charge is made by the same list. */
  versionId: string;
  terms: Terms;
}

export interface PricedImageCharge extends PricedCall, Omit<ImageChargeRequest, 'multiplierBp'> {
  /** Of the quote. */
  versionId: string;
  /** Of the quote. */
  terms?: Pick<Terms, 'funding' | 'multiplierBp'>;
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

/** The whole list as it stands, good until the next announced change. */
interface Edition {
  data: PricingData;
  until: Date | null;
  content: Promise<{ versionId: string; index: PriceIndex }>;
}

/**
 * What things cost: the list in the code with what operators set on top, kept as a version in the database, answered
 * from memory.
 */
@Injectable()
export class PriceBook implements OnModuleInit {
  private readonly builtIn = toPrices([...EMBEDDED_PRICES, ...listed]);
  private readonly versions = new Map<string, PriceIndex>();
  private edition: Edition | null = null;

  constructor(
    private readonly repository: PricesRepository,
    private readonly state: PricingState,
    private readonly clock: Clock,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.today();
  }

  /**
   * What a call for pictures costs at most. The hold is an upper bound; open size or quality = the dearest.
   * @throws DomainError `billing.no_price`: unknown is never free, but on a credential of the caller's own.
   */
  async quote(request: PricedImageRequest): Promise<VersionedImageQuote> {
    const { versionId, index } = await this.today();
    const { terms = PLAIN_TERMS } = request;
    const quote = quoteImage(index.find(request), {
      ...request,
      model: toListedModel(request.provider, request.model),
      multiplierBp: terms.multiplierBp,
    });
    if (!quote && terms.tier !== 'byok') throw toNoPrice(request);
    const { holdMicros, ...known } = quote ?? { ...NOTHING_KNOWN, holdMicros: ZERO_MICROS };
    return {
      ...known,
      holdMicros: terms.funding === 'none' ? ZERO_MICROS : holdMicros,
      versionId,
      terms,
    };
  }

  /** What a call costs by what it delivered, under the list and the terms it was quoted with. */
  async charge(request: PricedImageCharge): Promise<ImageCharge> {
    const index = await this.versionOf(request.versionId);
    const { funding, multiplierBp } = request.terms ?? PLAIN_TERMS;
    const model = toListedModel(request.provider, request.model);
    const charge = chargeImage(index.find(request), { ...request, model, multiplierBp });
    return funding === 'none' ? { ...charge, chargeMicros: ZERO_MICROS } : charge;
  }

  /**
   * Lines of today's list in their order, one more than the page asks for.
   * @throws DomainError `request.invalid` for a cursor that is none of ours
   */
  async list(
    filter: PriceFilter,
    page: PageRequest,
  ): Promise<{ versionId: string; lines: PriceLine[] }> {
    const { versionId, index } = await this.today();
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

  /** Processes agree on the version: it is found by its content. */
  private async today(): Promise<{ versionId: string; index: PriceIndex }> {
    const data = await this.state.current();
    const now = this.clock.now();
    const known = this.edition;
    if (known?.data === data && (known.until === null || now < known.until)) return known.content;
    const edition: Edition = {
      data,
      until: findNextChange(data.overrides, now),
      content: this.publish(mergePrices(this.builtIn, data.overrides, now)),
    };
    this.edition = edition;
    edition.content.catch(() => {
      if (this.edition === edition) this.edition = null;
    });
    return edition.content;
  }

  private async publish(prices: readonly Price[]): Promise<{
    versionId: string;
    index: PriceIndex;
  }> {
    const versionId = await this.repository.ensureVersion(hashPrices(prices), prices);
    const index = new PriceIndex(prices);
    this.keep(versionId, index);
    return { versionId, index };
  }

  private async versionOf(versionId: string): Promise<PriceIndex> {
    const known = this.versions.get(versionId);
    if (known) return known;
    const prices = await this.repository.findVersion(versionId);
    assert(prices, `no such price version: ${versionId}`);
    const loaded = new PriceIndex(prices);
    this.keep(versionId, loaded);
    return loaded;
  }

  private keep(versionId: string, index: PriceIndex): void {
    this.versions.delete(versionId);
    this.versions.set(versionId, index);
    const oldest = this.versions.keys().next();
    if (this.versions.size > OLD_VERSIONS_CACHED_MAX && !oldest.done) {
      this.versions.delete(oldest.value);
    }
  }
}

function isWanted(price: Price, { provider, model }: PriceFilter): boolean {
  return (!provider || price.provider === provider) && (!model || price.model === model);
}

function toNoPrice({ provider, model, operation, size, quality }: PricedImageRequest): DomainError {
  return new DomainError(
    'billing.no_price',
    `There is no price for ${operation} with ${model} of ${provider} at size ${size ?? 'auto'} and ` +
      `quality ${quality ?? 'auto'}. Choose another size, quality or model, or ask an operator to set a price.`,
  );
}
