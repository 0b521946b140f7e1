import type { MigrationInterface, QueryRunner } from 'typeorm';
import { PLANS } from './1790000000300-create-billing.functions.js';

/** The letter of a generation goes with it, and so with its space. */
const TABLES = [
  `CREATE TABLE dead_letters (
    id uuid PRIMARY KEY,
    generation_id uuid NOT NULL UNIQUE REFERENCES generations (id) ON DELETE CASCADE,
    search_space_id uuid NOT NULL,
    error_code text NOT NULL,
    error_message text NOT NULL,
    attempts integer NOT NULL CHECK (attempts >= 0),
    may_have_been_sent boolean NOT NULL,
    retry_id uuid,
    retry_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
  )`,
  'CREATE INDEX dead_letters_by_space ON dead_letters (search_space_id, id DESC)',
];

const PROTECTION = [
  'ALTER TABLE dead_letters ENABLE ROW LEVEL SECURITY',
  'ALTER TABLE dead_letters FORCE ROW LEVEL SECURITY',
  `CREATE POLICY own_rows ON dead_letters TO atelier_app
    USING (search_space_id = ANY ((SELECT atelier_search_space_ids())::uuid[]))`,
  'CREATE POLICY all_rows ON dead_letters TO atelier_system USING (true)',
  'GRANT SELECT, INSERT, UPDATE, DELETE ON dead_letters TO atelier_app',
];

/** After money, in the concluding step: a run that the service itself spoiled is laid before the operators. */
const BURY = `
CREATE FUNCTION generations_bury(batch jsonb, verdicts jsonb[]) RETURNS jsonb[]
LANGUAGE plpgsql ${PLANS} AS $$
BEGIN
  INSERT INTO dead_letters (id, generation_id, search_space_id, error_code, error_message, attempts,
    may_have_been_sent)
  SELECT d.id, d.generation_id, d.search_space_id, d.error_code, d.error_message, d.attempts,
    d.may_have_been_sent
  FROM jsonb_array_elements(batch) WITH ORDINALITY AS e(m, i),
    jsonb_to_record(e.m -> 'dead_letter') AS d(id uuid, generation_id uuid, search_space_id uuid,
      error_code text, error_message text, attempts integer, may_have_been_sent boolean)
  WHERE e.m ? 'dead_letter' AND NOT settlement_refused(verdicts[e.i::int])
  ON CONFLICT (generation_id) DO NOTHING;
  RETURN verdicts;
END $$`;

const UNDO = ['DROP FUNCTION generations_bury(jsonb, jsonb[])', 'DROP TABLE dead_letters'];

/** Runs that failed inside the service, for operators to try again or to dismiss. */
export class CreateDeadLetters1790000000931 implements MigrationInterface {
  readonly name = 'CreateDeadLetters1790000000931';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...TABLES, ...PROTECTION, BURY]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of UNDO) await runner.query(statement);
  }
}
