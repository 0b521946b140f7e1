import type { EntityManager } from 'typeorm';
import { newId } from '../../common/ids.js';
import { findConstraint } from '../../persistence/sql-error.js';
import type { FindingOutcome, FoundThing, StorageScan } from '../domain/storage-scan.js';
import { StorageScanRepository } from '../domain/storage-scans.store.port.js';
import { SCAN_COLUMNS, type ScanRow, toScan } from './storage-scan-row.js';

/** Of the index that lets one be under way. */
const ONE = 'storage_scans_one';

const ADD = `
  INSERT INTO storage_scans (id, state, asked_by, grace_before, created_at)
  VALUES ($1, 'scanning', $2, $3, $4) ON CONFLICT DO NOTHING RETURNING id`;

const FIND_BUSY = `SELECT id FROM storage_scans WHERE state IN ('scanning', 'repairing')`;

const BEGIN_REPAIR = `
  UPDATE storage_scans SET state = 'repairing', repair_asked_by = $2, finished_at = NULL, failures = 0, fault = NULL,
         owner = NULL, held_until = '-infinity'
   WHERE id = $1 AND state = 'scanned' AND finished_at > now() - make_interval(secs => $3)
  RETURNING id`;

/** A step that came this far ends a row of failures. */
const ADVANCE = `
  UPDATE storage_scans SET after_object = $3, after_blob = $4, objects = objects + $5, blobs = blobs + $6,
         found_orphans = found_orphans + $7, orphan_bytes = orphan_bytes + $8, found_missing = found_missing + $9,
         found_damaged = found_damaged + $10, found_foreign = found_foreign + $11, failures = 0, fault = NULL
   WHERE id = $1 AND owner = $2 AND state = 'scanning'
  RETURNING ${SCAN_COLUMNS}`;

const KEEP_FINDINGS = `
  INSERT INTO storage_scan_findings (id, scan_id, kind, storage_key, size_bytes, changed_at)
  SELECT id, $1, kind, storage_key, size_bytes, changed_at
    FROM jsonb_to_recordset($2::jsonb)
      AS f (id uuid, kind text, storage_key text, size_bytes bigint, changed_at timestamptz)
  ON CONFLICT DO NOTHING`;

const HOLD = `
  UPDATE storage_scans SET failures = 0, fault = NULL
   WHERE id = $1 AND owner = $2 AND state = 'repairing' RETURNING id`;

const SETTLE = `
  UPDATE storage_scan_findings f SET outcome = o.outcome
    FROM jsonb_to_recordset($2::jsonb) AS o (id uuid, outcome text)
   WHERE f.id = o.id AND f.scan_id = $1 AND f.outcome IS NULL`;

const FINISH = `
  UPDATE storage_scans SET state = CASE state WHEN 'scanning' THEN 'scanned' ELSE 'repaired' END,
         scanned_at = coalesce(scanned_at, now()), finished_at = now(), owner = NULL
   WHERE id = $1 AND owner = $2 AND state IN ('scanning', 'repairing')
  RETURNING ${SCAN_COLUMNS}`;

export class TypeormStorageScans extends StorageScanRepository {
  constructor(private readonly manager: EntityManager) {
    super();
  }

  async add(scan: {
    id: string;
    askedBy: string;
    graceBefore: Date;
    createdAt: Date;
  }): Promise<string | null> {
    const values = [scan.id, scan.askedBy, scan.graceBefore, scan.createdAt];
    const added = await this.manager.query<object[]>(ADD, values);
    if (added.length > 0) return null;
    const [busy] = await this.manager.query<{ id: string }[]>(FIND_BUSY);
    return busy?.id ?? scan.id;
  }

  async beginRepair(
    id: string,
    askedBy: string,
    endedWithinS: number,
  ): Promise<'begun' | 'busy' | 'refused'> {
    try {
      const begun = await this.change(BEGIN_REPAIR, [id, askedBy, endedWithinS]);
      return begun.length > 0 ? 'begun' : 'refused';
    } catch (error) {
      if (findConstraint(error) === ONE) return 'busy';
      throw error;
    }
  }

  async advance(
    owner: string,
    id: string,
    step: Parameters<StorageScanRepository['advance']>[2],
  ): Promise<boolean> {
    const count = (kind: FoundThing['kind']) => step.found.filter((one) => one.kind === kind);
    const sums = {
      orphan: count('orphan').length,
      missing: count('missing').length,
      damaged: count('damaged').length,
      foreign: count('foreign').length,
    };
    const [row] = await this.change<ScanRow>(ADVANCE, [
      id,
      owner,
      step.afterObject,
      step.afterBlob,
      step.objects,
      step.blobs,
      sums.orphan,
      count('orphan').reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      sums.missing,
      sums.damaged,
      sums.foreign,
    ]);
    if (!row) return false;
    const before = {
      orphan: Number(row.found_orphans) - sums.orphan,
      missing: Number(row.found_missing) - sums.missing,
      damaged: Number(row.found_damaged) - sums.damaged,
      foreign: Number(row.found_foreign) - sums.foreign,
    };
    const kept = (['orphan', 'missing', 'damaged', 'foreign'] as const).flatMap((kind) =>
      count(kind).slice(0, Math.max(0, step.findingsMax - before[kind])),
    );
    if (kept.length > 0) {
      await this.manager.query(KEEP_FINDINGS, [id, JSON.stringify(kept.map(toMember))]);
    }
    return true;
  }

  async settle(
    owner: string,
    id: string,
    outcomes: readonly { id: string; outcome: FindingOutcome }[],
  ): Promise<boolean> {
    if ((await this.change(HOLD, [id, owner])).length === 0) return false;
    await this.manager.query(SETTLE, [id, JSON.stringify(outcomes)]);
    return true;
  }

  async finish(owner: string, id: string): Promise<StorageScan | null> {
    const [row] = await this.change<ScanRow>(FINISH, [id, owner]);
    return row ? toScan(row) : null;
  }

  private async change<R extends object>(statement: string, values: unknown[]): Promise<R[]> {
    const [rows] = await this.manager.query<[R[], number]>(statement, values);
    return rows;
  }
}

function toMember({ kind, storageKey, sizeBytes, changedAt }: FoundThing) {
  return {
    id: newId(),
    kind,
    storage_key: storageKey,
    size_bytes: sizeBytes,
    changed_at: changedAt.toISOString(),
  };
}
