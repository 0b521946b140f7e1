import { toMicros } from '../../common/micros.js';
import type { Purchase, PurchaseSource, PurchaseStatus } from '../domain/purchase.js';

export interface PurchaseRow {
  id: string;
  search_space_id: string;
  wallet_id: string;
  user_id: string;
  provider: string;
  checkout_id: string | null;
  checkout_url: string | null;
  payment_id: string | null;
  customer_id: string | null;
  method_id: string | null;
  quantity: number;
  micros: string;
  amount_minor: string;
  currency: string;
  saves_method: boolean;
  source: PurchaseSource;
  status: PurchaseStatus;
  failure: string | null;
  transaction_id: string | null;
  created_at: Date;
  completed_at: Date | null;
}

export const PURCHASE_COLUMNS = `id, search_space_id, wallet_id, user_id, provider, checkout_id, checkout_url,
  payment_id, customer_id, method_id, quantity, micros, amount_minor, currency, saves_method, source, status, failure,
  transaction_id, created_at, completed_at`;

export function toPurchase(row: PurchaseRow): Purchase {
  return {
    id: row.id,
    searchSpaceId: row.search_space_id,
    walletId: row.wallet_id,
    userId: row.user_id,
    provider: row.provider,
    checkoutId: row.checkout_id,
    checkoutUrl: row.checkout_url,
    paymentId: row.payment_id,
    customerId: row.customer_id,
    methodId: row.method_id,
    quantity: row.quantity,
    micros: toMicros(row.micros),
    amountMinor: Number(row.amount_minor),
    currency: row.currency,
    savesMethod: row.saves_method,
    source: row.source,
    status: row.status,
    failure: row.failure,
    transactionId: row.transaction_id,
    createdAt: row.created_at,
    completedAt: row.completed_at,
  };
}
