import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Addresses that spaces want to be told at, what each is sent, and which wallets were told of as low. */
export class CreateWebhooks1790000000970 implements MigrationInterface {
  readonly name = 'CreateWebhooks1790000000970';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...TABLES, ...BARRIERS, ...PROTECTION]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of TABLE_NAMES) await runner.query(`DROP TABLE ${table}`);
  }
}

/** From the one that others stand on to the last, turned round. */
const TABLE_NAMES = ['webhook_wallet_notices', 'webhook_deliveries', 'webhook_endpoints'];

/**
 * A delivery that is claimed and whose claim runs out is anybody's again. The index of what waits begins with the
 * endpoint: whose turn it is, is found in as many steps as there are endpoints with something to send.
 */
const TABLES = [
  `CREATE TABLE webhook_endpoints (
    id uuid PRIMARY KEY,
    search_space_id uuid NOT NULL REFERENCES search_spaces (id) ON DELETE CASCADE,
    url text NOT NULL CHECK (length(url) BETWEEN 1 AND 2048),
    description text NOT NULL CHECK (char_length(description) <= 500),
    events text[] NOT NULL CHECK (cardinality(events) BETWEEN 1 AND 100),
    includes_prompt boolean NOT NULL,
    is_enabled boolean NOT NULL,
    secret_sealed text NOT NULL,
    previous_secret_sealed text,
    previous_secret_until timestamptz,
    failing_since timestamptz,
    disabled_reason text CHECK (disabled_reason IN ('gone', 'failing')),
    disabled_at timestamptz,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT webhook_endpoints_overlap
      CHECK ((previous_secret_sealed IS NULL) = (previous_secret_until IS NULL)),
    CONSTRAINT webhook_endpoints_disabled
      CHECK ((disabled_reason IS NULL) = (disabled_at IS NULL)
        AND (disabled_reason IS NULL OR NOT is_enabled))
  )`,
  'CREATE INDEX webhook_endpoints_by_space ON webhook_endpoints (search_space_id, id)',
  `CREATE TABLE webhook_deliveries (
    id uuid PRIMARY KEY,
    endpoint_id uuid NOT NULL REFERENCES webhook_endpoints (id) ON DELETE CASCADE,
    search_space_id uuid NOT NULL,
    event_id uuid NOT NULL,
    event text NOT NULL CHECK (length(event) BETWEEN 1 AND 100),
    data jsonb NOT NULL,
    occurred_at timestamptz NOT NULL,
    status text NOT NULL CHECK (status IN ('pending', 'delivered', 'dead')),
    attempts integer NOT NULL DEFAULT 0,
    available_at timestamptz NOT NULL,
    claimed_until timestamptz,
    response_status integer,
    duration_ms integer,
    error text,
    response_excerpt text,
    created_at timestamptz NOT NULL,
    finished_at timestamptz,
    CONSTRAINT webhook_deliveries_once UNIQUE (endpoint_id, event_id),
    CONSTRAINT webhook_deliveries_finished CHECK ((status = 'pending') = (finished_at IS NULL)),
    CONSTRAINT webhook_deliveries_claimed CHECK (claimed_until IS NULL OR status = 'pending')
  )`,
  `CREATE INDEX webhook_deliveries_waiting ON webhook_deliveries (endpoint_id, available_at)
    WHERE status = 'pending'`,
  `CREATE INDEX webhook_deliveries_claims ON webhook_deliveries (claimed_until)
    WHERE claimed_until IS NOT NULL`,
  'CREATE INDEX webhook_deliveries_log ON webhook_deliveries (endpoint_id, id)',
  'CREATE INDEX webhook_deliveries_log_by_status ON webhook_deliveries (endpoint_id, status, id)',
  'CREATE INDEX webhook_deliveries_by_space ON webhook_deliveries (search_space_id)',
  'CREATE INDEX webhook_deliveries_by_age ON webhook_deliveries (created_at)',
  `CREATE TABLE webhook_wallet_notices (
    search_space_id uuid PRIMARY KEY REFERENCES search_spaces (id) ON DELETE CASCADE,
    status text NOT NULL CHECK (status IN ('warning', 'blocked'))
  )`,
];

/** Nothing comes into a space that is being deleted. */
const BARRIERS = [
  `CREATE TRIGGER webhook_endpoints_of_active_space BEFORE INSERT ON webhook_endpoints
    FOR EACH ROW EXECUTE FUNCTION search_spaces_assert_active()`,
];

const OWN_SPACE = 'search_space_id = ANY ((SELECT atelier_search_space_ids())::uuid[])';

const PROTECTION = TABLE_NAMES.flatMap((table) => [
  `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`,
  `ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`,
  `CREATE POLICY own_rows ON ${table} TO atelier_app USING (${OWN_SPACE})`,
  `CREATE POLICY all_rows ON ${table} TO atelier_system USING (true)`,
  `GRANT SELECT, INSERT, UPDATE, DELETE ON ${table} TO atelier_app`,
]);
