import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What pictures look like: placeholders, and hashes by which pictures that look alike are found. */
export class CreateMediaAnalyses1790000000951 implements MigrationInterface {
  readonly name = 'CreateMediaAnalyses1790000000951';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...TABLES, ...PROTECTION, ...QUEUE]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of UNDO) await runner.query(statement);
  }
}

/**
 * One row for the bytes of a space, however many pictures have them. due_at: when somebody is to look at them; null = it
 * is done, or given up. phash: null for what shows nothing to tell it by. bands: each quarter of a hash, in one number
 * with its place, so that pictures with a quarter alike lie together.
 */
const TABLES = [
  `CREATE TABLE media_analyses (
    search_space_id uuid NOT NULL,
    sha256 text COLLATE "C" NOT NULL,
    thumbhash text CHECK (length(thumbhash) <= 64),
    colour text CHECK (colour ~ '^#[0-9a-f]{6}$'),
    phash bigint,
    attempts integer NOT NULL DEFAULT 0,
    due_at timestamptz,
    PRIMARY KEY (search_space_id, sha256),
    FOREIGN KEY (search_space_id, sha256) REFERENCES media_blobs ON DELETE CASCADE
  )`,
  'CREATE INDEX media_analyses_due ON media_analyses (due_at) WHERE due_at IS NOT NULL',
  `CREATE TABLE media_bands (
    search_space_id uuid NOT NULL,
    band integer NOT NULL CHECK (band BETWEEN 0 AND 262143),
    sha256 text COLLATE "C" NOT NULL,
    phash bigint NOT NULL,
    PRIMARY KEY (search_space_id, band, sha256) INCLUDE (phash),
    FOREIGN KEY (search_space_id, sha256) REFERENCES media_analyses ON DELETE CASCADE
  )`,
  'CREATE INDEX media_bands_by_picture ON media_bands (search_space_id, sha256)',
  'CREATE INDEX media_assets_by_bytes ON media_assets (search_space_id, sha256)',
];

const OWN_SPACE = 'search_space_id = ANY ((SELECT atelier_search_space_ids())::uuid[])';

const PROTECTION = ['media_analyses', 'media_bands'].flatMap((table) => [
  `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`,
  `ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`,
  `CREATE POLICY own_rows ON ${table} TO atelier_app USING (${OWN_SPACE})`,
  `CREATE POLICY all_rows ON ${table} TO atelier_system USING (true)`,
  `GRANT SELECT, INSERT, UPDATE, DELETE ON ${table} TO atelier_app`,
]);

/** Bytes get their place in the queue with their row; a little later, when they are where they belong. */
const QUEUE = [
  `CREATE FUNCTION media_analyses_queue() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    INSERT INTO media_analyses (search_space_id, sha256, due_at)
      SELECT search_space_id, sha256, now() + interval '1 second' FROM made
      ON CONFLICT DO NOTHING;
    RETURN NULL;
  END $$`,
  `CREATE TRIGGER media_blobs_queue_analysis AFTER INSERT ON media_blobs
    REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION media_analyses_queue()`,
  `INSERT INTO media_analyses (search_space_id, sha256, due_at)
    SELECT search_space_id, sha256, now() FROM media_blobs`,
];

const UNDO = [
  'DROP INDEX media_assets_by_bytes',
  'DROP TRIGGER media_blobs_queue_analysis ON media_blobs',
  'DROP FUNCTION media_analyses_queue()',
  'DROP TABLE media_bands',
  'DROP TABLE media_analyses',
];
