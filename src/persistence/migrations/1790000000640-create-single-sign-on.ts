import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A well-formed Argon2id hash of no known password: what accounts without one get when the column must be filled again. */
const NO_PASSWORD = `$argon2id$v=19$m=19456,t=2,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`;

/** Identity providers, who is known to them, sign-ins under way, and what their groups mean in a space. */
const STATEMENTS = [
  `ALTER TABLE users ALTER COLUMN password_hash DROP NOT NULL`,
  `CREATE TABLE identity_providers (
    id uuid PRIMARY KEY,
    slug text NOT NULL CONSTRAINT identity_providers_slug_key UNIQUE,
    name text NOT NULL,
    issuer_url text NOT NULL,
    client_id text NOT NULL,
    client_secret_sealed text,
    scopes text[] NOT NULL,
    email_claim text NOT NULL,
    name_claim text NOT NULL,
    groups_claim text,
    audiences text[] NOT NULL,
    allow_sign_up boolean NOT NULL,
    require_verified_email boolean NOT NULL,
    allow_operator_password boolean NOT NULL,
    is_enabled boolean NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT identity_providers_slug_check CHECK (slug ~ '^[a-z0-9][a-z0-9-]{0,39}$')
  )`,
  // A domain is forced to one provider: the key says so.
  `CREATE TABLE identity_provider_domains (
    domain text CONSTRAINT identity_provider_domains_pkey PRIMARY KEY,
    provider_id uuid NOT NULL REFERENCES identity_providers (id) ON DELETE CASCADE
  )`,
  `CREATE INDEX identity_provider_domains_provider_idx ON identity_provider_domains (provider_id)`,
  // The issuer is part of the key: another issuer's subjects are other people, though they may be called the same.
  `CREATE TABLE user_identities (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    provider_id uuid NOT NULL REFERENCES identity_providers (id) ON DELETE CASCADE,
    issuer text NOT NULL,
    subject text NOT NULL,
    created_at timestamptz NOT NULL,
    last_login_at timestamptz NOT NULL,
    CONSTRAINT user_identities_subject_key UNIQUE (provider_id, issuer, subject)
  )`,
  `CREATE INDEX user_identities_user_idx ON user_identities (user_id)`,
  `CREATE TABLE sso_sign_ins (
    state_hash bytea PRIMARY KEY,
    provider_id uuid NOT NULL REFERENCES identity_providers (id) ON DELETE CASCADE,
    browser_hash bytea NOT NULL,
    nonce text NOT NULL,
    code_verifier text NOT NULL,
    return_to text NOT NULL,
    expires_at timestamptz NOT NULL
  )`,
  `CREATE INDEX sso_sign_ins_expires_idx ON sso_sign_ins (expires_at)`,
  `CREATE TABLE sso_login_codes (
    code_hash bytea PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    provider_id uuid NOT NULL REFERENCES identity_providers (id) ON DELETE CASCADE,
    expires_at timestamptz NOT NULL
  )`,
  `CREATE INDEX sso_login_codes_expires_idx ON sso_login_codes (expires_at)`,
  `CREATE TABLE group_mappings (
    id uuid PRIMARY KEY,
    search_space_id uuid NOT NULL REFERENCES search_spaces (id) ON DELETE CASCADE,
    provider_id uuid NOT NULL REFERENCES identity_providers (id) ON DELETE CASCADE,
    group_name text NOT NULL,
    role_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT group_mappings_group_key UNIQUE (search_space_id, provider_id, group_name),
    CONSTRAINT group_mappings_role_fkey FOREIGN KEY (search_space_id, role_id)
      REFERENCES roles (search_space_id, id) ON DELETE CASCADE
  )`,
  `CREATE INDEX group_mappings_space_idx ON group_mappings (search_space_id, id)`,
  `CREATE INDEX group_mappings_provider_idx ON group_mappings (provider_id, group_name)`,
  `CREATE INDEX group_mappings_role_idx ON group_mappings (search_space_id, role_id)`,
  // Memberships that a mapping made, and so may change and end. One made by hand has no row here.
  `CREATE TABLE managed_memberships (
    membership_id uuid PRIMARY KEY REFERENCES memberships (id) ON DELETE CASCADE,
    search_space_id uuid NOT NULL REFERENCES search_spaces (id) ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    provider_id uuid NOT NULL REFERENCES identity_providers (id) ON DELETE CASCADE
  )`,
  `CREATE INDEX managed_memberships_user_idx ON managed_memberships (user_id, provider_id)`,
  `CREATE INDEX managed_memberships_space_idx ON managed_memberships (search_space_id)`,
  `CREATE INDEX managed_memberships_provider_idx ON managed_memberships (provider_id)`,
];

const NEWEST_FIRST = [
  'managed_memberships',
  'group_mappings',
  'sso_login_codes',
  'sso_sign_ins',
  'user_identities',
  'identity_provider_domains',
  'identity_providers',
];

export class CreateSingleSignOn1790000000640 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of NEWEST_FIRST) await runner.query(`DROP TABLE ${table}`);
    await runner.query(`UPDATE users SET password_hash = $1 WHERE password_hash IS NULL`, [
      NO_PASSWORD,
    ]);
    await runner.query(`ALTER TABLE users ALTER COLUMN password_hash SET NOT NULL`);
  }
}
