import { type Micros, toMicros } from '../../common/micros.js';

/** One unit of credit. */
export const UNIT_MICROS = 1_000_000;
export const QUANTITY_MAX = 10_000;
/** Payment pages of a space that wait for somebody at the same time; each is asked about until it ends. */
export const OPEN_CHECKOUTS_MAX = 50;

export type PurchaseSource = 'checkout' | 'auto_reload';
/** `failed` and `expired` are not the end: money that arrives nevertheless completes the purchase. */
export type PurchaseStatus = 'pending' | 'completed' | 'failed' | 'expired';

/** Credit that somebody buys for a wallet. */
export interface Purchase {
  id: string;
  searchSpaceId: string;
  walletId: string;
  /** Who buys; of an auto-reload, who switched it on. */
  userId: string;
  provider: string;
  /** The provider's name for its payment page; null until that is made, and for an auto-reload. */
  checkoutId: string | null;
  checkoutUrl: string | null;
  /** The provider's name for the payment. */
  paymentId: string | null;
  /** The provider's names for the payer and the saved card. */
  customerId: string | null;
  methodId: string | null;
  quantity: number;
  micros: Micros;
  /** In the smallest unit of the currency. */
  amountMinor: number;
  currency: string;
  /** Whether the card is kept for auto-reload. */
  savesMethod: boolean;
  source: PurchaseSource;
  status: PurchaseStatus;
  /** Why it failed; null otherwise. */
  failure: string | null;
  /** The grant in the ledger; null until there is one. */
  transactionId: string | null;
  createdAt: Date;
  completedAt: Date | null;
}

/** Reasons of our own for `failure`. */
export const FAILURES = {
  /** What was paid is not what was asked: a person must look at it. */
  mismatch: 'amount_mismatch',
  /** The wallet is closed, and the payment is to be given back by a person. */
  walletClosed: 'wallet_closed',
  /** The provider knows of no charge. */
  notCharged: 'not_charged',
} as const;

export function toPurchaseMicros(quantity: number): Micros {
  return toMicros(BigInt(quantity) * BigInt(UNIT_MICROS));
}
