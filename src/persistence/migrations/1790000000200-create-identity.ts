import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who there is (users, sessions, API keys), the spaces, and who may do what in them. */
const TABLES = [
  `CREATE TABLE users (
    id uuid PRIMARY KEY,
    email text NOT NULL CONSTRAINT users_email_key UNIQUE,
    name text NOT NULL,
    password_hash text NOT NULL,
    is_operator boolean NOT NULL DEFAULT false,
    status text NOT NULL DEFAULT 'active',
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    CONSTRAINT users_email_check CHECK (
      email = btrim(translate(email, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', ''))
      AND char_length(email) BETWEEN 3 AND 254
    ),
    CONSTRAINT users_status_check CHECK (status IN ('active', 'disabled')),
    CONSTRAINT users_version_check CHECK (version > 0)
  )`,
  `CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz
  )`,
  `CREATE INDEX sessions_user_id_idx ON sessions (user_id, id)`,
  `CREATE TABLE refresh_tokens (
    id uuid PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    token_hash bytea NOT NULL CONSTRAINT refresh_tokens_token_hash_key UNIQUE,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    CONSTRAINT refresh_tokens_token_hash_check CHECK (octet_length(token_hash) = 32)
  )`,
  `CREATE INDEX refresh_tokens_session_id_idx ON refresh_tokens (session_id)`,
  `CREATE TABLE search_spaces (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    description text NOT NULL DEFAULT '',
    api_access_enabled boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL,
    CONSTRAINT search_spaces_name_check CHECK (char_length(name) BETWEEN 1 AND 100),
    CONSTRAINT search_spaces_description_check CHECK (char_length(description) <= 500)
  )`,
  `CREATE TABLE roles (
    id uuid PRIMARY KEY,
    search_space_id uuid NOT NULL REFERENCES search_spaces (id) ON DELETE CASCADE,
    name text NOT NULL,
    description text NOT NULL DEFAULT '',
    permissions text[] NOT NULL,
    is_default boolean NOT NULL DEFAULT false,
    is_system boolean NOT NULL DEFAULT false,
    CONSTRAINT roles_space_name_key UNIQUE (search_space_id, name),
    CONSTRAINT roles_space_id_key UNIQUE (search_space_id, id),
    CONSTRAINT roles_name_check CHECK (char_length(name) BETWEEN 1 AND 100)
  )`,
  `CREATE UNIQUE INDEX roles_default_key ON roles (search_space_id) WHERE is_default`,
  // A membership's role is one of its own space's: the key holds both.
  `CREATE TABLE memberships (
    id uuid PRIMARY KEY,
    search_space_id uuid NOT NULL REFERENCES search_spaces (id) ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role_id uuid NOT NULL,
    is_owner boolean NOT NULL DEFAULT false,
    joined_at timestamptz NOT NULL,
    CONSTRAINT memberships_space_user_key UNIQUE (search_space_id, user_id),
    CONSTRAINT memberships_role_fkey FOREIGN KEY (search_space_id, role_id)
      REFERENCES roles (search_space_id, id)
  )`,
  `CREATE INDEX memberships_user_id_idx ON memberships (user_id, id)`,
  `CREATE INDEX memberships_role_idx ON memberships (search_space_id, role_id)`,
  `CREATE UNIQUE INDEX memberships_owner_key ON memberships (search_space_id) WHERE is_owner`,
  `CREATE TABLE api_keys (
    id uuid PRIMARY KEY,
    lookup_id text NOT NULL CONSTRAINT api_keys_lookup_id_key UNIQUE,
    key_hash bytea NOT NULL,
    name text NOT NULL,
    search_space_id uuid NOT NULL REFERENCES search_spaces (id) ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    scopes text[] NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz,
    created_at timestamptz NOT NULL,
    CONSTRAINT api_keys_lookup_id_check CHECK (lookup_id ~ '^[a-z2-7]{8}$'),
    CONSTRAINT api_keys_key_hash_check CHECK (octet_length(key_hash) = 32),
    CONSTRAINT api_keys_name_check CHECK (char_length(name) BETWEEN 1 AND 100)
  )`,
  `CREATE INDEX api_keys_user_id_idx ON api_keys (user_id, id)`,
  `CREATE INDEX api_keys_search_space_id_idx ON api_keys (search_space_id, id)`,
];

const NEWEST_FIRST = [
  'api_keys',
  'memberships',
  'roles',
  'search_spaces',
  'refresh_tokens',
  'sessions',
  'users',
];

export class CreateIdentity1790000000200 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of TABLES) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of NEWEST_FIRST) await runner.query(`DROP TABLE ${table}`);
  }
}
