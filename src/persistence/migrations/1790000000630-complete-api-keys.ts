import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a key is held to, its secrets in a table of their own, and accounts that no person stands behind. */
const KEYS = [
  `ALTER TABLE api_keys
    ADD COLUMN description text NOT NULL DEFAULT '',
    ADD COLUMN service_account_id uuid REFERENCES users (id) ON DELETE CASCADE,
    ADD COLUMN allowed_models text[] NOT NULL DEFAULT '{}',
    ADD COLUMN allowed_endpoints text[] NOT NULL DEFAULT '{}',
    ADD COLUMN allowed_cidrs text[] NOT NULL DEFAULT '{}',
    ADD COLUMN denied_cidrs text[] NOT NULL DEFAULT '{}',
    ADD COLUMN rate_limit_per_minute integer,
    ADD COLUMN rate_limit_per_hour integer,
    ADD COLUMN rate_limit_per_day integer,
    ADD COLUMN tags text[] NOT NULL DEFAULT '{}',
    ADD COLUMN is_active boolean NOT NULL DEFAULT true,
    ADD CONSTRAINT api_keys_description_check CHECK (char_length(description) <= 500),
    ADD CONSTRAINT api_keys_rate_limits_check CHECK (
      rate_limit_per_minute BETWEEN 1 AND 10000
      AND rate_limit_per_hour BETWEEN 1 AND 100000
      AND rate_limit_per_day BETWEEN 1 AND 1000000
    ),
    ADD CONSTRAINT api_keys_service_account_check CHECK (service_account_id = user_id)`,
  `CREATE TABLE api_key_secrets (
    lookup_id text PRIMARY KEY,
    api_key_id uuid NOT NULL REFERENCES api_keys (id) ON DELETE CASCADE,
    search_space_id uuid NOT NULL REFERENCES search_spaces (id) ON DELETE CASCADE,
    key_hash bytea NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    CONSTRAINT api_key_secrets_lookup_id_check CHECK (lookup_id ~ '^[a-z2-7]{8}$'),
    CONSTRAINT api_key_secrets_key_hash_check CHECK (octet_length(key_hash) = 32)
  )`,
  `CREATE INDEX api_key_secrets_api_key_id_idx ON api_key_secrets (api_key_id)`,
  // Of the two that may live at once, one is the key's own.
  `CREATE UNIQUE INDEX api_key_secrets_current_key ON api_key_secrets (api_key_id)
    WHERE expires_at IS NULL`,
  `INSERT INTO api_key_secrets (lookup_id, api_key_id, search_space_id, key_hash, created_at)
    SELECT lookup_id, id, search_space_id, key_hash, created_at FROM api_keys`,
  `ALTER TABLE api_keys DROP COLUMN lookup_id, DROP COLUMN key_hash`,
  // What these keys could do before there was a scope for it.
  `UPDATE api_keys SET scopes = scopes || '{images.edit}'::text[]
    WHERE 'images.generate' = ANY (scopes)`,
  `UPDATE api_keys SET scopes = scopes || '{models.list}'::text[]`,
  `CREATE INDEX usage_records_by_api_key ON usage_records (api_key_id, id)
    WHERE api_key_id IS NOT NULL`,
];

/** An account that cannot log in, for whoever writes code above: the database refuses its sessions and its crown. */
const SERVICE_ACCOUNTS = [
  `ALTER TABLE users
    ADD COLUMN kind text NOT NULL DEFAULT 'person',
    ADD COLUMN home_space_id uuid REFERENCES search_spaces (id) ON DELETE CASCADE,
    ADD CONSTRAINT users_kind_check CHECK (kind IN ('person', 'service_account')),
    ADD CONSTRAINT users_service_account_check CHECK (
      CASE WHEN kind = 'person' THEN home_space_id IS NULL
      ELSE home_space_id IS NOT NULL AND password_hash = '!' AND NOT is_operator END
    )`,
  `CREATE INDEX users_home_space_id_idx ON users (home_space_id, id) WHERE home_space_id IS NOT NULL`,
  `CREATE FUNCTION sessions_refuse_service_account() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF EXISTS (SELECT FROM users WHERE id = NEW.user_id AND kind = 'service_account') THEN
      RAISE EXCEPTION 'a service account has no sessions' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END $$`,
  `CREATE TRIGGER sessions_of_persons BEFORE INSERT ON sessions
    FOR EACH ROW EXECUTE FUNCTION sessions_refuse_service_account()`,
  `CREATE FUNCTION memberships_hold_service_account() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF EXISTS (
      SELECT FROM users WHERE id = NEW.user_id AND kind = 'service_account'
        AND (NEW.is_owner OR home_space_id <> NEW.search_space_id)
    ) THEN
      RAISE EXCEPTION 'a service account owns no space and works in one alone'
        USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END $$`,
  `CREATE TRIGGER memberships_of_service_accounts BEFORE INSERT OR UPDATE ON memberships
    FOR EACH ROW EXECUTE FUNCTION memberships_hold_service_account()`,
];

const DOWN = [
  `DROP TRIGGER memberships_of_service_accounts ON memberships`,
  `DROP FUNCTION memberships_hold_service_account()`,
  `DROP TRIGGER sessions_of_persons ON sessions`,
  `DROP FUNCTION sessions_refuse_service_account()`,
  `DELETE FROM users WHERE kind = 'service_account'`,
  `ALTER TABLE users DROP CONSTRAINT users_service_account_check, DROP CONSTRAINT users_kind_check,
    DROP COLUMN home_space_id, DROP COLUMN kind`,
  `DROP INDEX usage_records_by_api_key`,
  `ALTER TABLE api_keys ADD COLUMN lookup_id text, ADD COLUMN key_hash bytea`,
  `UPDATE api_keys k SET lookup_id = s.lookup_id, key_hash = s.key_hash
    FROM api_key_secrets s WHERE s.api_key_id = k.id AND s.expires_at IS NULL`,
  `ALTER TABLE api_keys ALTER COLUMN lookup_id SET NOT NULL, ALTER COLUMN key_hash SET NOT NULL,
    ADD CONSTRAINT api_keys_lookup_id_key UNIQUE (lookup_id),
    ADD CONSTRAINT api_keys_lookup_id_check CHECK (lookup_id ~ '^[a-z2-7]{8}$'),
    ADD CONSTRAINT api_keys_key_hash_check CHECK (octet_length(key_hash) = 32)`,
  `UPDATE api_keys SET scopes = ARRAY(
    SELECT scope FROM unnest(scopes) AS scope
    WHERE scope IN ('images.generate', 'images.read', 'images.delete', 'billing.read'))`,
  `DROP TABLE api_key_secrets`,
  `ALTER TABLE api_keys
    DROP COLUMN description, DROP COLUMN service_account_id, DROP COLUMN allowed_models,
    DROP COLUMN allowed_endpoints, DROP COLUMN allowed_cidrs, DROP COLUMN denied_cidrs,
    DROP COLUMN rate_limit_per_minute, DROP COLUMN rate_limit_per_hour,
    DROP COLUMN rate_limit_per_day, DROP COLUMN tags, DROP COLUMN is_active`,
];

export class CompleteApiKeys1790000000630 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...KEYS, ...SERVICE_ACCOUNTS]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await runner.query(statement);
  }
}
