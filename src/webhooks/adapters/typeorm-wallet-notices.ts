import type { EntityManager } from 'typeorm';
import { type LowWallet, WalletNotices } from '../domain/wallet-notices.port.js';
import { WALLET_LOW } from '../domain/webhook-events.js';

/** Filled again: the next time it runs low is told of anew. */
const FORGET = `
  DELETE FROM webhook_wallet_notices n USING accounts a
   WHERE a.kind = 'wallet' AND a.search_space_id = n.search_space_id AND a.available_micros >= $1`;

/** From half a dollar to nothing is told of as well; from nothing back to a little is not. */
const NOTE = `
  WITH asked AS (
    SELECT DISTINCT search_space_id FROM webhook_endpoints
     WHERE is_enabled AND events && ARRAY['*', '${WALLET_LOW}']),
  low AS (
    SELECT a.search_space_id, a.id, a.available_micros,
           CASE WHEN a.available_micros <= 0 THEN 'blocked' ELSE 'warning' END AS status
      FROM asked JOIN accounts a ON a.kind = 'wallet' AND a.search_space_id = asked.search_space_id
     WHERE a.available_micros < $1),
  noted AS (
    INSERT INTO webhook_wallet_notices AS n (search_space_id, status)
    SELECT low.search_space_id, low.status FROM low
     WHERE NOT EXISTS (SELECT FROM webhook_wallet_notices o WHERE o.search_space_id = low.search_space_id
                          AND (o.status = low.status OR o.status = 'blocked'))
     ORDER BY low.search_space_id LIMIT $2
    ON CONFLICT (search_space_id) DO UPDATE SET status = excluded.status
      WHERE n.status = 'warning' AND excluded.status = 'blocked'
    RETURNING n.search_space_id)
  SELECT low.search_space_id, low.id, low.status, low.available_micros
    FROM noted JOIN low ON low.search_space_id = noted.search_space_id`;

interface LowRow {
  search_space_id: string;
  id: string;
  status: 'warning' | 'blocked';
  available_micros: string;
}

export class TypeormWalletNotices extends WalletNotices {
  constructor(private readonly manager: EntityManager) {
    super();
  }

  async note(warningBelowMicros: number, limit: number): Promise<LowWallet[]> {
    await this.manager.query(FORGET, [warningBelowMicros]);
    const rows = await this.manager.query<LowRow[]>(NOTE, [warningBelowMicros, limit]);
    return rows.map((row) => ({
      searchSpaceId: row.search_space_id,
      walletId: row.id,
      status: row.status,
      availableMicros: Number(row.available_micros),
    }));
  }
}
