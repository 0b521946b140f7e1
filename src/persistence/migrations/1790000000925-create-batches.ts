import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Requests for pictures that came together. */
export class CreateBatches1790000000925 implements MigrationInterface {
  readonly name = 'CreateBatches1790000000925';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...TABLES, ...PROTECTION]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE generation_batches');
  }
}

/**
 * The ids are those that the generations have or were to have; one that was refused or deleted has no row. `faults` is
 * a list in the same order: what refused each, or null. A batch is closed once each of its requests was admitted or
 * refused.
 */
const TABLES = [
  `CREATE TABLE generation_batches (
    id uuid PRIMARY KEY,
    search_space_id uuid NOT NULL REFERENCES search_spaces (id) ON DELETE CASCADE,
    created_by uuid NOT NULL,
    caller_id uuid NOT NULL,
    idempotency_key text,
    fingerprint text NOT NULL,
    generation_ids uuid[] NOT NULL CHECK (cardinality(generation_ids) BETWEEN 1 AND 10),
    faults jsonb NOT NULL CHECK (jsonb_typeof(faults) = 'array'),
    created_at timestamptz NOT NULL,
    closed_at timestamptz
  )`,
  `CREATE UNIQUE INDEX generation_batches_by_key ON generation_batches (caller_id, idempotency_key)
    WHERE idempotency_key IS NOT NULL`,
  'CREATE INDEX generation_batches_by_space ON generation_batches (search_space_id, id DESC)',
];

const PROTECTION = [
  'ALTER TABLE generation_batches ENABLE ROW LEVEL SECURITY',
  'ALTER TABLE generation_batches FORCE ROW LEVEL SECURITY',
  `CREATE POLICY own_rows ON generation_batches TO atelier_app
    USING (search_space_id = ANY ((SELECT atelier_search_space_ids())::uuid[]))`,
  'CREATE POLICY all_rows ON generation_batches TO atelier_system USING (true)',
  'GRANT SELECT, INSERT, UPDATE, DELETE ON generation_batches TO atelier_app',
];
