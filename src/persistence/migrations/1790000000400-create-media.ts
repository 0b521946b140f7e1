import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Pictures: the bytes a space stores, and who uses them. */
export class CreateMedia1790000000400 implements MigrationInterface {
  readonly name = 'CreateMedia1790000000400';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(BLOBS);
    await runner.query(ASSETS);
    await runner.query(RECORD);
    await runner.query(RELEASE);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP FUNCTION media_release(uuid[]);
      DROP FUNCTION media_record(jsonb);
      DROP TABLE media_assets;
      DROP TABLE media_blobs;
    `);
  }
}

/** refs: how many assets use the bytes. At 0 they may be deleted, by whoever holds the lock on the row. */
const BLOBS = `
  CREATE TABLE media_blobs (
    search_space_id uuid NOT NULL,
    sha256 text COLLATE "C" NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    format text NOT NULL CHECK (format IN ('png', 'jpeg', 'webp')),
    storage_key text NOT NULL,
    size_bytes bigint NOT NULL CHECK (size_bytes > 0),
    refs integer NOT NULL CHECK (refs >= 0),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (search_space_id, sha256)
  ) WITH (fillfactor = 90);
`;

/**
 * No foreign key leads to media_blobs: the two functions below are the only writers and keep both in step, and a key
 * would need one more index on the busiest table of the room.
 */
const ASSETS = `
  CREATE TABLE media_assets (
    id uuid PRIMARY KEY,
    search_space_id uuid NOT NULL,
    generation_id uuid,
    attempt_id uuid,
    role text NOT NULL CHECK (role IN ('output', 'input', 'mask')),
    index integer NOT NULL CHECK (index BETWEEN 0 AND 9999),
    sha256 text COLLATE "C" NOT NULL,
    format text NOT NULL,
    width_px integer NOT NULL CHECK (width_px > 0),
    height_px integer NOT NULL CHECK (height_px > 0),
    size_bytes bigint NOT NULL,
    seed bigint,
    created_at timestamptz NOT NULL
  );
  CREATE UNIQUE INDEX media_assets_attempt_place ON media_assets (attempt_id, role, index);
  CREATE UNIQUE INDEX media_assets_input_place ON media_assets (generation_id, role, index)
    WHERE attempt_id IS NULL;
  CREATE INDEX media_assets_generation ON media_assets (generation_id);
`;

/**
 * Adds the assets of many callers and counts them on their blobs. Both are written in a fixed order, so that two
 * batches with the same rows wait for each other instead of locking each other out.
 */
const RECORD = `
  CREATE FUNCTION media_record(batch jsonb) RETURNS SETOF uuid LANGUAGE sql AS $$
    WITH member AS (
      SELECT * FROM jsonb_to_recordset(batch) AS m (
        id uuid, search_space_id uuid, generation_id uuid, attempt_id uuid, role text, index integer, sha256 text,
        format text, storage_key text, width_px integer, height_px integer, size_bytes bigint, seed bigint,
        created_at timestamptz)
    ), added AS (
      INSERT INTO media_assets AS asset (id, search_space_id, generation_id, attempt_id, role, index, sha256, format,
                                         width_px, height_px, size_bytes, seed, created_at)
      SELECT id, search_space_id, generation_id, attempt_id, role, index, sha256, format,
             width_px, height_px, size_bytes, seed, created_at
        FROM member
       ORDER BY attempt_id, generation_id, role, index
      ON CONFLICT DO NOTHING
      RETURNING asset.id
    ), counted AS (
      INSERT INTO media_blobs AS blob (search_space_id, sha256, format, storage_key, size_bytes, refs, created_at)
      SELECT search_space_id, sha256, min(format), min(storage_key), min(size_bytes), count(*), min(created_at)
        FROM member JOIN added USING (id)
       GROUP BY search_space_id, sha256
       ORDER BY search_space_id, sha256
      ON CONFLICT (search_space_id, sha256) DO UPDATE SET refs = blob.refs + excluded.refs
      RETURNING 1
    )
    SELECT id FROM added;
  $$;
`;

/** Drops assets and takes them off their blobs; answers with the blobs that nothing uses any more. */
const RELEASE = `
  CREATE FUNCTION media_release(assets uuid[])
  RETURNS TABLE (unused_space_id uuid, unused_sha256 text) LANGUAGE plpgsql AS $$
  DECLARE
    gone record;
    refs_left integer;
  BEGIN
    FOR gone IN
      WITH dropped AS (
        DELETE FROM media_assets WHERE id = ANY (assets) RETURNING search_space_id, sha256
      )
      SELECT search_space_id, sha256, count(*)::integer AS refs
        FROM dropped GROUP BY search_space_id, sha256 ORDER BY search_space_id, sha256
    LOOP
      UPDATE media_blobs SET refs = refs - gone.refs
       WHERE search_space_id = gone.search_space_id AND sha256 = gone.sha256
      RETURNING refs INTO refs_left;
      IF refs_left = 0 THEN
        unused_space_id := gone.search_space_id;
        unused_sha256 := gone.sha256;
        RETURN NEXT;
      END IF;
    END LOOP;
  END
  $$;
`;
