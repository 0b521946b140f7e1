import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Where sessions come from, the ways back to an account whose password is lost, and where logins came from before. */
const UP = [
  `ALTER TABLE sessions
    ADD COLUMN last_used_at timestamptz,
    ADD COLUMN address text,
    ADD COLUMN user_agent text,
    ADD CONSTRAINT sessions_address_check CHECK (char_length(address) <= 200),
    ADD CONSTRAINT sessions_user_agent_check CHECK (char_length(user_agent) <= 200)`,
  `UPDATE sessions SET last_used_at = created_at`,
  `ALTER TABLE sessions ALTER COLUMN last_used_at SET NOT NULL`,
  `CREATE INDEX users_email_prefix_idx ON users (email text_pattern_ops)`,
  // One open reset a user: asking again replaces it.
  `CREATE TABLE password_resets (
    user_id uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    token_hash bytea NOT NULL CONSTRAINT password_resets_token_hash_key UNIQUE,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT password_resets_token_hash_check CHECK (octet_length(token_hash) = 32)
  )`,
  `CREATE TABLE login_networks (
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    network text NOT NULL,
    last_login_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, network),
    CONSTRAINT login_networks_network_check CHECK (char_length(network) <= 200)
  )`,
];

const DOWN = [
  `DROP TABLE login_networks`,
  `DROP TABLE password_resets`,
  `DROP INDEX users_email_prefix_idx`,
  `ALTER TABLE sessions
    DROP COLUMN last_used_at,
    DROP COLUMN address,
    DROP COLUMN user_agent`,
];

export class ExtendAccounts1790000000620 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await runner.query(statement);
  }
}
