import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { type Terms, TermsIndex, type TermsQuestion } from './domain/price-terms.js';
import type { PricingData } from './domain/pricing-state.reader.port.js';
import { PricingState } from './pricing-state.js';

/** On what terms a call is made: who pays, and how often the list price. Answered from memory. */
@Injectable()
export class PriceTerms {
  private known: { data: PricingData; index: TermsIndex } | null = null;

  constructor(
    private readonly state: PricingState,
    private readonly clock: Clock,
  ) {}

  /** @throws DomainError `billing.subscription_expired` */
  async resolve(question: TermsQuestion): Promise<Terms> {
    const data = await this.state.current();
    if (this.known?.data !== data) {
      this.known = { data, index: new TermsIndex(data.rules, data.subscriptions) };
    }
    return this.known.index.resolve(question, this.clock.now());
  }
}
