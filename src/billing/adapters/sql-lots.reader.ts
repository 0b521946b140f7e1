import { Injectable } from '@nestjs/common';
import { toMicros } from '../../common/micros.js';
import { Sql } from '../../persistence/sql.port.js';
import type { Lot, LotKind, LotState } from '../domain/lot.js';
import { LotsReader } from '../domain/lots.reader.port.js';

/** What was spent and is not assigned yet is told as the next turn will assign it: nothing is written by reading. */
const LIST = `
  WITH wallet AS (
    SELECT id, spent_micros - allocated_micros AS pending FROM accounts WHERE id = $1
  ), open AS (
    SELECT o.id, least(o.remaining_micros, greatest(0, w.pending - o.before_micros)) AS used
      FROM wallet w CROSS JOIN LATERAL (
        SELECT g.id, g.remaining_micros, sum(g.remaining_micros) OVER (
                 ORDER BY g.runs_off, g.priority, g.expires_at NULLS LAST, g.id)
                 - g.remaining_micros AS before_micros
          FROM grants g
         WHERE g.account_id = w.id AND g.remaining_micros > 0 AND g.activated_at IS NOT NULL) o
  )
  SELECT g.id, g.kind, g.priority, g.amount_micros, g.lapsed_micros, g.effective_at, g.expires_at,
         g.transaction_id, g.source_id, g.reason, g.actor, g.created_at,
         (g.remaining_micros - coalesce(o.used, 0))::bigint AS remaining_micros,
         CASE WHEN g.remaining_micros - coalesce(o.used, 0) = 0
                THEN CASE WHEN g.lapsed_micros > 0 THEN 'lapsed' ELSE 'used' END
              WHEN g.activated_at IS NULL THEN 'scheduled'
              WHEN g.expires_at <= now() THEN 'running_off'
              ELSE 'active' END AS state
    FROM grants g LEFT JOIN open o ON o.id = g.id
   WHERE g.account_id = $1 AND g.id < coalesce($2::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
   ORDER BY g.id DESC LIMIT $3`;

interface LotRow {
  id: string;
  kind: LotKind;
  priority: number;
  amount_micros: string;
  remaining_micros: string;
  lapsed_micros: string;
  state: LotState;
  effective_at: Date;
  expires_at: Date | null;
  transaction_id: string | null;
  source_id: string | null;
  reason: string | null;
  actor: string | null;
  created_at: Date;
}

@Injectable()
export class SqlLotsReader extends LotsReader {
  constructor(private readonly sql: Sql) {
    super();
  }

  async list(walletId: string, before: string | null, limit: number): Promise<Lot[]> {
    const rows = await this.sql.query<LotRow>('wallet_lots', LIST, [walletId, before, limit]);
    return rows.map(toLot);
  }
}

function toLot(row: LotRow): Lot {
  return {
    id: row.id,
    kind: row.kind,
    priority: row.priority,
    amountMicros: toMicros(row.amount_micros),
    remainingMicros: toMicros(row.remaining_micros),
    lapsedMicros: toMicros(row.lapsed_micros),
    state: row.state,
    effectiveAt: row.effective_at,
    expiresAt: row.expires_at,
    transactionId: row.transaction_id,
    sourceId: row.source_id,
    reason: row.reason,
    actor: row.actor,
    createdAt: row.created_at,
  };
}
