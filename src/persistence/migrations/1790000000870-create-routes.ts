import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Public names that operators give, and what they stand for. */
export class CreateRoutes1790000000870 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...TABLES, ...PROTECTION]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of UNDO) await runner.query(statement);
  }
}

const TABLES = [
  `CREATE TABLE routes (
    id uuid PRIMARY KEY,
    search_space_id uuid REFERENCES search_spaces (id) ON DELETE CASCADE,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    targets jsonb NOT NULL CHECK (jsonb_typeof(targets) = 'array'
      AND jsonb_array_length(targets) BETWEEN 1 AND 20),
    enable_fallback boolean NOT NULL,
    is_restricting boolean NOT NULL,
    note text,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
  )`,
  `CREATE UNIQUE INDEX routes_one_of_a_name ON routes (
    coalesce(search_space_id, '00000000-0000-0000-0000-000000000000'), name)`,
  'CREATE INDEX routes_by_space ON routes (search_space_id) WHERE search_space_id IS NOT NULL',
  `CREATE TABLE routing_state (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    revision bigint NOT NULL
  )`,
  'INSERT INTO routing_state (revision) VALUES (1)',
  `CREATE FUNCTION routing_state_move() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  BEGIN
    UPDATE routing_state SET revision = revision + 1;
    RETURN NULL;
  END $$`,
  'REVOKE EXECUTE ON FUNCTION routing_state_move() FROM PUBLIC',
  `CREATE TRIGGER routes_move AFTER INSERT OR UPDATE OR DELETE ON routes
    FOR EACH STATEMENT EXECUTE FUNCTION routing_state_move()`,
];

/** Members may see what a name stands for in their space; operators alone change it. */
const PROTECTION = [
  'ALTER TABLE routes ENABLE ROW LEVEL SECURITY',
  'ALTER TABLE routes FORCE ROW LEVEL SECURITY',
  `CREATE POLICY own_rows ON routes FOR SELECT TO atelier_app
    USING (search_space_id = ANY ((SELECT atelier_search_space_ids())::uuid[]))`,
  'CREATE POLICY all_rows ON routes TO atelier_system USING (true)',
  'GRANT SELECT ON routes TO atelier_app',
];

const UNDO = [
  'DROP TABLE routes',
  'DROP FUNCTION routing_state_move()',
  'DROP TABLE routing_state',
];
