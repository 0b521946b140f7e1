import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Pictures that people bring, all pictures of a space as one list, and what uploads promised not to do twice. */
export class CreateMediaLibrary1790000000950 implements MigrationInterface {
  readonly name = 'CreateMediaLibrary1790000000950';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...COLUMNS, ...INDEXES, ...CLAIMS, ...PROTECTION, ...FUNCTIONS]) {
      await runner.query(statement);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of UNDO) await runner.query(statement);
  }
}

/**
 * file_name: for display only. created_by: of a picture of a generation, whoever asked for it; filled by a trigger, so
 * that lists are narrowed without a look at generations.
 */
const COLUMNS = [
  `ALTER TABLE media_assets
    DROP CONSTRAINT media_assets_role_check,
    ADD CONSTRAINT media_assets_role_check CHECK (role IN ('output', 'input', 'mask', 'upload')),
    ADD COLUMN created_by uuid,
    ADD COLUMN file_name text CHECK (char_length(file_name) BETWEEN 1 AND 200),
    ADD COLUMN collection_id uuid REFERENCES collections (id) ON DELETE SET NULL`,
  `UPDATE media_assets a SET created_by = g.created_by FROM generations g WHERE g.id = a.generation_id`,
  `CREATE FUNCTION media_assets_name_maker() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    NEW.created_by := (SELECT g.created_by FROM generations g WHERE g.id = NEW.generation_id);
    RETURN NEW;
  END $$`,
  `CREATE TRIGGER media_assets_name_maker BEFORE INSERT ON media_assets FOR EACH ROW
    WHEN (NEW.created_by IS NULL AND NEW.generation_id IS NOT NULL)
    EXECUTE FUNCTION media_assets_name_maker()`,
  `CREATE TRIGGER media_assets_of_active_space BEFORE INSERT ON media_assets FOR EACH ROW
    WHEN (NEW.role = 'upload') EXECUTE FUNCTION search_spaces_assert_active()`,
];

/** A list is read along the first one alone, filters and all; uploads are few among the pictures of models. */
const INDEXES = [
  `CREATE INDEX media_assets_by_space ON media_assets (search_space_id, id)
    INCLUDE (role, format, created_by, collection_id)`,
  `CREATE INDEX media_assets_uploads ON media_assets (search_space_id, id) WHERE role = 'upload'`,
  `CREATE INDEX media_assets_by_collection ON media_assets (collection_id)
    WHERE collection_id IS NOT NULL`,
];

/** What was answered to an Idempotency-Key. */
const CLAIMS = [
  `CREATE TABLE media_claims (
    caller_id uuid NOT NULL,
    key text COLLATE "C" NOT NULL CHECK (length(key) BETWEEN 1 AND 128),
    search_space_id uuid NOT NULL,
    fingerprint text NOT NULL,
    asset_ids uuid[] NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (caller_id, key)
  )`,
  'CREATE INDEX media_claims_by_space ON media_claims (search_space_id)',
  'CREATE INDEX media_claims_by_age ON media_claims (created_at)',
];

const OWN_SPACE = 'search_space_id = ANY ((SELECT atelier_search_space_ids())::uuid[])';

const PROTECTION = [
  'ALTER TABLE media_claims ENABLE ROW LEVEL SECURITY',
  'ALTER TABLE media_claims FORCE ROW LEVEL SECURITY',
  `CREATE POLICY own_rows ON media_claims TO atelier_app USING (${OWN_SPACE})`,
  'CREATE POLICY all_rows ON media_claims TO atelier_system USING (true)',
  'GRANT SELECT, INSERT, UPDATE, DELETE ON media_claims TO atelier_app',
];

/** The claim, the pictures and what only uploads have, in one step. False = the key was used before. */
const FUNCTIONS = [
  `CREATE FUNCTION media_upload(batch jsonb, claim jsonb, kept_from timestamptz)
  RETURNS boolean LANGUAGE plpgsql AS $$
  BEGIN
    IF claim IS NOT NULL THEN
      INSERT INTO media_claims AS c (caller_id, key, search_space_id, fingerprint, asset_ids, created_at)
        SELECT caller_id, key, search_space_id, fingerprint, asset_ids, created_at
          FROM jsonb_populate_record(NULL::media_claims, claim)
        ON CONFLICT (caller_id, key) DO UPDATE
          SET search_space_id = excluded.search_space_id, fingerprint = excluded.fingerprint,
              asset_ids = excluded.asset_ids, created_at = excluded.created_at
        WHERE c.created_at < kept_from;
      IF NOT FOUND THEN
        RETURN false;
      END IF;
    END IF;
    PERFORM media_record(batch);
    UPDATE media_assets a
       SET created_by = m.created_by, file_name = m.file_name, collection_id = m.collection_id
      FROM jsonb_to_recordset(batch) AS m (id uuid, created_by uuid, file_name text, collection_id uuid)
     WHERE a.id = m.id;
    RETURN true;
  END $$`,
];

const UNDO = [
  'DROP FUNCTION media_upload(jsonb, jsonb, timestamptz)',
  'DROP TABLE media_claims',
  'DROP INDEX media_assets_by_collection',
  'DROP INDEX media_assets_uploads',
  'DROP INDEX media_assets_by_space',
  'DROP TRIGGER media_assets_of_active_space ON media_assets',
  'DROP TRIGGER media_assets_name_maker ON media_assets',
  'DROP FUNCTION media_assets_name_maker()',
  `DELETE FROM media_assets WHERE role = 'upload'`,
  `ALTER TABLE media_assets
    DROP COLUMN collection_id, DROP COLUMN file_name, DROP COLUMN created_by,
    DROP CONSTRAINT media_assets_role_check,
    ADD CONSTRAINT media_assets_role_check CHECK (role IN ('output', 'input', 'mask'))`,
];
