import { Injectable } from '@nestjs/common';
import { assert } from '../common/assert.js';
import { DomainError } from '../common/domain-error.js';
import { type Micros, ZERO_MICROS } from '../common/micros.js';
import { PLAIN_TERMS, type Terms } from './domain/price-terms.js';
import {
  believeTokens,
  chargeTokens,
  type CountedTokens,
  type ExpectedTokens,
  quoteTokens,
  type TokenOperation,
  type TokenRates,
  toTokenRates,
} from './domain/token-price.js';
import { BASIS_POINTS } from './domain/total-micros.js';
import { PriceEditions } from './price-editions.js';
import type { PricedCall, PriceIndex } from './price-index.js';

/** Callers may name dated models without end; more than this many names begin anew. */
const RATES_CACHED_MAX = 4_096;

export interface PricedTokenCall extends PricedCall {
  operation: TokenOperation;
}

export interface TokenQuoteRequest extends PricedTokenCall, ExpectedTokens {
  /** Absent = as listed, out of the wallet. */
  terms?: Terms;
  /** Of an earlier quote, to price a top-up by the list of its hold; absent = today's list. */
  versionId?: string;
}

export interface TokenQuote {
  /** Stored with the hold: the charge is made by the same list. */
  versionId: string;
  terms: Terms;
  /** The most that the tokens can cost, multiplied: what is held. 0 where no money moves. */
  holdMicros: Micros;
  /** The same by the list. */
  listMicros: Micros;
}

export interface TokenChargeRequest extends PricedTokenCall {
  /** Of the quote. */
  versionId: string;
  /** Of the quote. */
  terms?: Pick<Terms, 'tier' | 'funding' | 'multiplierBp'>;
  /** As the vendor counted, or as we did where it did not. */
  usage: CountedTokens;
  /**
   * What was held, top-ups included; where the output was left open, the model's own maximum of it. A count beyond
   * four times as many tokens and 2,048 more is not believed.
   */
  held: ExpectedTokens;
}

export interface TokenCharge {
  /** By the list, whoever pays. */
  listMicros: Micros;
  /** Multiplied: what is owed. 0 where no money moves. */
  chargeMicros: Micros;
  /** The count was beyond belief, and was cut: `implausible_usage` for the reconciliation list. */
  isCut: boolean;
}

/** What calls cost that are counted in tokens. Answered from memory. */
@Injectable()
export class TokenPrices {
  private readonly known = new WeakMap<PriceIndex, Map<string, TokenRates | null>>();

  constructor(private readonly editions: PriceEditions) {}

  /**
   * What a call costs at most if it takes no more tokens than these, whole numbers of 0 or more.
   * @throws DomainError `billing.no_price`: unknown is never free, but on a credential of the caller's own.
   */
  async quote(request: TokenQuoteRequest): Promise<TokenQuote> {
    const { terms = PLAIN_TERMS } = request;
    const { versionId, index } = await this.editionOf(request.versionId);
    const rates = this.ratesOf(index, request);
    if (!rates) {
      if (terms.tier !== 'byok') throw toNoPrice(request);
      return { versionId, terms, holdMicros: ZERO_MICROS, listMicros: ZERO_MICROS };
    }
    const listMicros = quoteTokens(rates, request);
    const multiply = (multiplierBp: number) => quoteTokens(rates, request, multiplierBp);
    return { versionId, terms, holdMicros: toOwed(listMicros, terms, multiply), listMicros };
  }

  /** What a call costs by the tokens it took, under the list and the terms it was quoted with. */
  async charge(request: TokenChargeRequest): Promise<TokenCharge> {
    const { terms = PLAIN_TERMS, usage, held } = request;
    const rates = this.ratesOf(await this.editions.versionOf(request.versionId), request);
    const { tokens, isCut } = believeTokens(usage, held);
    if (!rates) {
      assert(terms.tier === 'byok', `charged without a price: ${request.model}`);
      return { listMicros: ZERO_MICROS, chargeMicros: ZERO_MICROS, isCut };
    }
    const listMicros = chargeTokens(rates, tokens);
    const multiply = (multiplierBp: number) => chargeTokens(rates, tokens, multiplierBp);
    return { listMicros, chargeMicros: toOwed(listMicros, terms, multiply), isCut };
  }

  private async editionOf(
    versionId: string | undefined,
  ): Promise<{ versionId: string; index: PriceIndex }> {
    if (versionId === undefined) return this.editions.today();
    return { versionId, index: await this.editions.versionOf(versionId) };
  }

  /** Lists are searched once for each name, not once for each call. */
  private ratesOf(index: PriceIndex, call: PricedTokenCall): TokenRates | null {
    const rates = this.known.get(index) ?? new Map<string, TokenRates | null>();
    if (rates.size === 0) this.known.set(index, rates);
    const { provider, model, operation, connection } = call;
    const key = `${provider}\n${model}\n${operation}\n${connection ?? ''}`;
    const known = rates.get(key);
    if (known !== undefined) return known;
    const found = toTokenRates(index.find(call), operation);
    if (rates.size >= RATES_CACHED_MAX) rates.clear();
    rates.set(key, found);
    return found;
  }
}

/** Rounded once: the list price multiplied is worked out from its lines. */
function toOwed(
  listMicros: Micros,
  { funding, multiplierBp }: Pick<Terms, 'funding' | 'multiplierBp'>,
  multiply: (multiplierBp: number) => Micros,
): Micros {
  if (funding === 'none') return ZERO_MICROS;
  return multiplierBp === BASIS_POINTS ? listMicros : multiply(multiplierBp);
}

function toNoPrice({ provider, model, operation }: TokenQuoteRequest): DomainError {
  const units = operation === 'chat' ? 'input and output tokens' : 'input tokens';
  return new DomainError(
    'billing.no_price',
    `There is no price for ${units} of ${model} of ${provider}. Choose another model, or ask an operator to set a price.`,
  );
}
