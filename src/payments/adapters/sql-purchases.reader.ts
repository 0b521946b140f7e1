import { Injectable } from '@nestjs/common';
import type { PageRequest } from '../../common/page.js';
import { Sql } from '../../persistence/sql.port.js';
import type { SavedMethod } from '../domain/auto-reload.js';
import type { Purchase } from '../domain/purchase.js';
import { PurchasesReader } from '../domain/purchases.reader.port.js';
import { PURCHASE_COLUMNS, type PurchaseRow, toPurchase } from './purchase-row.js';

const FIND = `SELECT ${PURCHASE_COLUMNS} FROM credit_purchases WHERE id = $1`;

const LIST = `
  SELECT ${PURCHASE_COLUMNS} FROM credit_purchases
   WHERE search_space_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3`;

const FIND_METHOD = `
  SELECT customer_id, method_id FROM credit_purchases
   WHERE wallet_id = $1 AND provider = $2 AND status = 'completed' AND saves_method
     AND method_id IS NOT NULL AND customer_id IS NOT NULL
   ORDER BY completed_at DESC LIMIT 1`;

const CLAIM = `
  UPDATE credit_purchases SET asked_at = now()
   WHERE id IN (
           SELECT id FROM credit_purchases
            WHERE status = 'pending' AND provider = $1
              AND asked_at <= now() - $2 * interval '1 millisecond'
            ORDER BY asked_at LIMIT $3 FOR UPDATE SKIP LOCKED)
  RETURNING ${PURCHASE_COLUMNS}`;

@Injectable()
export class SqlPurchasesReader extends PurchasesReader {
  constructor(private readonly sql: Sql) {
    super();
  }

  async find(id: string): Promise<Purchase | null> {
    const [row] = await this.sql.query<PurchaseRow>('purchases_find', FIND, [id]);
    return row ? toPurchase(row) : null;
  }

  async listOfSpace(searchSpaceId: string, { limit, after }: PageRequest): Promise<Purchase[]> {
    const values = [searchSpaceId, after, limit + 1];
    const rows = await this.sql.query<PurchaseRow>('purchases_list', LIST, values);
    return rows.map(toPurchase);
  }

  async findSavedMethod(walletId: string, provider: string): Promise<SavedMethod | null> {
    const [row] = await this.sql.query<{ customer_id: string; method_id: string }>(
      'purchases_saved_method',
      FIND_METHOD,
      [walletId, provider],
    );
    return row ? { customerId: row.customer_id, methodId: row.method_id } : null;
  }

  async claimUnsettled(provider: string, olderThanMs: number, limit: number): Promise<Purchase[]> {
    const values = [provider, olderThanMs, limit];
    const rows = await this.sql.query<PurchaseRow>('purchases_claim', CLAIM, values);
    return rows.map(toPurchase);
  }
}
