import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Prompt templates with their versions, and how the last rewritings of each space went. */
export class CreatePrompts1790000000920 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...TABLES, ...BARRIERS, ...PROTECTION]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of UNDO) await runner.query(statement);
  }
}

/** The names of the newest versions are in the templates' rows: of a version no row ever changes. */
const TABLES = [
  `CREATE TABLE prompt_templates (
    id uuid PRIMARY KEY,
    search_space_id uuid NOT NULL REFERENCES search_spaces (id) ON DELETE CASCADE,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 64),
    description text NOT NULL DEFAULT '' CHECK (char_length(description) <= 500),
    version integer NOT NULL CHECK (version >= 1),
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT prompt_templates_space_name_key UNIQUE (search_space_id, name)
  )`,
  `CREATE INDEX prompt_templates_by_space ON prompt_templates (search_space_id, id)`,
  `CREATE TABLE prompt_template_versions (
    template_id uuid NOT NULL REFERENCES prompt_templates (id) ON DELETE CASCADE,
    version integer NOT NULL CHECK (version >= 1),
    search_space_id uuid NOT NULL REFERENCES search_spaces (id) ON DELETE CASCADE,
    text text NOT NULL CHECK (char_length(text) BETWEEN 1 AND 10000),
    variables jsonb NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (template_id, version)
  )`,
  `CREATE INDEX prompt_template_versions_by_space ON prompt_template_versions (search_space_id)`,
  `CREATE TABLE prompt_optimizations (
    id uuid PRIMARY KEY,
    search_space_id uuid NOT NULL REFERENCES search_spaces (id) ON DELETE CASCADE,
    model text NOT NULL CHECK (length(model) BETWEEN 1 AND 200),
    is_success boolean NOT NULL,
    original_length integer NOT NULL CHECK (original_length >= 1),
    optimized_length integer CHECK (optimized_length >= 1),
    time_ms integer NOT NULL CHECK (time_ms >= 0),
    retention_percent integer CHECK (retention_percent BETWEEN 0 AND 100),
    created_at timestamptz NOT NULL,
    CONSTRAINT prompt_optimizations_length CHECK (is_success = (optimized_length IS NOT NULL))
  )`,
  `CREATE INDEX prompt_optimizations_by_space ON prompt_optimizations (search_space_id, id DESC)`,
];

const NAMES = ['prompt_templates', 'prompt_template_versions', 'prompt_optimizations'];

/** Nothing comes into a space that is being deleted. */
const BARRIERS = NAMES.map(
  (table) => `CREATE TRIGGER ${table}_of_active_space BEFORE INSERT ON ${table}
    FOR EACH ROW EXECUTE FUNCTION search_spaces_assert_active()`,
);

const OWN_SPACE = 'search_space_id = ANY ((SELECT atelier_search_space_ids())::uuid[])';

const PROTECTION = NAMES.flatMap((table) => [
  `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`,
  `ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`,
  `CREATE POLICY own_rows ON ${table} TO atelier_app USING (${OWN_SPACE})`,
  `CREATE POLICY all_rows ON ${table} TO atelier_system USING (true)`,
  // Versions and notes are written once.
  `GRANT SELECT, INSERT, DELETE${table === 'prompt_templates' ? ', UPDATE' : ''} ON ${table} TO atelier_app`,
]);

const UNDO = [
  'DROP TABLE prompt_optimizations',
  'DROP TABLE prompt_template_versions',
  'DROP TABLE prompt_templates',
];
