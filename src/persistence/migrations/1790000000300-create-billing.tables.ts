/** Largest amount that is the same number in the database and in JavaScript: 2^53 − 1. */
const MICROS_MAX = '9007199254740991';

/**
 * Balances are projections of the ledger, changed only by the billing functions and in the transaction of
 * their entries. Almost-empty pages keep the updates of a busy wallet inside its page.
 */
const ACCOUNTS = `
  CREATE TABLE accounts (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('wallet', 'platform')),
    search_space_id uuid,
    available_micros bigint NOT NULL DEFAULT 0,
    held_micros bigint NOT NULL DEFAULT 0,
    spent_micros bigint NOT NULL DEFAULT 0,
    issued_micros bigint NOT NULL DEFAULT 0,
    breakage_micros bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT accounts_available_range CHECK (available_micros BETWEEN 0 AND ${MICROS_MAX}),
    CONSTRAINT accounts_held_range CHECK (held_micros BETWEEN 0 AND ${MICROS_MAX}),
    CONSTRAINT accounts_spent_range CHECK (spent_micros BETWEEN 0 AND ${MICROS_MAX}),
    CONSTRAINT accounts_issued_range CHECK (issued_micros BETWEEN -${MICROS_MAX} AND 0),
    CONSTRAINT accounts_breakage_range
      CHECK (breakage_micros BETWEEN -${MICROS_MAX} AND ${MICROS_MAX}),
    CONSTRAINT accounts_buckets_of_kind CHECK (CASE kind
      WHEN 'wallet'
        THEN search_space_id IS NOT NULL AND issued_micros = 0 AND breakage_micros = 0
      ELSE search_space_id IS NULL AND available_micros = 0 AND held_micros = 0 AND spent_micros = 0
    END)
  ) WITH (fillfactor = 20);
  CREATE UNIQUE INDEX accounts_wallet_of_space ON accounts (search_space_id) WHERE kind = 'wallet';
  CREATE UNIQUE INDEX accounts_one_platform ON accounts (kind) WHERE kind = 'platform';
  INSERT INTO accounts (id, kind) VALUES ('00000000-0000-7000-8000-000000000000', 'platform');
`;

/**
 * Every transaction sums to zero. The entries of one are written by one statement, after or with its
 * transaction; foreign keys would cost a lookup and a lock a row, so the statement's trigger checks all at once.
 * The primary key is the index of an account's statement: v7 ids, newest at the end.
 */
const LEDGER = `
  CREATE TABLE ledger_transactions (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('grant', 'hold', 'post', 'void', 'expire', 'adjust')),
    hold_id uuid,
    reference text CHECK (length(reference) <= 200),
    actor text CHECK (length(actor) <= 200),
    created_at timestamptz NOT NULL DEFAULT now()
  );
  CREATE TABLE ledger_entries (
    account_id uuid NOT NULL,
    transaction_id uuid NOT NULL,
    bucket text COLLATE "C" NOT NULL
      CHECK (bucket IN ('available', 'held', 'spent', 'issued', 'breakage')),
    amount_micros bigint NOT NULL CHECK (amount_micros <> 0),
    PRIMARY KEY (account_id, transaction_id, bucket)
  );
  CREATE FUNCTION ledger_check_entries() RETURNS trigger LANGUAGE plpgsql
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
    RETURN NULL;
  END $$;
  CREATE TRIGGER ledger_entries_checked AFTER INSERT ON ledger_entries
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION ledger_check_entries();
  CREATE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    RAISE EXCEPTION '% of % is refused: money is never erased', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
  END $$;
  CREATE TRIGGER ledger_transactions_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_transactions
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
  CREATE TRIGGER ledger_entries_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entries
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
  CREATE TRIGGER accounts_stay BEFORE DELETE OR TRUNCATE ON accounts
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
`;

