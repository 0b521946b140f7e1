/** Largest amount that is the same number in the database and in JavaScript: 2^53 − 1. */
const MICROS_MAX = '9007199254740991';

/**
 * A grant is a lot: money of one kind, used in the order (priority, expires_at, id). Calls never touch lots: what a
 * wallet spent is assigned to them later, under its lock, so that for every wallet at every moment
 * Σ remaining (activated) = available + held + spent − allocated.
 * activated_at: null while it is no money yet. runs_off: expired, and what remains is held by calls in flight
 * (`grant_covers`: which hold, and how much of it). source_id: the lot that a transfer took it from.
 */
const GRANTS = `
  CREATE TABLE grants (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL,
    search_space_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('paid', 'promotional', 'adjustment')),
    priority smallint NOT NULL CHECK (priority BETWEEN 0 AND 1000),
    amount_micros bigint NOT NULL CHECK (amount_micros BETWEEN 1 AND ${MICROS_MAX}),
    remaining_micros bigint NOT NULL,
    lapsed_micros bigint NOT NULL DEFAULT 0 CHECK (lapsed_micros >= 0),
    effective_at timestamptz NOT NULL,
    expires_at timestamptz,
    activated_at timestamptz,
    runs_off boolean NOT NULL DEFAULT false,
    transaction_id uuid,
    source_id uuid,
    reason text CHECK (length(reason) <= 200),
    actor text CHECK (length(actor) <= 200),
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT grants_remaining_range CHECK (remaining_micros BETWEEN 0 AND amount_micros),
    CONSTRAINT grants_expire_later CHECK (expires_at > effective_at)
  );
  CREATE INDEX grants_of_wallet ON grants (account_id, id);
  CREATE INDEX grants_open ON grants (account_id) WHERE remaining_micros > 0;
  CREATE UNIQUE INDEX grants_one_transaction ON grants (transaction_id) WHERE source_id IS NULL;
  CREATE TABLE grant_covers (
    grant_id uuid NOT NULL REFERENCES grants (id),
    hold_id uuid NOT NULL,
    amount_micros bigint NOT NULL CHECK (amount_micros > 0),
    PRIMARY KEY (grant_id, hold_id)
  );
  CREATE INDEX accounts_lots_due ON accounts (id) WHERE lots_due_at IS NOT NULL;
  ALTER TABLE grants ENABLE ROW LEVEL SECURITY;
  ALTER TABLE grants FORCE ROW LEVEL SECURITY;
  CREATE POLICY own_rows ON grants TO atelier_app
    USING (search_space_id = ANY ((SELECT atelier_search_space_ids())::uuid[]));
  CREATE POLICY all_rows ON grants TO atelier_system USING (true);
  GRANT SELECT, INSERT, UPDATE, DELETE ON grants TO atelier_app;
`;

/** What wallets hold already is one paid lot each. */
const FIRST_LOTS = `
  UPDATE accounts SET allocated_micros = spent_micros WHERE kind = 'wallet';
  INSERT INTO grants (id, account_id, search_space_id, kind, priority, amount_micros,
    remaining_micros, effective_at, activated_at, reason)
  SELECT billing_new_id(), id, search_space_id, 'paid', 500, available_micros + held_micros,
         available_micros + held_micros, now(), now(), 'balance carried over'
    FROM accounts WHERE kind = 'wallet' AND available_micros + held_micros > 0
`;

const TRANSACTIONS = `
  ALTER TABLE ledger_transactions
    ADD COLUMN corrects_id uuid,
    DROP CONSTRAINT ledger_transactions_kind_check,
    ADD CONSTRAINT ledger_transactions_kind_check CHECK (kind IN
      ('grant', 'hold', 'post', 'void', 'expire', 'adjust', 'lapse', 'transfer'));
  CREATE INDEX ledger_transactions_corrections ON ledger_transactions (corrects_id)
    WHERE corrects_id IS NOT NULL
`;

/**
 * Days that have ended (UTC, by the time in the transaction's id) are summed once; months are sums of days. One row
 * of `ledger_closing` says how far: days before summed_day are summed, ids before marked_before are watched for, so that
 * a day in which something arrives late is known (`ledger_late_days`) until it is summed again.
 */
const SUMS = `
  CREATE TABLE ledger_days (
    account_id uuid NOT NULL,
    day date NOT NULL,
    kind text COLLATE "C" NOT NULL,
    bucket text COLLATE "C" NOT NULL,
    amount_micros bigint NOT NULL,
    PRIMARY KEY (account_id, day, kind, bucket)
  );
  CREATE TABLE ledger_months (
    account_id uuid NOT NULL,
    month date NOT NULL,
    bucket text COLLATE "C" NOT NULL,
    amount_micros bigint NOT NULL,
    PRIMARY KEY (account_id, month, bucket)
  );
  CREATE TABLE ledger_late_days (
    account_id uuid NOT NULL,
    day date NOT NULL,
    seen_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, day)
  );
  CREATE TABLE ledger_closing (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    marked_before uuid NOT NULL,
    summed_day date NOT NULL
  );
  CREATE TABLE ledger_proofs (
    id uuid PRIMARY KEY,
    started_at timestamptz NOT NULL,
    finished_at timestamptz NOT NULL,
    month_checked date,
    differences jsonb NOT NULL
  );
`;

