import { Injectable } from '@nestjs/common';
import { toMicros, ZERO_MICROS } from '../../common/micros.js';
import { Sql } from '../../persistence/sql.port.js';
import type { LedgerKind } from '../domain/ledger.js';
import {
  type StatementLine,
  type StatementPeriod,
  type StatementSums,
  toNextDay,
} from '../domain/statement.js';
import { StatementsReader, type StatementWallet } from '../domain/statements.reader.port.js';

const HAS = `bucket IN ('available', 'held')`;

/**
 * One statement, so one moment. Months, then days, then the entries of days that are not summed; a day in which
 * something arrived after its sum is put right by the difference.
 */
const SUM = `
  WITH closing AS MATERIALIZED (SELECT summed_day FROM ledger_closing), late AS (
    SELECT l.day FROM ledger_late_days l, closing c
     WHERE l.account_id = $1 AND l.day < least(c.summed_day, $3::date)
  ), parts AS (
    SELECT NULL AS kind, m.amount_micros AS amount FROM ledger_months m, closing c
     WHERE m.account_id = $1 AND m.${HAS}
       AND m.month < date_trunc('month', least($2::date, c.summed_day))::date
     UNION ALL
    SELECT CASE WHEN d.day >= $2::date THEN d.kind END, d.amount_micros FROM ledger_days d, closing c
     WHERE d.account_id = $1 AND d.${HAS} AND d.day < least(c.summed_day, $3::date)
       AND d.day >= date_trunc('month', least($2::date, c.summed_day))::date
     UNION ALL
    SELECT CASE WHEN e.transaction_id >= ledger_day_floor($2::date) THEN t.kind END, e.amount_micros
      FROM ledger_entries e JOIN ledger_transactions t ON t.id = e.transaction_id
     WHERE e.account_id = $1 AND e.${HAS} AND e.transaction_id < ledger_day_floor($3::date)
       AND e.transaction_id >= (SELECT ledger_day_floor(c.summed_day) FROM closing c)
     UNION ALL
    SELECT CASE WHEN l.day >= $2::date THEN t.kind END, e.amount_micros
      FROM late l JOIN ledger_entries e ON e.account_id = $1 AND e.${HAS}
       AND e.transaction_id >= ledger_day_floor(l.day) AND e.transaction_id < ledger_day_floor(l.day + 1)
      JOIN ledger_transactions t ON t.id = e.transaction_id
     UNION ALL
    SELECT CASE WHEN d.day >= $2::date THEN d.kind END, -d.amount_micros
      FROM late l JOIN ledger_days d ON d.account_id = $1 AND d.day = l.day AND d.${HAS}
  )
  SELECT kind, sum(amount)::text AS amount FROM parts GROUP BY kind ORDER BY kind`;

/**
 * Walks the account's entries along their primary key. A call's usage lies right after its generation in the order of
 * ids, so looking it up reads a few rows.
 */
const LIST = `
  SELECT t.id, t.kind, l.amount::text AS amount, t.created_at, t.reference, t.actor, t.corrects_id,
         g.generation_id, u.model, u.operation
    FROM (SELECT e.transaction_id, sum(e.amount_micros) AS amount FROM ledger_entries e
           WHERE e.account_id = $1 AND e.${HAS}
             AND e.transaction_id >= ledger_day_floor($3::date)
             AND e.transaction_id < ledger_day_floor($4::date)
             AND e.transaction_id > coalesce($5::uuid, '00000000-0000-0000-0000-000000000000')
           GROUP BY e.transaction_id HAVING sum(e.amount_micros) <> 0
           ORDER BY e.transaction_id LIMIT $6) l
    JOIN ledger_transactions t ON t.id = l.transaction_id
    LEFT JOIN holds h ON h.id = t.hold_id
    CROSS JOIN LATERAL (SELECT CASE WHEN h.reference
       ~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'
       THEN h.reference::uuid END AS generation_id) g
    LEFT JOIN LATERAL (
      SELECT r.model, r.operation FROM usage_records r
       WHERE g.generation_id IS NOT NULL AND r.search_space_id = $2 AND r.id < t.id
         AND r.id >= (left(g.generation_id::text, 13) || '-0000-0000-000000000000')::uuid
         AND r.generation_id = g.generation_id
       ORDER BY r.id LIMIT 1) u ON true
   ORDER BY t.id`;

interface SumRow {
  kind: LedgerKind | null;
  amount: string;
}

interface LineRow {
  id: string;
  kind: LedgerKind;
  amount: string;
  created_at: Date;
  reference: string | null;
  actor: string | null;
  corrects_id: string | null;
  generation_id: string | null;
  model: string | null;
  operation: string | null;
}

/** They move money within the wallet. */
const INNER_KINDS: ReadonlySet<string> = new Set<LedgerKind>(['hold', 'void', 'expire']);

@Injectable()
export class SqlStatementsReader extends StatementsReader {
  constructor(private readonly sql: Sql) {
    super();
  }

  async sum(walletId: string, { from, to }: StatementPeriod): Promise<StatementSums> {
    const values = [walletId, from, toNextDay(to)];
    const rows = await this.sql.query<SumRow>('statement_sums', SUM, values);
    const opening = rows.find(({ kind }) => kind === null);
    const totals = rows.flatMap(({ kind, amount }) =>
      kind === null ? [] : [{ kind, amountMicros: toMicros(amount) }],
    );
    const closing = rows.reduce((sum, { amount }) => sum + BigInt(amount), 0n);
    return {
      openingMicros: opening ? toMicros(opening.amount) : ZERO_MICROS,
      closingMicros: toMicros(closing),
      totals: totals.filter(({ kind }) => !INNER_KINDS.has(kind)),
    };
  }

  async listLines(
    { id, searchSpaceId }: StatementWallet,
    { from, to }: StatementPeriod,
    after: string | null,
    limit: number,
  ): Promise<StatementLine[]> {
    const values = [id, searchSpaceId, from, toNextDay(to), after, limit];
    const rows = await this.sql.query<LineRow>('statement_lines', LIST, values);
    return rows.map(toLine);
  }
}

function toLine(row: LineRow): StatementLine {
  return {
    id: row.id,
    kind: row.kind,
    amountMicros: toMicros(row.amount),
    createdAt: row.created_at,
    reference: row.reference,
    actor: row.actor,
    correctsId: row.corrects_id,
    generationId: row.generation_id,
    model: row.model,
    operation: row.operation,
  };
}
