import type { ScanFinding, ScanWork, StorageScan } from '../domain/storage-scan.js';

export interface ScanRow {
  id: string;
  state: StorageScan['state'];
  asked_by: string | null;
  grace_before: Date;
  fault: string | null;
  objects: string;
  blobs: string;
  found_orphans: string;
  orphan_bytes: string;
  found_missing: string;
  found_damaged: string;
  found_foreign: string;
  created_at: Date;
  finished_at: Date | null;
}

export const SCAN_COLUMNS = `id, state, asked_by, grace_before, fault, objects, blobs, found_orphans, orphan_bytes,
  found_missing, found_damaged, found_foreign, created_at, finished_at`;

export function toScan(row: ScanRow): StorageScan {
  return {
    id: row.id,
    state: row.state,
    askedBy: row.asked_by,
    graceBefore: row.grace_before,
    fault: row.fault,
    objects: Number(row.objects),
    blobs: Number(row.blobs),
    orphans: Number(row.found_orphans),
    orphanBytes: Number(row.orphan_bytes),
    missing: Number(row.found_missing),
    damaged: Number(row.found_damaged),
    foreign: Number(row.found_foreign),
    createdAt: row.created_at,
    finishedAt: row.finished_at,
  };
}

export interface WorkRow {
  id: string;
  state: ScanWork['state'];
  grace_before: Date;
  after_object: string | null;
  after_blob: string | null;
}

export function toScanWork(row: WorkRow): ScanWork {
  return {
    id: row.id,
    state: row.state,
    graceBefore: row.grace_before,
    afterObject: row.after_object,
    afterBlob: row.after_blob,
  };
}

export interface FindingRow {
  id: string;
  kind: ScanFinding['kind'];
  storage_key: string;
  size_bytes: string;
  changed_at: Date;
  outcome: ScanFinding['outcome'];
}

export const FINDING_COLUMNS = 'id, kind, storage_key, size_bytes, changed_at, outcome';

export function toFinding(row: FindingRow): ScanFinding {
  return {
    id: row.id,
    kind: row.kind,
    storageKey: row.storage_key,
    sizeBytes: Number(row.size_bytes),
    changedAt: row.changed_at,
    outcome: row.outcome,
  };
}
