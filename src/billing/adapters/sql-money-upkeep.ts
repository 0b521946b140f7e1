import { Injectable } from '@nestjs/common';
import { Sql } from '../../persistence/sql.port.js';
import type { LedgerDifference } from '../domain/ledger.js';
import { MoneyUpkeep } from '../domain/money-upkeep.port.js';

const MAKE_PARTITIONS = 'SELECT billing_make_usage_partitions($1::int) AS made';

/** One statement, so one moment: money that moves meanwhile is either all in or all out. */
const DIFFERENCES = `
  WITH sums AS (
    SELECT account_id, bucket, sum(amount_micros) AS amount FROM ledger_entries GROUP BY 1, 2
  ), open_holds AS (
    SELECT account_id, sum(amount_micros) AS amount FROM holds WHERE state = 'held' GROUP BY 1
  ), balances AS (
    SELECT a.id AS account_id, b.bucket, b.amount FROM accounts a
     CROSS JOIN LATERAL (VALUES ('available', a.available_micros), ('held', a.held_micros),
       ('spent', a.spent_micros), ('issued', a.issued_micros), ('breakage', a.breakage_micros))
       AS b (bucket, amount)
  ), pairs AS (
    SELECT account_id, bucket, coalesce(b.amount, 0) AS balance, coalesce(s.amount, 0) AS entries
      FROM balances b FULL JOIN sums s USING (account_id, bucket)
     UNION ALL
    SELECT a.id, 'open_holds', a.held_micros, coalesce(h.amount, 0)
      FROM accounts a LEFT JOIN open_holds h ON h.account_id = a.id
  )
  SELECT account_id, bucket, balance::text, entries::text FROM pairs
   WHERE balance <> entries ORDER BY account_id, bucket LIMIT $1`;

interface DifferenceRow {
  account_id: string;
  bucket: LedgerDifference['bucket'];
  balance: string;
  entries: string;
}

@Injectable()
export class SqlMoneyUpkeep extends MoneyUpkeep {
  constructor(private readonly sql: Sql) {
    super();
  }

  async makeUsagePartitions(monthsAhead: number): Promise<number> {
    const [row] = await this.sql.query<{ made: number }>('usage_partitions', MAKE_PARTITIONS, [
      monthsAhead,
    ]);
    return row?.made ?? 0;
  }

  async listDifferences(limit: number): Promise<LedgerDifference[]> {
    const rows = await this.sql.query<DifferenceRow>('ledger_differences', DIFFERENCES, [limit]);
    return rows.map((row) => ({
      accountId: row.account_id,
      bucket: row.bucket,
      balanceMicros: row.balance,
      entriesMicros: row.entries,
    }));
  }
}
