import type { EntityManager } from 'typeorm';
import type { Checkout, PaymentReport } from '../domain/payment-provider.port.js';
import type { Purchase } from '../domain/purchase.js';
import { PurchasesRepository } from '../domain/purchases.repository.port.js';
import { PURCHASE_COLUMNS, type PurchaseRow, toPurchase } from './purchase-row.js';

const INSERT = `
  INSERT INTO credit_purchases (id, search_space_id, wallet_id, user_id, provider, customer_id, method_id, quantity,
                                micros, amount_minor, currency, saves_method, source)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
  ON CONFLICT (id) DO NOTHING RETURNING id`;

const COUNT_OPEN = `
  SELECT count(*)::int AS count FROM credit_purchases
   WHERE search_space_id = $1 AND status = 'pending' AND source = 'checkout'`;

const LOCK = `SELECT ${PURCHASE_COLUMNS} FROM credit_purchases WHERE id = $1 FOR NO KEY UPDATE`;

const SAVE_CHECKOUT = `
  UPDATE credit_purchases SET checkout_id = $2, checkout_url = $3
   WHERE id = $1 AND status = 'pending' RETURNING id`;

const SAVE_REFERENCES = `
  UPDATE credit_purchases
     SET checkout_id = coalesce(checkout_id, $2), payment_id = coalesce($3, payment_id),
         customer_id = coalesce($4, customer_id), method_id = coalesce($5, method_id)
   WHERE id = $1`;

const COMPLETE = `
  UPDATE credit_purchases
     SET status = 'completed', failure = NULL, transaction_id = $2, completed_at = now() WHERE id = $1`;

const END = 'UPDATE credit_purchases SET status = $2, failure = $3 WHERE id = $1';

export class TypeormPurchasesRepository extends PurchasesRepository {
  constructor(private readonly manager: EntityManager) {
    super();
  }

  async add(one: Purchase): Promise<boolean> {
    const rows = await this.manager.query<object[]>(INSERT, [
      one.id,
      one.searchSpaceId,
      one.walletId,
      one.userId,
      one.provider,
      one.customerId,
      one.methodId,
      one.quantity,
      one.micros,
      one.amountMinor,
      one.currency,
      one.savesMethod,
      one.source,
    ]);
    return rows.length === 1;
  }

  async countOpen(searchSpaceId: string): Promise<number> {
    const [row] = await this.manager.query<{ count: number }[]>(COUNT_OPEN, [searchSpaceId]);
    return row?.count ?? 0;
  }

  async lock(id: string): Promise<Purchase | null> {
    const [row] = await this.manager.query<PurchaseRow[]>(LOCK, [id]);
    return row ? toPurchase(row) : null;
  }

  async saveCheckout(id: string, checkout: Checkout): Promise<boolean> {
    const values = [id, checkout.id, checkout.url];
    const [rows] = await this.manager.query<[object[], number]>(SAVE_CHECKOUT, values);
    return rows.length === 1;
  }

  async saveReferences(id: string, report: PaymentReport): Promise<void> {
    const { checkoutId, paymentId, customerId, methodId } = report;
    await this.manager.query(SAVE_REFERENCES, [id, checkoutId, paymentId, customerId, methodId]);
  }

  async complete(id: string, transactionId: string): Promise<void> {
    await this.manager.query(COMPLETE, [id, transactionId]);
  }

  async end(id: string, status: 'failed' | 'expired', failure: string | null): Promise<void> {
    await this.manager.query(END, [id, status, failure]);
  }
}
