import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = [
  `CREATE TABLE error_rules (
    id uuid PRIMARY KEY,
    name text NOT NULL CONSTRAINT error_rules_one_of_a_name UNIQUE CHECK (length(name) BETWEEN 1 AND 100),
    is_enabled boolean NOT NULL,
    priority integer NOT NULL CHECK (priority BETWEEN 0 AND 10000),
    error_codes integer[] NOT NULL CHECK (cardinality(error_codes) <= 50),
    keywords text[] NOT NULL CHECK (cardinality(keywords) <= 50),
    match_mode text NOT NULL CHECK (match_mode IN ('any', 'all')),
    providers text[] NOT NULL CHECK (cardinality(providers) <= 20),
    response_code integer CHECK (response_code BETWEEN 400 AND 599),
    custom_message text CHECK (length(custom_message) BETWEEN 1 AND 500),
    skip_monitoring boolean NOT NULL,
    description text CHECK (length(description) <= 500),
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK (cardinality(error_codes) + cardinality(keywords) > 0)
  )`,
  `CREATE TABLE error_rules_state (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    revision bigint NOT NULL
  )`,
  'INSERT INTO error_rules_state (revision) VALUES (1)',
  `CREATE FUNCTION error_rules_state_move() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  BEGIN
    UPDATE error_rules_state SET revision = revision + 1;
    RETURN NULL;
  END $$`,
  'REVOKE EXECUTE ON FUNCTION error_rules_state_move() FROM PUBLIC',
  `CREATE TRIGGER error_rules_move AFTER INSERT OR UPDATE OR DELETE ON error_rules
    FOR EACH STATEMENT EXECUTE FUNCTION error_rules_state_move()`,
];

/** The system's alone: work for a caller has no grant, whichever space it is in. */
const PROTECTION = 'REVOKE ALL ON error_rules, error_rules_state FROM PUBLIC, atelier_app';

const UNDO = [
  'DROP TABLE error_rules',
  'DROP FUNCTION error_rules_state_move()',
  'DROP TABLE error_rules_state',
];

/** What operators want callers to be told of failures of vendors. */
export class CreateErrorRules1790000000881 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...TABLES, PROTECTION]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of UNDO) await runner.query(statement);
  }
}
