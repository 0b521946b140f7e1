import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Prices that operators set, multipliers, and subscriptions of spaces. */
export class CreatePriceTerms1790000000830 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...PRICES, ...STATE, ...PROTECTION]) {
      await runner.query(statement);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of UNDO) await runner.query(statement);
  }
}

const MICROS_MAX = '9007199254740991';

/** A line may be for one operation or one connection, and cost a vendor's credits. */
const PRICES = [
  `ALTER TABLE prices
    ADD COLUMN operation text,
    ADD COLUMN connection text,
    ADD COLUMN microcredits bigint CHECK (microcredits > 0)`,
  `CREATE TABLE price_overrides (
    id uuid PRIMARY KEY,
    provider text NOT NULL CHECK (length(provider) BETWEEN 1 AND 100),
    model text NOT NULL CHECK (length(model) BETWEEN 1 AND 200),
    unit text NOT NULL,
    operation text,
    connection text,
    size text,
    quality text,
    pixels_max bigint CHECK (pixels_max > 0),
    input_tokens_above bigint CHECK (input_tokens_above > 0),
    microcredits bigint CHECK (microcredits > 0),
    micros_per_million bigint NOT NULL CHECK (micros_per_million BETWEEN 0 AND ${MICROS_MAX}),
    effective_at timestamptz NOT NULL,
    note text,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL
  )`,
  `CREATE TABLE price_rules (
    id uuid PRIMARY KEY,
    scope text NOT NULL CHECK (scope IN ('user', 'route', 'space', 'default')),
    user_id uuid REFERENCES users (id) ON DELETE CASCADE,
    route_name text CHECK (length(route_name) BETWEEN 1 AND 200),
    space_id uuid REFERENCES search_spaces (id) ON DELETE CASCADE,
    multiplier_bp integer NOT NULL CHECK (multiplier_bp BETWEEN 0 AND 1000000),
    note text,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT price_rules_user CHECK ((scope = 'user') = (user_id IS NOT NULL)),
    CONSTRAINT price_rules_route CHECK ((scope = 'route') = (route_name IS NOT NULL)),
    CONSTRAINT price_rules_space CHECK (scope IN ('user', 'route')
      OR (scope = 'space') = (space_id IS NOT NULL))
  )`,
  `CREATE UNIQUE INDEX price_rules_one_of_a_kind ON price_rules (scope,
    coalesce(user_id, '00000000-0000-0000-0000-000000000000'), coalesce(route_name, ''),
    coalesce(space_id, '00000000-0000-0000-0000-000000000000'))`,
  `CREATE TABLE subscriptions (
    id uuid PRIMARY KEY,
    search_space_id uuid NOT NULL REFERENCES search_spaces (id) ON DELETE CASCADE,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    starts_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    time_zone text NOT NULL CHECK (length(time_zone) <= 64),
    budget_ids uuid[] NOT NULL DEFAULT '{}',
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT subscriptions_span CHECK (expires_at > starts_at)
  )`,
  `CREATE UNIQUE INDEX subscriptions_one_open ON subscriptions (search_space_id)
    WHERE ended_at IS NULL`,
  'CREATE INDEX subscriptions_by_space ON subscriptions (search_space_id, id)',
];

/** One number that grows with every change of the three, so that processes need not read them to know they stand. */
const STATE = [
  `CREATE TABLE price_state (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    revision bigint NOT NULL
  )`,
  'INSERT INTO price_state (revision) VALUES (1)',
  `CREATE FUNCTION price_state_move() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  BEGIN
    UPDATE price_state SET revision = revision + 1;
    RETURN NULL;
  END $$`,
  'REVOKE EXECUTE ON FUNCTION price_state_move() FROM PUBLIC',
  ...['price_overrides', 'price_rules', 'subscriptions'].map(
    (table) => `CREATE TRIGGER ${table}_move AFTER INSERT OR UPDATE OR DELETE ON ${table}
      FOR EACH STATEMENT EXECUTE FUNCTION price_state_move()`,
  ),
];

/**
 * Members see the subscription of their space. Prices and rules are the operators' alone: work for a caller has no grant,
 * also where a rule is about the caller's space.
 */
const PROTECTION = [
  'ALTER TABLE subscriptions ENABLE ROW LEVEL SECURITY',
  'ALTER TABLE subscriptions FORCE ROW LEVEL SECURITY',
  `CREATE POLICY own_rows ON subscriptions TO atelier_app
    USING (search_space_id = ANY ((SELECT atelier_search_space_ids())::uuid[]))`,
  'CREATE POLICY all_rows ON subscriptions TO atelier_system USING (true)',
  'GRANT SELECT, INSERT, UPDATE, DELETE ON subscriptions TO atelier_app',
];

const UNDO = [
  'DROP TABLE subscriptions',
  'DROP TABLE price_rules',
  'DROP TABLE price_overrides',
  'DROP FUNCTION price_state_move()',
  'DROP TABLE price_state',
  `ALTER TABLE prices DROP COLUMN operation, DROP COLUMN connection, DROP COLUMN microcredits`,
];
