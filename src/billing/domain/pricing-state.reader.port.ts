import type { PriceOverride } from './merge-prices.js';
import type { PriceRule } from './price-rule.js';
import type { Subscription } from './subscription.js';

/** All that operators set about prices, as it stood at one moment. */
export interface PricingData {
  /** Grows with every change. */
  revision: number;
  overrides: readonly PriceOverride[];
  rules: readonly PriceRule[];
  /** Those that are not ended. */
  subscriptions: readonly Subscription[];
}

export abstract class PricingStateReader {
  /** Null = nothing changed since this revision. */
  abstract read(knownRevision: number | null): Promise<PricingData | null>;
}
