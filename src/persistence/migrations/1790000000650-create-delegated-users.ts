import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The local accounts that stand for users of a remote backend, one for each of them in a space. */
const TABLE = `CREATE TABLE delegated_users (
  user_id uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  search_space_id uuid NOT NULL REFERENCES search_spaces (id) ON DELETE CASCADE,
  external_id text NOT NULL,
  created_at timestamptz NOT NULL,
  CONSTRAINT delegated_users_external_key UNIQUE (search_space_id, external_id),
  CONSTRAINT delegated_users_external_id_check CHECK (char_length(external_id) BETWEEN 1 AND 200)
)`;

export class CreateDelegatedUsers1790000000650 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLE);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE delegated_users');
  }
}
