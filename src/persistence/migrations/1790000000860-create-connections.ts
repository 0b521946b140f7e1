import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Credentials at vendors, the models that each serves, and which model a space prefers. */
export class CreateConnections1790000000860 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...TABLES, ...BARRIERS, ...STATE, ...PROTECTION]) {
      await runner.query(statement);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of UNDO) await runner.query(statement);
  }
}

/**
 * Ids are texts: those of the settings are called `env:openai`, and their rows hold only what an operator set on top.
 * Whose a connection is stands in exactly one column, and in none for the house's.
 */
const TABLES = [
  `CREATE TABLE connections (
    id text PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
    provider text NOT NULL CHECK (length(provider) BETWEEN 1 AND 100),
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    base_url text CHECK (length(base_url) <= 500),
    api_key_sealed text,
    api_key_hint text CHECK (length(api_key_hint) <= 4),
    extra jsonb NOT NULL DEFAULT '{}',
    scope text NOT NULL,
    search_space_id uuid REFERENCES search_spaces (id) ON DELETE CASCADE,
    user_id uuid REFERENCES users (id) ON DELETE CASCADE,
    is_enabled boolean NOT NULL,
    priority integer NOT NULL CHECK (priority BETWEEN 0 AND 100),
    load_factor integer NOT NULL CHECK (load_factor >= 1),
    slots_max integer CHECK (slots_max >= 1),
    is_pool boolean NOT NULL,
    expires_at timestamptz,
    serves_catalog boolean NOT NULL,
    created_by uuid,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT connections_scope CHECK (
      (scope = 'global' AND search_space_id IS NULL AND user_id IS NULL)
      OR (scope = 'space' AND search_space_id IS NOT NULL AND user_id IS NULL)
      OR (scope = 'user' AND search_space_id IS NULL AND user_id IS NOT NULL)),
    CONSTRAINT connections_of_the_settings CHECK (id NOT LIKE 'env:%'
      OR (scope = 'global' AND base_url IS NULL AND api_key_sealed IS NULL))
  )`,
  `CREATE INDEX connections_by_space ON connections (search_space_id) WHERE search_space_id IS NOT NULL`,
  `CREATE INDEX connections_by_user ON connections (user_id) WHERE user_id IS NOT NULL`,
  `CREATE INDEX connections_of_the_house ON connections (id) WHERE scope = 'global'`,
  `CREATE TABLE connection_models (
    id uuid PRIMARY KEY,
    connection_id text NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    kind text NOT NULL CHECK (kind IN ('image', 'chat', 'embedding')),
    vendor_model text CHECK (length(vendor_model) BETWEEN 1 AND 500),
    base_model text CHECK (length(base_model) BETWEEN 1 AND 200),
    capabilities jsonb NOT NULL DEFAULT '{}',
    title text CHECK (char_length(title) BETWEEN 1 AND 200),
    quality integer NOT NULL CHECK (quality BETWEEN 0 AND 100),
    is_enabled boolean NOT NULL,
    source text NOT NULL CHECK (source IN ('catalog', 'discovered', 'manual')),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT connection_models_name_key UNIQUE (connection_id, name)
  )`,
  `CREATE TABLE model_preferences (
    search_space_id uuid PRIMARY KEY REFERENCES search_spaces (id) ON DELETE CASCADE,
    image_model text CHECK (length(image_model) BETWEEN 1 AND 200),
    chat_model text CHECK (length(chat_model) BETWEEN 1 AND 200),
    embedding_model text CHECK (length(embedding_model) BETWEEN 1 AND 200),
    fails_over_refusals boolean NOT NULL DEFAULT false,
    updated_at timestamptz NOT NULL
  )`,
];

/** Nothing comes into a space that is being deleted; the house has no space. */
const BARRIERS = [
  `CREATE TRIGGER connections_of_active_space BEFORE INSERT ON connections
    FOR EACH ROW WHEN (NEW.search_space_id IS NOT NULL)
    EXECUTE FUNCTION search_spaces_assert_active()`,
  `CREATE TRIGGER model_preferences_of_active_space BEFORE INSERT ON model_preferences
    FOR EACH ROW EXECUTE FUNCTION search_spaces_assert_active()`,
];

/** One number that grows with every change of the three, so that processes need not read them to know they stand. */
const STATE = [
  `CREATE TABLE connection_state (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    revision bigint NOT NULL
  )`,
  'INSERT INTO connection_state (revision) VALUES (1)',
  `CREATE FUNCTION connection_state_move() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  BEGIN
    UPDATE connection_state SET revision = revision + 1;
    RETURN NULL;
  END $$`,
  'REVOKE EXECUTE ON FUNCTION connection_state_move() FROM PUBLIC',
  ...['connections', 'connection_models', 'model_preferences'].map(
    (table) => `CREATE TRIGGER ${table}_move AFTER INSERT OR UPDATE OR DELETE ON ${table}
      FOR EACH STATEMENT EXECUTE FUNCTION connection_state_move()`,
  ),
];

const OWN_SPACE = 'search_space_id = ANY ((SELECT atelier_search_space_ids())::uuid[])';

/** The house's connections are in no caller's reach: operators change them as the system. */
const RULES: Readonly<Record<string, string>> = {
  connections: `${OWN_SPACE} OR user_id = (SELECT atelier_user_id())`,
  connection_models: 'EXISTS (SELECT FROM connections WHERE connections.id = connection_id)',
  model_preferences: OWN_SPACE,
};

const PROTECTION = Object.entries(RULES).flatMap(([table, rule]) => [
  `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`,
  `ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`,
  `CREATE POLICY own_rows ON ${table} TO atelier_app USING (${rule})`,
  `CREATE POLICY all_rows ON ${table} TO atelier_system USING (true)`,
  `GRANT SELECT, INSERT, UPDATE, DELETE ON ${table} TO atelier_app`,
]);

const UNDO = [
  'DROP TABLE model_preferences',
  'DROP TABLE connection_models',
  'DROP TABLE connections',
  'DROP FUNCTION connection_state_move()',
  'DROP TABLE connection_state',
];
