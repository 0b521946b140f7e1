import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Where pictures come from: which picture a picture was taken from, and what a space does to mark what models made. */
export class AddProvenance1790000000945 implements MigrationInterface {
  readonly name = 'AddProvenance1790000000945';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...COLUMNS, toRecord(ADDED), ...CHOICES]) {
      await runner.query(statement);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of ['DROP TABLE space_provenance', toRecord(BEFORE), ...UNDO]) {
      await runner.query(statement);
    }
  }
}

/**
 * No foreign keys: a source may go while what was made of it stays. Bytes know the first picture of a model that they
 * were, so that a picture that is sent in again is found by the key of its bytes, and outputs pay no further index.
 */
const COLUMNS = [
  'ALTER TABLE media_assets ADD COLUMN source_asset_id uuid',
  `CREATE INDEX media_assets_by_source ON media_assets (source_asset_id)
    WHERE source_asset_id IS NOT NULL`,
  'ALTER TABLE media_blobs ADD COLUMN origin_asset_id uuid',
];

const UNDO = [
  'ALTER TABLE media_blobs DROP COLUMN origin_asset_id',
  'DROP INDEX media_assets_by_source',
  'ALTER TABLE media_assets DROP COLUMN source_asset_id',
];

interface RecordParts {
  fields: string;
  columns: string;
  values: string;
  blobColumns: string;
  blobValues: string;
  onConflict: string;
}

const BEFORE: RecordParts = {
  fields: '',
  columns: '',
  values: '',
  blobColumns: '',
  blobValues: '',
  onConflict: '',
};

const ADDED: RecordParts = {
  fields: ', source_asset_id uuid, given_sha256 text',
  columns: ', source_asset_id',
  values: `, coalesce(source_asset_id, CASE WHEN given_sha256 IS NOT NULL THEN (
             SELECT origin.origin_asset_id FROM media_blobs AS origin
              WHERE origin.search_space_id = member.search_space_id
                AND origin.sha256 = member.given_sha256) END)`,
  blobColumns: ', origin_asset_id',
  blobValues: `, (array_agg(id ORDER BY id) FILTER (WHERE role = 'output'))[1]`,
  onConflict: ', origin_asset_id = coalesce(blob.origin_asset_id, excluded.origin_asset_id)',
};

/** As in create-media, with what was added. */
function toRecord(parts: RecordParts): string {
  return `
  CREATE OR REPLACE FUNCTION media_record(batch jsonb) RETURNS SETOF uuid LANGUAGE sql AS $$
    WITH member AS (
      SELECT * FROM jsonb_to_recordset(batch) AS m (
        id uuid, search_space_id uuid, generation_id uuid, attempt_id uuid, role text, index integer, sha256 text,
        format text, storage_key text, width_px integer, height_px integer, size_bytes bigint, seed bigint,
        created_at timestamptz${parts.fields})
    ), added AS (
      INSERT INTO media_assets AS asset (id, search_space_id, generation_id, attempt_id, role, index, sha256, format,
                                         width_px, height_px, size_bytes, seed, created_at${parts.columns})
      SELECT id, search_space_id, generation_id, attempt_id, role, index, sha256, format,
             width_px, height_px, size_bytes, seed, created_at${parts.values}
        FROM member
       ORDER BY attempt_id, generation_id, role, index
      ON CONFLICT DO NOTHING
      RETURNING asset.id
    ), counted AS (
      INSERT INTO media_blobs AS blob (search_space_id, sha256, format, storage_key, size_bytes, refs, created_at${parts.blobColumns})
      SELECT search_space_id, sha256, min(format), min(storage_key), min(size_bytes), count(*), min(created_at)${parts.blobValues}
        FROM member JOIN added USING (id)
       GROUP BY search_space_id, sha256
       ORDER BY search_space_id, sha256
      ON CONFLICT (search_space_id, sha256) DO UPDATE SET refs = blob.refs + excluded.refs${parts.onConflict}
      RETURNING 1
    )
    SELECT id FROM added;
  $$`;
}

const OWN_SPACE = 'search_space_id = ANY ((SELECT atelier_search_space_ids())::uuid[])';

/** What a space chose; without a row nothing is chosen. */
const CHOICES = [
  `CREATE TABLE space_provenance (
    search_space_id uuid PRIMARY KEY REFERENCES search_spaces (id) ON DELETE CASCADE,
    marks_relayed boolean NOT NULL,
    signs_c2pa boolean NOT NULL,
    updated_at timestamptz NOT NULL
  )`,
  `CREATE TRIGGER space_provenance_of_active_space BEFORE INSERT ON space_provenance
    FOR EACH ROW EXECUTE FUNCTION search_spaces_assert_active()`,
  'ALTER TABLE space_provenance ENABLE ROW LEVEL SECURITY',
  'ALTER TABLE space_provenance FORCE ROW LEVEL SECURITY',
  `CREATE POLICY own_rows ON space_provenance TO atelier_app USING (${OWN_SPACE})`,
  'CREATE POLICY all_rows ON space_provenance TO atelier_system USING (true)',
  'GRANT SELECT, INSERT, UPDATE, DELETE ON space_provenance TO atelier_app',
];
