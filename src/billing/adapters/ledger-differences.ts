import type { LedgerDifference } from '../domain/ledger.js';

/**
 * One statement, so one moment: money that moves meanwhile is either all in or all out. Sums of months, then of days,
 * then the entries of days that are not summed, an account at a time along the primary key.
 */
export const LEDGER_DIFFERENCES = `
  WITH closing AS MATERIALIZED (
    SELECT summed_day, date_trunc('month', summed_day)::date AS month,
           ledger_day_floor(summed_day) AS floor FROM ledger_closing
  ), late AS MATERIALIZED (
    SELECT l.account_id, l.day FROM ledger_late_days l, closing c WHERE l.day < c.summed_day
  ), parts AS (
    SELECT m.account_id, m.bucket, m.amount_micros AS amount FROM ledger_months m, closing c
     WHERE m.month < c.month
     UNION ALL
    SELECT d.account_id, d.bucket, d.amount_micros FROM ledger_days d, closing c
     WHERE d.day >= c.month AND d.day < c.summed_day
     UNION ALL
    SELECT a.id, e.bucket, e.amount FROM closing c, accounts a CROSS JOIN LATERAL (
      SELECT x.bucket, sum(x.amount_micros) AS amount FROM ledger_entries x
       WHERE x.account_id = a.id AND x.transaction_id >= c.floor GROUP BY x.bucket) e
     UNION ALL
    SELECT l.account_id, e.bucket, e.amount_micros FROM late l JOIN ledger_entries e
        ON e.account_id = l.account_id AND e.transaction_id >= ledger_day_floor(l.day)
       AND e.transaction_id < ledger_day_floor(l.day + 1)
     UNION ALL
    SELECT l.account_id, d.bucket, -d.amount_micros FROM late l
      JOIN ledger_days d ON d.account_id = l.account_id AND d.day = l.day
  ), sums AS (
    SELECT account_id, bucket, sum(amount) AS amount FROM parts GROUP BY 1, 2
  ), open_holds AS (
    SELECT account_id, sum(amount_micros) AS amount FROM holds WHERE state = 'held' GROUP BY 1
  ), lots AS (
    SELECT account_id, sum(remaining_micros) AS amount FROM grants
     WHERE remaining_micros > 0 AND activated_at IS NOT NULL GROUP BY 1
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
     UNION ALL
    SELECT a.id, 'lots', a.available_micros + a.held_micros + a.spent_micros - a.allocated_micros,
           coalesce(l.amount, 0)
      FROM accounts a LEFT JOIN lots l ON l.account_id = a.id WHERE a.kind = 'wallet'
     UNION ALL
    SELECT '00000000-0000-7000-8000-000000000000', 'all_accounts',
           sum(available_micros + held_micros + spent_micros + issued_micros + breakage_micros), 0
      FROM accounts
  )
  SELECT account_id, bucket, balance::text, entries::text FROM pairs
   WHERE balance <> entries ORDER BY account_id, bucket LIMIT $1`;

/** A closed month, added up from its entries once more. What arrived in it late is not summed yet, and is passed over. */
export const LEDGER_MONTH_DIFFERENCES = `
  WITH sums AS (
    SELECT a.id AS account_id, e.bucket, e.amount FROM accounts a CROSS JOIN LATERAL (
      SELECT x.bucket, sum(x.amount_micros) AS amount FROM ledger_entries x
       WHERE x.account_id = a.id AND x.transaction_id >= ledger_day_floor($1::date)
         AND x.transaction_id < ledger_day_floor(($1::date + interval '1 month')::date)
       GROUP BY x.bucket) e
  ), pairs AS (
    SELECT account_id, bucket, coalesce(m.amount_micros, 0) AS balance, coalesce(s.amount, 0) AS entries
      FROM (SELECT * FROM ledger_months WHERE month = $1::date) m FULL JOIN sums s USING (account_id, bucket)
  )
  SELECT account_id, 'closed_month' AS bucket, balance::text, entries::text FROM pairs p
   WHERE balance <> entries AND NOT EXISTS (SELECT FROM ledger_late_days l
     WHERE l.account_id = p.account_id AND date_trunc('month', l.day)::date = $1::date)
   ORDER BY account_id LIMIT $2`;

export interface DifferenceRow {
  account_id: string;
  bucket: LedgerDifference['bucket'];
  balance: string;
  entries: string;
}

export function toDifference(row: DifferenceRow): LedgerDifference {
  return {
    accountId: row.account_id,
    bucket: row.bucket,
    balanceMicros: row.balance,
    entriesMicros: row.entries,
  };
}
