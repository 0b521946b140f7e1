/** What is wrong with books at any moment, as questions to the database: a row is a fault, told as it is. */

/** Each finds what no snapshot may show, whoever writes meanwhile. */
export const MONEY_FAULTS: Readonly<Record<string, string>> = {
  'all balances together are not zero': `
    SELECT sum(available_micros + held_micros + spent_micros + issued_micros + breakage_micros) AS sum
      FROM accounts
    HAVING sum(available_micros + held_micros + spent_micros + issued_micros + breakage_micros) <> 0`,
  'all entries together are not zero': `
    SELECT sum(amount_micros) AS sum FROM ledger_entries HAVING sum(amount_micros) <> 0`,
  'a wallet is overdrawn': `
    SELECT id, available_micros, held_micros FROM accounts
     WHERE kind = 'wallet' AND (available_micros < -overdraft_micros OR held_micros < 0)`,
  'what is held is not the open holds': `
    SELECT a.id, a.held_micros, h.sum FROM accounts a
      LEFT JOIN (SELECT account_id, sum(amount_micros) AS sum FROM holds WHERE state = 'held' GROUP BY 1) h
        ON h.account_id = a.id
     WHERE a.held_micros <> coalesce(h.sum, 0)`,
  'a balance is not the sum of its entries': `
    SELECT a.id, b.bucket, b.balance, e.sum FROM accounts a
     CROSS JOIN LATERAL (VALUES ('available', a.available_micros), ('held', a.held_micros),
       ('spent', a.spent_micros), ('issued', a.issued_micros), ('breakage', a.breakage_micros)
     ) AS b (bucket, balance)
      LEFT JOIN (SELECT account_id, bucket, sum(amount_micros) AS sum FROM ledger_entries GROUP BY 1, 2) e
        ON e.account_id = a.id AND e.bucket = b.bucket
     WHERE b.balance <> coalesce(e.sum, 0)`,
  'the lots are not the money': `
    SELECT a.id, a.available_micros, a.held_micros, a.spent_micros - a.allocated_micros AS pending, g.sum
      FROM accounts a
      LEFT JOIN (SELECT account_id, sum(remaining_micros) AS sum FROM grants
                  WHERE activated_at IS NOT NULL GROUP BY 1) g ON g.account_id = a.id
     WHERE a.kind = 'wallet' AND a.available_micros + a.held_micros + a.spent_micros - a.allocated_micros
       <> coalesce(g.sum, 0)`,
  'a budget does not count what its holds say': `
    SELECT b.id, b.scope, b.period_start, b.held_micros, b.spent_micros, u.held, u.spent
      FROM (SELECT id, scope, period_start, held_micros, spent_micros FROM budgets
            UNION ALL
            SELECT p.budget_id, b.scope, p.period_start, p.held_micros, p.spent_micros
              FROM budget_periods p JOIN budgets b ON b.id = p.budget_id) b
      LEFT JOIN (SELECT u.id, u.period_start,
                        coalesce(sum(h.counted_micros) FILTER (WHERE h.state = 'held'), 0) AS held,
                        sum(h.posted_micros) AS spent
                   FROM holds h CROSS JOIN LATERAL unnest(h.budget_ids, h.budget_periods) AS u (id, period_start)
                  GROUP BY 1, 2) u ON u.id = b.id AND u.period_start = b.period_start
     WHERE b.held_micros <> coalesce(u.held, 0)
        OR (b.scope <> 'subscription' AND b.spent_micros <> coalesce(u.spent, 0))`,
  'an event of a budget was told twice': `
    SELECT kind, payload ->> 'budget_id' AS id, payload ->> 'percent' AS percent, count(*) FROM outbox_events
     WHERE kind LIKE 'budget.%' GROUP BY kind, 2, 3, payload ->> 'period_start' HAVING count(*) > 1`,
  'sums of days and what waits for them are not the usage rows': `
    WITH rows AS (
      SELECT count(*) AS calls, coalesce(sum(u.images_delivered), 0) AS images,
             coalesce(sum(u.charged_micros), 0) AS charged
        FROM usage_records u
       WHERE NOT EXISTS (SELECT FROM usage_batches b WHERE u.id = ANY (b.attempt_ids))
    ), sums AS (
      SELECT 'by day' AS table, coalesce(sum(calls), 0) AS calls, coalesce(sum(images_delivered), 0) AS images,
             coalesce(sum(charged_micros), 0) AS charged FROM usage_daily
      UNION ALL
      SELECT 'by model', coalesce(sum(calls), 0), coalesce(sum(images_delivered), 0),
             coalesce(sum(charged_micros), 0) FROM usage_daily_models
    )
    SELECT s.*, r.* FROM sums s CROSS JOIN rows r
     WHERE (s.calls, s.images, s.charged) IS DISTINCT FROM (r.calls, r.images, r.charged)`,
};
