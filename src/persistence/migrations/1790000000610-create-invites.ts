import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Ways into a space. Of a code there is only its digest. */
const STATEMENTS = [
  `CREATE TABLE invites (
    id uuid PRIMARY KEY,
    search_space_id uuid NOT NULL REFERENCES search_spaces (id) ON DELETE CASCADE,
    code_hash bytea NOT NULL CONSTRAINT invites_code_hash_key UNIQUE,
    code_prefix text NOT NULL,
    name text NOT NULL DEFAULT '',
    role_id uuid,
    created_by uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    max_uses integer,
    uses_count integer NOT NULL DEFAULT 0,
    expires_at timestamptz,
    revoked_at timestamptz,
    created_at timestamptz NOT NULL,
    CONSTRAINT invites_role_fkey FOREIGN KEY (search_space_id, role_id)
      REFERENCES roles (search_space_id, id),
    CONSTRAINT invites_code_hash_check CHECK (octet_length(code_hash) = 32),
    CONSTRAINT invites_code_prefix_check CHECK (char_length(code_prefix) = 8),
    CONSTRAINT invites_name_check CHECK (char_length(name) <= 100),
    CONSTRAINT invites_uses_check CHECK (
      uses_count >= 0 AND (max_uses IS NULL OR (max_uses > 0 AND uses_count <= max_uses))
    )
  )`,
  `CREATE INDEX invites_search_space_id_idx ON invites (search_space_id, id)`,
  `CREATE INDEX invites_role_idx ON invites (role_id, search_space_id)`,
  `CREATE INDEX invites_created_by_idx ON invites (created_by)`,
];

export class CreateInvites1790000000610 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE invites');
  }
}
