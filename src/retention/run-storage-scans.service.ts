import { Injectable, Logger } from '@nestjs/common';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import { newId } from '../common/ids.js';
import { MediaInventoryService } from '../media/inventory/media-inventory.service.js';
import { UnitOfWork, type WorkScope } from '../persistence/unit-of-work.port.js';
import { compareStorage } from './domain/compare-storage.js';
import { HeldRows } from './domain/held-rows.port.js';
import {
  FINDINGS_MAX,
  type FindingOutcome,
  type FoundThing,
  type ScanFinding,
  type ScanWork,
} from './domain/storage-scan.js';
import { StorageScanRepository, StorageScansStore } from './domain/storage-scans.store.port.js';
import { StorageScanMetrics } from './storage-scan-metrics.js';

/** Names and rows that are compared at once; all that a scan holds in memory. */
const PAGE_MAX = 500;
/** Findings that one step of a repair deals with. */
const REPAIRS_MAX = 50;
/** Questions to the store at once. */
const ASKED_MAX = 10;
/** A process that is gone has its turn for so long at most; one that works says so before each few questions. */
const LEASE_S = 120;
/** After a fault. */
const AGAIN_IN_S = 60;
const FAILURES_MAX = 10;
const FAULT_CHARS_MAX = 1_000;

interface Settled {
  finding: ScanFinding;
  outcome: FindingOutcome;
}

/** Goes through the scan that is under way, step by step; each writes how far it has come. */
@Injectable()
export class RunStorageScansService {
  private readonly logger = new Logger(RunStorageScansService.name);
  private readonly owner = newId();

  constructor(
    private readonly store: StorageScansStore,
    private readonly inventory: MediaInventoryService,
    private readonly unitOfWork: UnitOfWork,
    private readonly metrics: StorageScanMetrics,
  ) {}

