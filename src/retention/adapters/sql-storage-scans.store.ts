import { Injectable } from '@nestjs/common';
import type { PageRequest } from '../../common/page.js';
import { Sql } from '../../persistence/sql.port.js';
import type { FindingKind, ScanFinding, ScanWork, StorageScan } from '../domain/storage-scan.js';
import { StorageScansStore } from '../domain/storage-scans.store.port.js';
import {
  FINDING_COLUMNS,
  type FindingRow,
  SCAN_COLUMNS,
  type ScanRow,
  toFinding,
  toScan,
  toScanWork,
  type WorkRow,
} from './storage-scan-row.js';

const UNDER_WAY = `state IN ('scanning', 'repairing')`;

const TAKE = `
  UPDATE storage_scans SET owner = $1, held_until = now() + make_interval(secs => $2)
   WHERE ${UNDER_WAY} AND (owner = $1 OR held_until <= now())
  RETURNING id, state, grace_before, after_object, after_blob`;

const RELEASE = `
  UPDATE storage_scans SET owner = NULL, held_until = '-infinity' WHERE ${UNDER_WAY} AND owner = $1
  RETURNING id`;

const GIVE_BACK = `
  UPDATE storage_scans SET owner = NULL, held_until = now() + make_interval(secs => $3), fault = $2,
         failures = failures + 1,
         state = CASE WHEN failures + 1 >= $4 THEN 'failed' ELSE state END,
         finished_at = CASE WHEN failures + 1 >= $4 THEN now() END
   WHERE ${UNDER_WAY} AND owner = $1
  RETURNING state`;

/** At the very first look nothing is due: there is nothing that could have been forgotten. */
const BEGIN_ROUND = `
  WITH was AS (
    SELECT next_round_at FROM storage_scan_rounds FOR UPDATE
  ), moved AS (
    UPDATE storage_scan_rounds SET next_round_at = $4 FROM was
     WHERE was.next_round_at IS NULL OR was.next_round_at <= $3
    RETURNING was.next_round_at AS due_at
  )
  INSERT INTO storage_scans (id, state, grace_before, created_at)
  SELECT $1, 'scanning', $2, $3 FROM moved WHERE due_at IS NOT NULL
  ON CONFLICT DO NOTHING RETURNING id`;

const LIST_FINDINGS = `
  SELECT ${FINDING_COLUMNS} FROM storage_scan_findings
   WHERE scan_id = $1 AND ($2::text IS NULL OR kind = $2) AND ($3::uuid IS NULL OR id > $3)
   ORDER BY id LIMIT $4`;

const LIST_OPEN = `
  SELECT ${FINDING_COLUMNS} FROM storage_scan_findings
   WHERE scan_id = $1 AND outcome IS NULL AND kind <> 'foreign' ORDER BY id LIMIT $2`;

const FORGET = `
  DELETE FROM storage_scans WHERE id IN (
    SELECT id FROM storage_scans
     WHERE NOT ${UNDER_WAY} AND created_at < now() - make_interval(secs => $1)
     ORDER BY created_at LIMIT $2)
  RETURNING id`;

@Injectable()
export class SqlStorageScansStore extends StorageScansStore {
  constructor(private readonly sql: Sql) {
    super();
  }

  async find(id: string): Promise<StorageScan | null> {
    const [row] = await this.sql.query<ScanRow>(
      'storage_scans_find',
      `SELECT ${SCAN_COLUMNS} FROM storage_scans WHERE id = $1`,
      [id],
    );
    return row ? toScan(row) : null;
  }

  async list({ limit, after }: PageRequest): Promise<StorageScan[]> {
    const rows = await this.sql.query<ScanRow>(
      'storage_scans_list',
      `SELECT ${SCAN_COLUMNS} FROM storage_scans WHERE $1::uuid IS NULL OR id < $1 ORDER BY id DESC LIMIT $2`,
      [after, limit + 1],
    );
    return rows.map(toScan);
  }

  async listFindings(
    scanId: string,
    kind: FindingKind | null,
    { limit, after }: PageRequest,
  ): Promise<ScanFinding[]> {
    const rows = await this.sql.query<FindingRow>('storage_scans_findings', LIST_FINDINGS, [
      scanId,
      kind,
      after,
      limit + 1,
    ]);
    return rows.map(toFinding);
  }

  async takeTurn(owner: string, leaseS: number): Promise<ScanWork | null> {
    const [row] = await this.sql.query<WorkRow>('storage_scans_take', TAKE, [owner, leaseS]);
    return row ? toScanWork(row) : null;
  }

  async release(owner: string): Promise<void> {
    await this.sql.query('storage_scans_release', RELEASE, [owner]);
  }

  async giveBack(
    owner: string,
    fault: string,
    againInS: number,
    failuresMax: number,
  ): Promise<boolean> {
    const [row] = await this.sql.query<{ state: string }>('storage_scans_give_back', GIVE_BACK, [
      owner,
      fault,
      againInS,
      failuresMax,
    ]);
    return row?.state !== 'failed';
  }

  async beginRound(id: string, graceBefore: Date, now: Date, next: Date): Promise<boolean> {
    const values = [id, graceBefore, now, next];
    const rows = await this.sql.query('storage_scans_begin_round', BEGIN_ROUND, values);
    return rows.length > 0;
  }

  async listOpen(scanId: string, limit: number): Promise<ScanFinding[]> {
    const rows = await this.sql.query<FindingRow>('storage_scans_open', LIST_OPEN, [scanId, limit]);
    return rows.map(toFinding);
  }

  async forget(olderThanS: number, limit: number): Promise<number> {
    return (await this.sql.query('storage_scans_forget', FORGET, [olderThanS, limit])).length;
  }
}
