export const FINDING_KINDS = ['orphan', 'missing', 'damaged', 'foreign'] as const;
/**
 * `orphan`: stored, and named by no row. `missing`: named, and not stored. `damaged`: stored in another length than its
 * row says. `foreign`: in the place of pictures, under a name that this program makes for none.
 */
export type FindingKind = (typeof FINDING_KINDS)[number];

/**
 * What a repair made of a finding. `removed`: bytes without a row. `healed`: bytes found again. `lost`: they are nowhere.
 * `resolved`: it was none any more. `kept`: a legal hold of its space keeps it. Null = nothing yet.
 */
export type FindingOutcome = 'removed' | 'healed' | 'lost' | 'resolved' | 'kept';

/** Older than this must be what a finding is made of: longer than any run or upload takes. Hours. */
export const GRACE_H = 24;
export const GRACE_MAX_H = 365 * 24;
/** Findings of one kind that a scan keeps; all are counted. */
export const FINDINGS_MAX = 10_000;
/** A scan that is older shows what may not be so any more, and is not repaired. */
export const REPAIR_TTL_S = 24 * 60 * 60;

/** So many orphans may go whatever their share is. */
const ORPHANS_FEW = 100;

/** Whether most of what is stored would go: so it looks where the database is of another day or place. */
export function removesMost({ orphans, objects }: ScanCounts): boolean {
  return orphans > ORPHANS_FEW && orphans * 2 > objects;
}

export type ScanState = 'scanning' | 'scanned' | 'repairing' | 'repaired' | 'failed';

/** What was looked at, and what of it was found wanting. */
export interface ScanCounts {
  objects: number;
  blobs: number;
  orphans: number;
  orphanBytes: number;
  missing: number;
  damaged: number;
  foreign: number;
}

export interface StorageScan extends ScanCounts {
  id: string;
  state: ScanState;
  /** Null = the nightly round. */
  askedBy: string | null;
  /** Nothing that is younger was taken for a finding. */
  graceBefore: Date;
  /** Why it was given up, or what stopped it last; null = nothing did. */
  fault: string | null;
  createdAt: Date;
  finishedAt: Date | null;
}

/** What is needed to go on with one. */
export interface ScanWork {
  id: string;
  state: 'scanning' | 'repairing';
  graceBefore: Date;
  afterObject: string | null;
  /** `<space>/<sha256>` of the last row. */
  afterBlob: string | null;
}

export interface ScanFinding {
  id: string;
  kind: FindingKind;
  storageKey: string;
  sizeBytes: number;
  /** Of the object, or of the row that has none. */
  changedAt: Date;
  outcome: FindingOutcome | null;
}

export type FoundThing = Omit<ScanFinding, 'id' | 'outcome'>;