  /** Until the signal, or until it is over. In one process at a time: the others find it taken. */
  async work(signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted) {
        const work = await this.store.takeTurn(this.owner, LEASE_S);
        if (!work) return;
        await (work.state === 'scanning' ? this.compare(work, signal) : this.repair(work, signal));
      }
      await this.store.release(this.owner);
    } catch (error) {
      const fault = String(error).slice(0, FAULT_CHARS_MAX);
      const goesOn = await this.store.giveBack(this.owner, fault, AGAIN_IN_S, FAILURES_MAX);
      this.logger.warn(`a scan of the store ${goesOn ? 'waits' : 'was given up'}: ${fault}`);
    }
  }

  /**
   * The store is read first, the rows after it: a picture gets its row before its bytes, so what is stored by now has a
   * row by now.
   */
  private async compare(work: ScanWork, signal: AbortSignal): Promise<void> {
    const objects = await this.inventory.listObjects(work.afterObject, PAGE_MAX);
    const blobs = await this.inventory.listBlobs(toPlace(work.afterBlob), PAGE_MAX);
    const comparison = compareStorage(
      { objects, blobs },
      {
        pageMax: PAGE_MAX,
        graceBefore: work.graceBefore,
        isOwn: (key) => this.inventory.isOwn(key),
      },
    );
    const found = await this.confirm(comparison.found, signal);
    if (!found) return;
    const lastBlob = comparison.blobs.at(-1);
    const step = {
      found,
      objects: comparison.objects.length,
      blobs: comparison.blobs.length,
      afterObject: comparison.objects.at(-1)?.key ?? work.afterObject,
      afterBlob: lastBlob ? `${lastBlob.searchSpaceId}/${lastBlob.sha256}` : work.afterBlob,
      findingsMax: FINDINGS_MAX,
    };
    const isWritten = await this.unitOfWork.run(async (scope) => {
      const isOurs = await scope.get(StorageScanRepository).advance(this.owner, work.id, step);
      if (isOurs && comparison.isLast) await this.finish(scope, work.id);
      return isOurs;
    });
    if (isWritten) this.metrics.countFound(found.map(({ kind }) => kind));
  }

  /**
   * What came, went or was brought in between the two questions is no finding. Null = nobody is to wait for the rest of
   * them, or the turn is another's now: the step is done again.
   */
  private async confirm(
    found: readonly FoundThing[],
    signal: AbortSignal,
  ): Promise<FoundThing[] | null> {
    const confirmed: FoundThing[] = [];
    for (let at = 0; at < found.length; at += ASKED_MAX) {
      if (signal.aborted || !(await this.keepTurn())) return null;
      const asked = found.slice(at, at + ASKED_MAX);
      const stand = await Promise.all(asked.map((one) => this.stands(one)));
      confirmed.push(...asked.filter((_one, position) => stand[position]));
    }
    return confirmed;
  }

  private async stands({ kind, storageKey, sizeBytes }: FoundThing): Promise<boolean> {
    if (kind === 'foreign') return true;
    const [size, isUsed] = [
      await this.inventory.findSize(storageKey),
      await this.inventory.isUsed(storageKey),
    ];
    return kind === 'orphan' ? size !== null && !isUsed : size !== sizeBytes && isUsed;
  }

  private async repair(work: ScanWork, signal: AbortSignal): Promise<void> {
    const open = await this.store.listOpen(work.id, REPAIRS_MAX);
    const settled: Settled[] = [];
    try {
      for (const finding of open) {
        if (signal.aborted || !(await this.keepTurn())) break;
        settled.push({ finding, outcome: await this.mend(finding) });
      }
    } finally {
      // Whatever stopped it: what is gone by now is told of now, for nobody can tell afterwards.
      const isLast = open.length === 0;
      if (isLast || settled.length > 0) await this.settle(work, settled, isLast);
    }
  }

  private async settle(
    work: ScanWork,
    settled: readonly Settled[],
    isLast: boolean,
  ): Promise<void> {
    const isWritten = await this.unitOfWork.run(async (scope) => {
      const outcomes = settled.map(({ finding, outcome }) => ({ id: finding.id, outcome }));
      const scans = scope.get(StorageScanRepository);
      if (!(await scans.settle(this.owner, work.id, outcomes))) return false;
      const removed = settled.filter(({ outcome }) => outcome === 'removed');
      if (removed.length > 0) {
        await scope.get(AuditTrail).record({
          action: 'storage.orphans_removed',
          target: { type: 'storage_scan', id: work.id },
          searchSpaceId: null,
          before: { keys: removed.map(({ finding }) => finding.storageKey) },
        });
      }
      if (isLast) await this.finish(scope, work.id);
      return true;
    });
    if (!isWritten) return;
    for (const { finding, outcome } of settled) this.metrics.countRepaired(finding.kind, outcome);
  }

  private async keepTurn(): Promise<boolean> {
    return (await this.store.takeTurn(this.owner, LEASE_S)) !== null;
  }

  private async mend(finding: ScanFinding): Promise<FindingOutcome> {
    const { kind, storageKey, sizeBytes } = finding;
    if (!(await this.stands(finding))) return 'resolved';
    if (kind !== 'orphan') return (await this.inventory.heal(storageKey)) ? 'healed' : 'lost';
    const removed = await this.inventory.removeUnnamed(storageKey, sizeBytes, (scope, space) =>
      scope.get(HeldRows).lockFreeSpace(space),
    );
    return removed === 'named' ? 'resolved' : removed;
  }

  /** A round of the night that found nothing leaves no entry. */
  private async finish(scope: WorkScope, id: string): Promise<void> {
    const scan = await scope.get(StorageScanRepository).finish(this.owner, id);
    if (!scan) return;
    const { orphans, orphanBytes, missing, damaged, foreign } = scan;
    if (scan.askedBy === null && orphans + missing + damaged + foreign === 0) return;
    if (missing + damaged > 0) {
      const lost = `${missing} pictures without bytes, and ${damaged} damaged ones`;
      this.logger.warn(`scan ${id} of the store found ${lost}: GET /api/v1/ops/storage/scans`);
    }
    await scope.get(AuditTrail).record({
      action: scan.state === 'repaired' ? 'storage.repair_finished' : 'storage.scan_finished',
      target: { type: 'storage_scan', id },
      searchSpaceId: null,
      after: { orphans, orphan_bytes: orphanBytes, missing, damaged, foreign },
    });
  }
}

function toPlace(after: string | null): { searchSpaceId: string; sha256: string } | null {
  const [searchSpaceId, sha256] = after?.split('/') ?? [];
  return searchSpaceId && sha256 ? { searchSpaceId, sha256 } : null;
}
