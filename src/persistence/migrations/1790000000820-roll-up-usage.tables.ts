/** What a roll-up is added up by, in the order of its key. A row without a collection, user or key has the nil id. */
const FINE_KEY = [
  'search_space_id',
  'day',
  'user_id',
  'api_key_id',
  'collection_id',
  'provider',
  'model',
  'operation',
  'kind',
  'tier',
] as const;
const COARSE_KEY = [
  'search_space_id',
  'day',
  'provider',
  'model',
  'operation',
  'kind',
  'tier',
] as const;

/** What is added up, and of what in a usage row. */
const SUMS: Readonly<Record<string, string>> = {
  calls: '1',
  succeeded: `(u.outcome IN ('succeeded', 'partially_succeeded'))::int`,
  failed: `(u.outcome NOT IN ('succeeded', 'partially_succeeded', 'canceled'))::int`,
  images_requested: 'u.images_requested',
  images_delivered: 'u.images_delivered',
  input_tokens: 'u.input_tokens',
  cached_input_tokens: 'u.cached_input_tokens',
  image_input_tokens: 'u.image_input_tokens',
  cached_image_input_tokens: 'u.cached_image_input_tokens',
  output_tokens: 'u.output_tokens',
  image_output_tokens: 'u.image_output_tokens',
  list_cost_micros: 'u.list_cost_micros',
  charged_micros: 'u.charged_micros',
  shortfall_micros: 'u.shortfall_micros',
};

const SUM_NAMES = Object.keys(SUMS);
const OF_ROW: Readonly<Record<string, string>> = {
  day: `(u.created_at AT TIME ZONE 'UTC')::date`,
  user_id: toId('u.user_id'),
  api_key_id: toId('u.api_key_id'),
  collection_id: toId('u.collection_id'),
};

function toId(column: string): string {
  return `coalesce(${column}, '00000000-0000-0000-0000-000000000000')`;
}

/**
 * Adds what a query of `source` (an alias `u` of usage rows) finds to all three roll-ups. Upserts go in the order of the
 * key, and the tables always in one order, so that workers never wait for each other in a circle.
 */
export function toRollUp(source: string): string {
  return `
    WITH fresh AS MATERIALIZED (
      SELECT ${FINE_KEY.map((name) => `${OF_ROW[name] ?? `u.${name}`} AS ${name}`).join(', ')},
             ${SUM_NAMES.map((name) => `${SUMS[name]} AS ${name}`).join(', ')}
        FROM ${source}
    ), by_day AS (${toUpsert('usage_daily', FINE_KEY)}
    ), by_week AS (${toUpsert('usage_weekly_models', COARSE_KEY, WEEK_OF_DAY)})
    ${toUpsert('usage_daily_models', COARSE_KEY)}`;
}

/** A week goes by the name of its Monday. */
const WEEK_OF_DAY = `date_trunc('week', day::timestamp)::date`;

function toUpsert(table: string, key: readonly string[], day = 'day'): string {
  const keys = key.join(', ');
  const groups = key.map((name) => (name === 'day' ? day : name)).join(', ');
  return `
      INSERT INTO ${table} AS t (${keys}, ${SUM_NAMES.join(', ')})
      SELECT ${groups}, ${SUM_NAMES.map((name) => `sum(${name})::bigint`).join(', ')}
        FROM fresh GROUP BY ${groups} ORDER BY ${groups}
      ON CONFLICT (${keys}) DO UPDATE
         SET ${SUM_NAMES.map((name) => `${name} = t.${name} + excluded.${name}`).join(', ')}`;
}

/** No text that a caller wrote but the model's name, and that is short: prompts and pictures have no column to be in. */
const RECORDS = `
  ALTER TABLE usage_records DROP CONSTRAINT usage_records_tier_check,
    ADD CONSTRAINT usage_records_tier_check CHECK (tier IN ('platform', 'free', 'byok', 'subscription')),
    ADD COLUMN connection text CHECK (length(connection) <= 200),
    ADD COLUMN requested_model text CHECK (length(requested_model) <= 200),
    ADD COLUMN multiplier_bp integer NOT NULL DEFAULT 10000 CHECK (multiplier_bp >= 0),
    ADD COLUMN latency_ms integer CHECK (latency_ms >= 0),
    ADD COLUMN is_estimated boolean NOT NULL DEFAULT false;
`;

const RECORDS_UNDO = `
  UPDATE usage_records SET tier = 'platform' WHERE tier = 'subscription';
  ALTER TABLE usage_records DROP CONSTRAINT usage_records_tier_check,
    ADD CONSTRAINT usage_records_tier_check CHECK (tier IN ('platform', 'free', 'byok')),
    DROP COLUMN connection, DROP COLUMN requested_model, DROP COLUMN multiplier_bp,
    DROP COLUMN latency_ms, DROP COLUMN is_estimated;
`;

/** What waits to be rolled up: a row a batch of conclusions, written in their transaction. */
const BATCHES = `
  CREATE TABLE usage_batches (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    attempt_ids uuid[] NOT NULL
  );
`;

/** Updated all day and never in a key, so with room on its pages a row stays on its own. */
function toTable(table: string, key: readonly string[]): string {
  const types: Readonly<Record<string, string>> = { day: 'date' };
  const columns = key.map((name) => {
    const type = types[name] ?? (name.endsWith('_id') ? 'uuid' : 'text');
    return `${name} ${type} NOT NULL`;
  });
  const sums = SUM_NAMES.map((name) => `${name} bigint NOT NULL`);
  return `
  CREATE TABLE ${table} (${[...columns, ...sums].join(', ')}, PRIMARY KEY (${key.join(', ')}))
    WITH (fillfactor = 80);
  CREATE INDEX ${table}_by_day ON ${table} (day);`;
}

const BY_KEY = `
  CREATE INDEX usage_daily_by_key ON usage_daily (api_key_id)
    WHERE api_key_id <> '00000000-0000-0000-0000-000000000000';
`;

/** A day on which a space spent far more than it used to; told once. */
const ANOMALIES = `
  CREATE TABLE spend_anomalies (
    search_space_id uuid NOT NULL,
    day date NOT NULL,
    charged_micros bigint NOT NULL,
    mean_micros bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (search_space_id, day)
  );
  CREATE INDEX spend_anomalies_by_day ON spend_anomalies (day);
`;

const OF_SPACES = ['usage_daily', 'usage_daily_models', 'usage_weekly_models', 'spend_anomalies'];

/** Only jobs write here; callers read. */
const PROTECTED = OF_SPACES.map(
  (table) => `
  ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY;
  ALTER TABLE ${table} FORCE ROW LEVEL SECURITY;
  CREATE POLICY own_rows ON ${table} TO atelier_app
    USING (search_space_id = ANY ((SELECT atelier_search_space_ids())::uuid[]));
  CREATE POLICY all_rows ON ${table} TO atelier_system USING (true);
  GRANT SELECT ON ${table} TO atelier_app;`,
).join('');

export const USAGE_TABLES = [
  RECORDS,
  BATCHES,
  toTable('usage_daily', FINE_KEY),
  BY_KEY,
  toTable('usage_daily_models', COARSE_KEY),
  toTable('usage_weekly_models', COARSE_KEY),
  ANOMALIES,
  PROTECTED,
  toRollUp('usage_records u'),
];

export const USAGE_TABLES_UNDO = [
  ...[...OF_SPACES, 'usage_batches'].map((table) => `DROP TABLE ${table}`),
  RECORDS_UNDO,
];
