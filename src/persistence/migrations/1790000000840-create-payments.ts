import type { MigrationInterface, QueryRunner } from 'typeorm';

const MICROS_MAX = 9_007_199_254_740_991n;

/**
 * Books: a purchase outlives its space, as its wallet does. transaction_id is the grant's, given by whoever completes it
 * under the row's lock: its time is that of the grant, by which the ledger is read.
 */
const PURCHASES = [
  `CREATE TABLE credit_purchases (
    id uuid PRIMARY KEY,
    search_space_id uuid NOT NULL,
    wallet_id uuid NOT NULL,
    user_id uuid NOT NULL,
    provider text NOT NULL CHECK (length(provider) BETWEEN 1 AND 50),
    checkout_id text CHECK (length(checkout_id) <= 255),
    checkout_url text CHECK (length(checkout_url) <= 4096),
    payment_id text CHECK (length(payment_id) <= 255),
    customer_id text CHECK (length(customer_id) <= 255),
    method_id text CHECK (length(method_id) <= 255),
    quantity integer NOT NULL CHECK (quantity BETWEEN 1 AND 10000),
    micros bigint NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor BETWEEN 1 AND ${MICROS_MAX}),
    currency text NOT NULL CHECK (currency ~ '^[a-z]{3}$'),
    saves_method boolean NOT NULL DEFAULT false,
    source text NOT NULL CHECK (source IN ('checkout', 'auto_reload')),
    status text NOT NULL DEFAULT 'pending'
      CHECK (status IN ('pending', 'completed', 'failed', 'expired')),
    failure text CHECK (length(failure) <= 200),
    transaction_id uuid UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now(),
    completed_at timestamptz,
    asked_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT credit_purchases_micros_check CHECK (micros = quantity::bigint * 1000000),
    CONSTRAINT credit_purchases_completed_check CHECK ((status = 'completed') = (completed_at IS NOT NULL)),
    CONSTRAINT credit_purchases_granted_check CHECK ((status = 'completed') = (transaction_id IS NOT NULL)),
    CONSTRAINT credit_purchases_checkout_key UNIQUE (provider, checkout_id)
  )`,
  'CREATE INDEX credit_purchases_by_space ON credit_purchases (search_space_id, id DESC)',
  `CREATE INDEX credit_purchases_unsettled ON credit_purchases (asked_at) WHERE status = 'pending'`,
  `CREATE INDEX credit_purchases_open ON credit_purchases (search_space_id) WHERE status = 'pending'`,
  // One charge at a time: the next one waits until it is known what became of this one.
  `CREATE UNIQUE INDEX credit_purchases_one_reload ON credit_purchases (wallet_id)
    WHERE source = 'auto_reload' AND status = 'pending'`,
  `CREATE INDEX credit_purchases_saved_methods ON credit_purchases (wallet_id, completed_at DESC)
    WHERE saves_method AND method_id IS NOT NULL`,
];

const RULES = [
  `CREATE TABLE auto_reload_rules (
    wallet_id uuid PRIMARY KEY,
    search_space_id uuid NOT NULL UNIQUE REFERENCES search_spaces (id) ON DELETE CASCADE,
    user_id uuid NOT NULL,
    provider text NOT NULL CHECK (length(provider) BETWEEN 1 AND 50),
    customer_id text NOT NULL CHECK (length(customer_id) <= 255),
    method_id text NOT NULL CHECK (length(method_id) <= 255),
    threshold_micros bigint NOT NULL CHECK (threshold_micros BETWEEN 1 AND ${MICROS_MAX}),
    quantity integer NOT NULL CHECK (quantity BETWEEN 1 AND 10000),
    is_enabled boolean NOT NULL,
    last_attempt_at timestamptz,
    failed_at timestamptz,
    failure text CHECK (length(failure) <= 200),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT auto_reload_rules_failed_check CHECK (failed_at IS NULL OR NOT is_enabled)
  )`,
  `CREATE INDEX auto_reload_rules_enabled ON auto_reload_rules (last_attempt_at NULLS FIRST)
    WHERE is_enabled`,
];

const TABLES = ['credit_purchases', 'auto_reload_rules'];

const OWN_ROWS = 'search_space_id = ANY ((SELECT atelier_search_space_ids())::uuid[])';

/** Credit that people buy, and the rules by which it is bought without them. */
export class CreatePayments1790000000840 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...PURCHASES, ...RULES]) await runner.query(statement);
    for (const table of TABLES) {
      await runner.query(`ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`);
      await runner.query(`ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`);
      await runner.query(`CREATE POLICY own_rows ON ${table} TO atelier_app USING (${OWN_ROWS})`);
      await runner.query(`CREATE POLICY all_rows ON ${table} TO atelier_system USING (true)`);
      await runner.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON ${table} TO atelier_app`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) await runner.query(`DROP TABLE ${table}`);
  }
}