const DAY = `
  CREATE FUNCTION ledger_day(id uuid) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT date '1970-01-01'
      + (('x' || left(replace(id::text, '-', ''), 12))::bit(48)::bigint / 86400000)::integer
  $$;
  CREATE FUNCTION ledger_day_floor(day date) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT rpad(lpad(to_hex((day - date '1970-01-01')::bigint * 86400000), 12, '0'), 32, '0')::uuid
  $$;
`;

const FIRST_DAY = `
  INSERT INTO ledger_closing (marked_before, summed_day)
  SELECT ledger_day_floor(d.day), d.day
    FROM (SELECT coalesce((SELECT ledger_day(id) FROM ledger_transactions ORDER BY id LIMIT 1),
                          (now() AT TIME ZONE 'UTC')::date) AS day) d
`;

/** As before, and whatever is written into a day that was summed already is noted with it. */
const CHECK_ENTRIES = `
  CREATE OR REPLACE FUNCTION ledger_check_entries() RETURNS trigger LANGUAGE plpgsql
  SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off AS $$
  BEGIN
    IF EXISTS (
      SELECT FROM fresh f GROUP BY f.transaction_id
      HAVING sum(f.amount_micros) <> 0
          OR (SELECT t.id FROM ledger_transactions t WHERE t.id = f.transaction_id) IS NULL
    ) THEN
      RAISE EXCEPTION 'a ledger transaction is missing or does not sum to zero'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_sums_to_zero';
    END IF;
    IF EXISTS (SELECT FROM fresh f
                WHERE f.transaction_id < (SELECT c.marked_before FROM ledger_closing c)) THEN
      -- The lock on the row keeps a summing that runs now waiting for this transaction.
      INSERT INTO ledger_late_days (account_id, day)
      SELECT DISTINCT f.account_id, ledger_day(f.transaction_id) FROM fresh f
       WHERE f.transaction_id < (SELECT c.marked_before FROM ledger_closing c)
       ORDER BY 1, 2
      ON CONFLICT (account_id, day) DO UPDATE SET seen_at = now();
    END IF;
    RETURN NULL;
  END $$;
`;

const CHECK_ENTRIES_BEFORE = CHECK_ENTRIES.replace(
  / {4}IF EXISTS \(SELECT FROM fresh[^]*?END IF;\n/,
  '',
);

const RECONCILIATION = `
  ALTER TABLE reconciliation_items
    ADD COLUMN resolved_by text CHECK (length(resolved_by) <= 200),
    ADD COLUMN note text CHECK (length(note) <= 1000);
  CREATE INDEX reconciliation_items_resolved ON reconciliation_items (id)
    WHERE resolved_at IS NOT NULL
`;

export const LEDGER_TABLES = [
  GRANTS,
  FIRST_LOTS,
  TRANSACTIONS,
  SUMS,
  DAY,
  FIRST_DAY,
  CHECK_ENTRIES,
  RECONCILIATION,
] as const;

/** Movements of the new kinds go by the old names that move the same buckets: nothing is erased. */
export const LEDGER_TABLES_UNDO = [
  'DROP INDEX reconciliation_items_resolved',
  'ALTER TABLE reconciliation_items DROP COLUMN resolved_by, DROP COLUMN note',
  CHECK_ENTRIES_BEFORE,
  'DROP TABLE ledger_proofs, ledger_closing, ledger_late_days, ledger_months, ledger_days',
  'DROP FUNCTION ledger_day(uuid)',
  'DROP FUNCTION ledger_day_floor(date)',
  'DROP INDEX ledger_transactions_corrections',
  'ALTER TABLE ledger_transactions DISABLE TRIGGER ledger_transactions_append_only',
  `UPDATE ledger_transactions SET kind = 'adjust' WHERE kind IN ('lapse', 'transfer')`,
  'ALTER TABLE ledger_transactions ENABLE TRIGGER ledger_transactions_append_only',
  `ALTER TABLE ledger_transactions
    DROP COLUMN corrects_id,
    DROP CONSTRAINT ledger_transactions_kind_check,
    ADD CONSTRAINT ledger_transactions_kind_check
      CHECK (kind IN ('grant', 'hold', 'post', 'void', 'expire', 'adjust'))`,
  'DROP INDEX accounts_lots_due',
  'DROP TABLE grant_covers, grants',
] as const;