/** conclusion_id: the ledger transaction id that its concluder gave, so that a repetition is told from a rival. */
const HOLDS = `
  CREATE TABLE holds (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL,
    amount_micros bigint NOT NULL CHECK (amount_micros BETWEEN 0 AND ${MICROS_MAX}),
    posted_micros bigint NOT NULL DEFAULT 0 CHECK (posted_micros >= 0),
    shortfall_micros bigint NOT NULL DEFAULT 0 CHECK (shortfall_micros >= 0),
    state text NOT NULL DEFAULT 'held' CHECK (state IN ('held', 'posted', 'voided', 'expired')),
    price_version_id uuid,
    reference text CHECK (length(reference) <= 200),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    concluded_at timestamptz,
    conclusion_id uuid,
    CONSTRAINT holds_concluded_once CHECK ((state = 'held') = (concluded_at IS NULL)),
    CONSTRAINT holds_posted_state CHECK (posted_micros = 0 OR state = 'posted')
  ) WITH (fillfactor = 60);
  CREATE INDEX holds_open_by_expiry ON holds (expires_at) WHERE state = 'held';
  CREATE TABLE reconciliation_items (
    id uuid PRIMARY KEY,
    hold_id uuid,
    attempt_id uuid,
    reason text NOT NULL CHECK (length(reason) <= 200),
    amount_micros bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    resolved_at timestamptz
  );
  CREATE INDEX reconciliation_items_open ON reconciliation_items (id) WHERE resolved_at IS NULL;
`;

/**
 * One row a billable call, partitioned by month of its id. The keys outlive the rows that retention drops.
 * An id that is older or newer than every month made so far lands in the default partition, never nowhere.
 */
const USAGE = `
  CREATE TABLE usage_keys (attempt_id uuid PRIMARY KEY);
  CREATE TABLE usage_records (
    id uuid PRIMARY KEY,
    search_space_id uuid NOT NULL,
    collection_id uuid,
    user_id uuid,
    api_key_id uuid,
    generation_id uuid,
    provider text NOT NULL,
    model text NOT NULL,
    operation text NOT NULL,
    kind text NOT NULL,
    tier text NOT NULL CHECK (tier IN ('platform', 'free', 'byok')),
    outcome text NOT NULL,
    images_requested integer NOT NULL DEFAULT 0 CHECK (images_requested >= 0),
    images_delivered integer NOT NULL DEFAULT 0 CHECK (images_delivered >= 0),
    input_tokens bigint NOT NULL DEFAULT 0,
    cached_input_tokens bigint NOT NULL DEFAULT 0,
    image_input_tokens bigint NOT NULL DEFAULT 0,
    cached_image_input_tokens bigint NOT NULL DEFAULT 0,
    output_tokens bigint NOT NULL DEFAULT 0,
    image_output_tokens bigint NOT NULL DEFAULT 0,
    price_version_id uuid,
    list_cost_micros bigint NOT NULL DEFAULT 0 CHECK (list_cost_micros >= 0),
    charged_micros bigint NOT NULL DEFAULT 0 CHECK (charged_micros >= 0),
    shortfall_micros bigint NOT NULL DEFAULT 0 CHECK (shortfall_micros >= 0),
    created_at timestamptz NOT NULL DEFAULT now()
  ) PARTITION BY RANGE (id);
  CREATE INDEX usage_records_by_space ON usage_records (search_space_id, id);
  CREATE TABLE usage_records_unplaced PARTITION OF usage_records DEFAULT;
`;

/** A version is the whole list, named by the hash of its content; rows of a version never change. */
const PRICES = `
  CREATE TABLE price_versions (
    id uuid PRIMARY KEY,
    content_hash text NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now()
  );
  CREATE TABLE prices (
    version_id uuid NOT NULL REFERENCES price_versions (id),
    ordinal integer NOT NULL,
    provider text NOT NULL,
    model text NOT NULL,
    unit text NOT NULL,
    size text,
    quality text,
    pixels_max bigint CHECK (pixels_max > 0),
    input_tokens_above bigint,
    micros_per_million bigint NOT NULL CHECK (micros_per_million BETWEEN 0 AND ${MICROS_MAX}),
    PRIMARY KEY (version_id, ordinal)
  );
`;

export const BILLING_TABLES = [ACCOUNTS, LEDGER, HOLDS, USAGE, PRICES] as const;
