import { Injectable } from '@nestjs/common';
import { DomainError } from '../common/domain-error.js';
import { ZERO_MICROS } from '../common/micros.js';
import type { PageRequest } from '../common/page.js';
import { chargeImage, type ImageCharge, type ImageChargeRequest } from './domain/charge-image.js';
import { PLAIN_TERMS, type Terms } from './domain/price-terms.js';
import type { Price } from './domain/price.js';
import { type ImageQuote, type ImageQuoteRequest, quoteImage } from './domain/quote-image.js';
import { PriceEditions } from './price-editions.js';
import { type PricedCall, toListedModel } from './price-index.js';

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

/** What pictures cost. Answered from memory. */
@Injectable()
export class PriceBook {
  constructor(private readonly editions: PriceEditions) {}

  /**
   * What a call for pictures costs at most. The hold is an upper bound; open size or quality = the dearest.
   * @throws DomainError `billing.no_price`: unknown is never free, but on a credential of the caller's own.
   */
  async quote(request: PricedImageRequest): Promise<VersionedImageQuote> {
    const { versionId, index } = await this.editions.today();
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
    const index = await this.editions.versionOf(request.versionId);
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
    const { versionId, index } = await this.editions.today();
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
