import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What spaces store, in kept sums, and how much they may. */
export class SumStorage1790000000961 implements MigrationInterface {
  readonly name = 'SumStorage1790000000961';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...TABLES, ...CHANGES, FOLD, ...FIRST_SUMS, ...PROTECTION]) {
      await runner.query(statement);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of UNDO) await runner.query(statement);
  }
}

/**
 * kind `asset`: pictures as they are listed, by role and format; `blob`: bytes as they are stored, once for equal ones.
 * Changes are only ever added where pictures come and go, so nobody waits there for another; a worker adds them up.
 */
const TABLES = [
  `CREATE TABLE storage_changes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    search_space_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('asset', 'blob')),
    role text NOT NULL,
    format text NOT NULL,
    pictures bigint NOT NULL,
    bytes bigint NOT NULL
  )`,
  'CREATE INDEX storage_changes_by_space ON storage_changes (search_space_id)',
  `CREATE TABLE storage_sums (
    search_space_id uuid NOT NULL REFERENCES search_spaces (id) ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('asset', 'blob')),
    role text NOT NULL,
    format text NOT NULL,
    pictures bigint NOT NULL,
    bytes bigint NOT NULL,
    PRIMARY KEY (search_space_id, kind, role, format)
  ) WITH (fillfactor = 80)`,
  `CREATE TABLE storage_quotas (
    search_space_id uuid PRIMARY KEY REFERENCES search_spaces (id) ON DELETE CASCADE,
    max_bytes bigint NOT NULL CHECK (max_bytes > 0),
    updated_by uuid NOT NULL,
    updated_at timestamptz NOT NULL
  )`,
  `CREATE TRIGGER storage_quotas_of_active_space BEFORE INSERT ON storage_quotas
    FOR EACH ROW EXECUTE FUNCTION search_spaces_assert_active()`,
];

const note = (kind: string, role: string): string => `
    INSERT INTO storage_changes (search_space_id, kind, role, format, pictures, bytes)
    SELECT search_space_id, '${kind}', ${role}, format, sign * count(*), sign * sum(size_bytes)
      FROM moved GROUP BY search_space_id, ${role}, format;`;

/** Without its verb, so that a later migration can go back to it. */
export const STORAGE_NOTE = `storage_note() RETURNS trigger LANGUAGE plpgsql AS $$
  DECLARE
    sign integer := CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END;
  BEGIN
    IF TG_TABLE_NAME = 'media_assets' THEN ${note('asset', 'role')}
    ELSE ${note('blob', "''::text")}
    END IF;
    RETURN NULL;
  END $$`;

const CHANGES = [
  `CREATE FUNCTION ${STORAGE_NOTE}`,
  ...['media_assets', 'media_blobs'].flatMap((table) => [
    `CREATE TRIGGER ${table}_sum_more AFTER INSERT ON ${table}
      REFERENCING NEW TABLE AS moved FOR EACH STATEMENT EXECUTE FUNCTION storage_note()`,
    `CREATE TRIGGER ${table}_sum_less AFTER DELETE ON ${table}
      REFERENCING OLD TABLE AS moved FOR EACH STATEMENT EXECUTE FUNCTION storage_note()`,
  ]),
];

/** Takes some changes away and adds them up, in one step. Those of a space that is gone are taken away alone. */
const FOLD = `
  CREATE FUNCTION storage_fold(most integer) RETURNS bigint LANGUAGE sql AS $$
    WITH taken AS (
      DELETE FROM storage_changes WHERE id IN (
        SELECT id FROM storage_changes ORDER BY id LIMIT most FOR UPDATE SKIP LOCKED)
      RETURNING *
    ), added AS (
      INSERT INTO storage_sums AS kept (search_space_id, kind, role, format, pictures, bytes)
      SELECT t.search_space_id, t.kind, t.role, t.format, sum(t.pictures), sum(t.bytes)
        FROM taken t JOIN search_spaces s ON s.id = t.search_space_id
       GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
      ON CONFLICT (search_space_id, kind, role, format) DO UPDATE
        SET pictures = kept.pictures + excluded.pictures, bytes = kept.bytes + excluded.bytes
    )
    SELECT count(*) FROM taken
  $$`;

const FIRST_SUMS = [
  `INSERT INTO storage_sums (search_space_id, kind, role, format, pictures, bytes)
    SELECT a.search_space_id, 'asset', a.role, a.format, count(*), sum(a.size_bytes)
      FROM media_assets a JOIN search_spaces s ON s.id = a.search_space_id GROUP BY 1, 3, 4`,
  `INSERT INTO storage_sums (search_space_id, kind, role, format, pictures, bytes)
    SELECT b.search_space_id, 'blob', '', b.format, count(*), sum(b.size_bytes)
      FROM media_blobs b JOIN search_spaces s ON s.id = b.search_space_id GROUP BY 1, 4`,
];

const OWN_SPACE = 'search_space_id = ANY ((SELECT atelier_search_space_ids())::uuid[])';

/** Work for a caller adds changes; sums are the worker's, quotas the operators'. */
const RIGHTS: Readonly<Record<string, string>> = {
  storage_changes: 'SELECT, INSERT',
  storage_sums: 'SELECT',
  storage_quotas: 'SELECT',
};

const PROTECTION = Object.entries(RIGHTS).flatMap(([table, rights]) => [
  `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`,
  `ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`,
  `CREATE POLICY own_rows ON ${table} TO atelier_app USING (${OWN_SPACE})`,
  `CREATE POLICY all_rows ON ${table} TO atelier_system USING (true)`,
  `GRANT ${rights} ON ${table} TO atelier_app`,
]);

const UNDO = [
  ...['media_assets', 'media_blobs'].flatMap((table) => [
    `DROP TRIGGER ${table}_sum_less ON ${table}`,
    `DROP TRIGGER ${table}_sum_more ON ${table}`,
  ]),
  'DROP FUNCTION storage_fold(integer)',
  'DROP FUNCTION storage_note()',
  'DROP TABLE storage_quotas',
  'DROP TABLE storage_sums',
  'DROP TABLE storage_changes',
];
