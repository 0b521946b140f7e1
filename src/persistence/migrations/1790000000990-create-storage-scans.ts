import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Comparisons of the store with the rows, and what they found. */
export class CreateStorageScans1790000000990 implements MigrationInterface {
  readonly name = 'CreateStorageScans1790000000990';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...TABLES, ...PROTECTION]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of TABLE_NAMES.toReversed()) await runner.query(`DROP TABLE ${table}`);
  }
}

const TABLE_NAMES = ['storage_scan_rounds', 'storage_scans', 'storage_scan_findings'];

/**
 * One scan is under way at a time, by a unique index. after_object and after_blob say how far it has come, so that another
 * process goes on with it. asked_by null = the nightly round. Of the findings the first ones are kept; found_* count all.
 */
const TABLES = [
  `CREATE TABLE storage_scan_rounds (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    next_round_at timestamptz
  )`,
  'INSERT INTO storage_scan_rounds DEFAULT VALUES',
  `CREATE TABLE storage_scans (
    id uuid PRIMARY KEY,
    state text NOT NULL CHECK (state IN ('scanning', 'scanned', 'repairing', 'repaired', 'failed')),
    asked_by uuid,
    repair_asked_by uuid,
    grace_before timestamptz NOT NULL,
    owner uuid,
    held_until timestamptz NOT NULL DEFAULT '-infinity',
    failures integer NOT NULL DEFAULT 0,
    fault text CHECK (char_length(fault) <= 1000),
    after_object text,
    after_blob text,
    objects bigint NOT NULL DEFAULT 0,
    blobs bigint NOT NULL DEFAULT 0,
    found_orphans bigint NOT NULL DEFAULT 0,
    orphan_bytes bigint NOT NULL DEFAULT 0,
    found_missing bigint NOT NULL DEFAULT 0,
    found_damaged bigint NOT NULL DEFAULT 0,
    found_foreign bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    scanned_at timestamptz,
    finished_at timestamptz,
    CONSTRAINT storage_scans_finished
      CHECK ((state IN ('scanning', 'repairing')) = (finished_at IS NULL))
  )`,
  `CREATE UNIQUE INDEX storage_scans_one ON storage_scans ((true))
    WHERE state IN ('scanning', 'repairing')`,
  'CREATE INDEX storage_scans_by_age ON storage_scans (created_at)',
  `CREATE TABLE storage_scan_findings (
    id uuid PRIMARY KEY,
    scan_id uuid NOT NULL REFERENCES storage_scans (id) ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('orphan', 'missing', 'damaged', 'foreign')),
    storage_key text COLLATE "C" NOT NULL,
    size_bytes bigint NOT NULL,
    changed_at timestamptz NOT NULL,
    outcome text CHECK (outcome IN ('removed', 'healed', 'resolved', 'kept', 'lost')),
    CONSTRAINT storage_scan_findings_once UNIQUE (scan_id, kind, storage_key)
  )`,
  'CREATE INDEX storage_scan_findings_list ON storage_scan_findings (scan_id, id)',
  `CREATE INDEX storage_scan_findings_open ON storage_scan_findings (scan_id, id)
    WHERE outcome IS NULL AND kind <> 'foreign'`,
];

/** Keys of all spaces: for operators and workers, who act as the system, and for no work of a caller. */
const PROTECTION = TABLE_NAMES.filter((table) => table !== 'storage_scan_rounds').flatMap(
  (table) => [
    `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`,
    `ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`,
    `CREATE POLICY all_rows ON ${table} TO atelier_system USING (true)`,
  ],
);
