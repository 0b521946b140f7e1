import type { Micros } from '../../common/micros.js';

export const COOL_DOWN_MINUTES = 10;
export const THRESHOLD_MICROS_MAX = 1_000_000_000_000;

/** When a wallet runs low, so many units are bought with the saved card. */
export interface AutoReloadRule {
  walletId: string;
  searchSpaceId: string;
  /** Who set it last, and in whose name it buys. */
  userId: string;
  provider: string;
  customerId: string;
  methodId: string;
  /** Below this much available it buys. */
  thresholdMicros: Micros;
  quantity: number;
  isEnabled: boolean;
  lastAttemptAt: Date | null;
  /** When a card was refused, which switched the rule off; null since it was set again. */
  failedAt: Date | null;
  failure: string | null;
}

/** A card that a payer agreed to be charged without them. */
export interface SavedMethod {
  customerId: string;
  methodId: string;
}
