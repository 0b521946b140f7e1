import { Injectable } from '@nestjs/common';
import { toMicros } from '../../common/micros.js';
import { Sql } from '../../persistence/sql.port.js';
import type { ReconciliationItem, ReconciliationState } from '../domain/reconciliation.js';
import { ReconciliationReader } from '../domain/reconciliation.reader.port.js';

const SELECT = `
  SELECT r.id, r.hold_id, r.attempt_id, r.reason, r.amount_micros, r.created_at, r.resolved_at,
         r.resolved_by, r.note, a.search_space_id, CASE WHEN h.reference
       ~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'
       THEN h.reference END AS generation_id
    FROM reconciliation_items r
    LEFT JOIN holds h ON h.id = r.hold_id LEFT JOIN accounts a ON a.id = h.account_id`;

const PAGE = `AND r.id < coalesce($1::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
   ORDER BY r.id DESC LIMIT $2`;

const LISTS: Readonly<Record<ReconciliationState, string>> = {
  open: `${SELECT} WHERE r.resolved_at IS NULL ${PAGE}`,
  resolved: `${SELECT} WHERE r.resolved_at IS NOT NULL ${PAGE}`,
};

const FIND = `${SELECT} WHERE r.id = $1`;

interface ItemRow {
  id: string;
  hold_id: string | null;
  attempt_id: string | null;
  reason: string;
  amount_micros: string;
  created_at: Date;
  resolved_at: Date | null;
  resolved_by: string | null;
  note: string | null;
  search_space_id: string | null;
  generation_id: string | null;
}

@Injectable()
export class SqlReconciliationReader extends ReconciliationReader {
  constructor(private readonly sql: Sql) {
    super();
  }

  async list(
    state: ReconciliationState,
    before: string | null,
    limit: number,
  ): Promise<ReconciliationItem[]> {
    const name = `reconciliation_${state}`;
    const rows = await this.sql.query<ItemRow>(name, LISTS[state], [before, limit]);
    return rows.map(toItem);
  }

  async find(itemId: string): Promise<ReconciliationItem | null> {
    const [row] = await this.sql.query<ItemRow>('reconciliation_find', FIND, [itemId]);
    return row ? toItem(row) : null;
  }
}

function toItem(row: ItemRow): ReconciliationItem {
  return {
    id: row.id,
    searchSpaceId: row.search_space_id,
    holdId: row.hold_id,
    attemptId: row.attempt_id,
    generationId: row.generation_id,
    reason: row.reason,
    amountMicros: toMicros(row.amount_micros),
    createdAt: row.created_at,
    resolvedAt: row.resolved_at,
    resolvedBy: row.resolved_by,
    note: row.note,
  };
}
