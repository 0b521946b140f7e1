import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which spaces were told that their storage runs full, and adding up that looks to it. */
export class WarnOfQuotas1790000000992 implements MigrationInterface {
  readonly name = 'WarnOfQuotas1790000000992';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...NOTICES, WATCH, FOLD]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of UNDO) await runner.query(statement);
  }
}

/** A space is told of once; below the mark its row goes, and it is told of anew. */
const NOTICES = [
  `CREATE TABLE storage_quota_notices (
    search_space_id uuid PRIMARY KEY REFERENCES search_spaces (id) ON DELETE CASCADE,
    noted_at timestamptz NOT NULL
  )`,
  'ALTER TABLE storage_quota_notices ENABLE ROW LEVEL SECURITY',
  'ALTER TABLE storage_quota_notices FORCE ROW LEVEL SECURITY',
  'CREATE POLICY all_rows ON storage_quota_notices TO atelier_system USING (true)',
];

/**
 * The mark is that of WARNING_PERCENT in retention/domain. One looks at a time: whoever waited sees what is stored now, so
 * that no notice stays behind that was written of an older moment. Null house_max = no bound of the house.
 */
const WATCH = `
  CREATE FUNCTION storage_watch_quotas(spaces uuid[], house_max bigint) RETURNS integer LANGUAGE plpgsql AS $$
  DECLARE
    told integer;
  BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('storage_quotas', 0));
    WITH stored AS (
      SELECT s.id AS space, coalesce(q.max_bytes, house_max) AS most, coalesce((
               SELECT sum(k.bytes) FROM storage_sums k WHERE k.search_space_id = s.id AND k.kind = 'blob'), 0)
             + coalesce((
               SELECT sum(c.bytes) FROM storage_changes c WHERE c.search_space_id = s.id AND c.kind = 'blob'), 0)
             AS bytes
        FROM search_spaces s LEFT JOIN storage_quotas q ON q.search_space_id = s.id
       WHERE s.id = ANY (spaces) AND s.state = 'active'
    ), judged AS (
      SELECT space, most, bytes, coalesce(bytes * 100 >= most::numeric * 90, false) AS is_full FROM stored
    ), over AS (
      DELETE FROM storage_quota_notices n USING judged j WHERE n.search_space_id = j.space AND NOT j.is_full
    ), noted AS (
      INSERT INTO storage_quota_notices (search_space_id, noted_at)
      SELECT space, now() FROM judged WHERE is_full ORDER BY space
      ON CONFLICT DO NOTHING RETURNING search_space_id
    ), appended AS (
      INSERT INTO outbox_events (id, kind, search_space_id, payload)
      SELECT billing_new_id(), 'storage.quota_reached', j.space,
             jsonb_build_object('percent', 90, 'used_bytes', j.bytes, 'max_bytes', j.most)
        FROM noted n JOIN judged j ON j.space = n.search_space_id
      RETURNING 1
    )
    SELECT count(*) INTO told FROM appended;
    RETURN told;
  END $$`;

/** In place of storage_fold, and for gone collections too: answers beside the number of changes how many spaces are told of. */
const FOLD = `
  CREATE FUNCTION storage_fold_watched(most integer, house_max bigint)
  RETURNS TABLE (folded bigint, told integer) LANGUAGE plpgsql AS $$
  DECLARE
    touched uuid[];
  BEGIN
    WITH taken AS (
      DELETE FROM storage_changes WHERE id IN (
        SELECT id FROM storage_changes ORDER BY id LIMIT most FOR UPDATE SKIP LOCKED)
      RETURNING *
    ), added AS (
      INSERT INTO storage_sums AS kept (search_space_id, kind, role, format, pictures, bytes)
      SELECT t.search_space_id, t.kind, t.role, t.format, sum(t.pictures), sum(t.bytes)
        FROM taken t JOIN search_spaces s ON s.id = t.search_space_id
       WHERE CASE WHEN t.kind = 'collection' THEN EXISTS (SELECT FROM collections c WHERE c.id = t.role::uuid)
               ELSE true END
       GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
      ON CONFLICT (search_space_id, kind, role, format) DO UPDATE
        SET pictures = kept.pictures + excluded.pictures, bytes = kept.bytes + excluded.bytes
    )
    SELECT count(*), array_agg(DISTINCT search_space_id) FILTER (WHERE kind = 'blob')
      INTO folded, touched FROM taken;
    told := CASE WHEN touched IS NULL THEN 0 ELSE storage_watch_quotas(touched, house_max) END;
    RETURN NEXT;
  END $$`;

const UNDO = [
  'DROP FUNCTION storage_fold_watched(integer, bigint)',
  'DROP FUNCTION storage_watch_quotas(uuid[], bigint)',
  'DROP TABLE storage_quota_notices',
];
