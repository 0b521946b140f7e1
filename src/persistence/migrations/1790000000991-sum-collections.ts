import type { MigrationInterface, QueryRunner } from 'typeorm';
import { STORAGE_NOTE } from './1790000000961-sum-storage.js';

/** What is stored in each collection, in the sums that are kept of spaces. */
export class SumCollections1790000000991 implements MigrationInterface {
  readonly name = 'SumCollections1790000000991';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of UNDO) await runner.query(statement);
  }
}

const TABLES = ['storage_changes', 'storage_sums'];

const allowKinds = (kinds: string): string[] =>
  TABLES.map(
    (table) => `ALTER TABLE ${table}
      DROP CONSTRAINT ${table}_kind_check,
      ADD CONSTRAINT ${table}_kind_check CHECK (kind IN (${kinds}))`,
  );

/** Of a picture of a generation the generation's, of an upload its own. */
const COLLECTION =
  'CASE WHEN a.generation_id IS NULL THEN a.collection_id ELSE g.collection_id END';

/**
 * kind `collection`: pictures as they are listed, by the collection they are in, whose id stands as role. What is in one
 * stays in it until the one or the other is gone; the sums of a collection go with it.
 */
const NOTE = `
  CREATE OR REPLACE FUNCTION ${STORAGE_NOTE.replace(
    '    ELSE ',
    `
      INSERT INTO storage_changes (search_space_id, kind, role, format, pictures, bytes)
      SELECT a.search_space_id, 'collection', ${COLLECTION}::text, '', sign * count(*), sign * sum(a.size_bytes)
        FROM moved a LEFT JOIN generations g ON g.id = a.generation_id
       WHERE ${COLLECTION} IS NOT NULL GROUP BY 1, 3;
    ELSE `,
  )}`;

const UP = [
  ...allowKinds(`'asset', 'blob', 'collection'`),
  // An upload gets its row first and its collection after it.
  `CREATE FUNCTION storage_note_collected() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    INSERT INTO storage_changes (search_space_id, kind, role, format, pictures, bytes)
    VALUES (NEW.search_space_id, 'collection', NEW.collection_id::text, '', 1, NEW.size_bytes);
    RETURN NULL;
  END $$`,
  `CREATE TRIGGER media_assets_sum_collected AFTER UPDATE OF collection_id ON media_assets FOR EACH ROW
    WHEN (OLD.collection_id IS NULL AND NEW.collection_id IS NOT NULL AND NEW.generation_id IS NULL)
    EXECUTE FUNCTION storage_note_collected()`,
  // As the owner: work for a caller, who deletes the collection, reads sums and changes none.
  `CREATE FUNCTION storage_forget_collection() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
  BEGIN
    DELETE FROM storage_sums
     WHERE search_space_id = OLD.search_space_id AND kind = 'collection' AND role = OLD.id::text;
    RETURN NULL;
  END $$`,
  `CREATE TRIGGER collections_forget_sums AFTER DELETE ON collections FOR EACH ROW
    EXECUTE FUNCTION storage_forget_collection()`,
  NOTE,
  `INSERT INTO storage_sums (search_space_id, kind, role, format, pictures, bytes)
    SELECT a.search_space_id, 'collection', ${COLLECTION}::text, '', count(*), sum(a.size_bytes)
      FROM media_assets a LEFT JOIN generations g ON g.id = a.generation_id
      JOIN search_spaces s ON s.id = a.search_space_id
     WHERE ${COLLECTION} IS NOT NULL GROUP BY 1, 3`,
];

const UNDO = [
  'DROP TRIGGER collections_forget_sums ON collections',
  'DROP TRIGGER media_assets_sum_collected ON media_assets',
  'DROP FUNCTION storage_forget_collection()',
  'DROP FUNCTION storage_note_collected()',
  `CREATE OR REPLACE FUNCTION ${STORAGE_NOTE}`,
  ...TABLES.map((table) => `DELETE FROM ${table} WHERE kind = 'collection'`),
  ...allowKinds(`'asset', 'blob'`),
];
