import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import type { Caller } from '../common/caller.js';
import { Clock } from '../common/clock.js';
import { DomainError } from '../common/domain-error.js';
import { isId, newId } from '../common/ids.js';
import type { PageRequest } from '../common/page.js';
import { UnitOfWork } from '../persistence/unit-of-work.port.js';
import {
  type FindingKind,
  REPAIR_TTL_S,
  removesMost,
  type ScanFinding,
  type StorageScan,
} from './domain/storage-scan.js';
import { StorageScanRepository, StorageScansStore } from './domain/storage-scans.store.port.js';

const MS_PER_H = 60 * 60_000;

/** Comparing the store with the rows: looked at first, which changes nothing, and repaired when somebody has seen it. */
@Injectable()
export class StorageScansService {
  constructor(
    private readonly store: StorageScansStore,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /**
   * Begins a scan; a worker goes through it.
   * @throws DomainError `request.conflict` while another is under way
   */
  async start(caller: Caller, graceH: number): Promise<StorageScan> {
    const [id, now] = [newId(), this.clock.now()];
    const graceBefore = new Date(now.getTime() - graceH * MS_PER_H);
    await this.unitOfWork.run(async (scope) => {
      const scan = { id, askedBy: caller.userId, graceBefore, createdAt: now };
      const busyId = await scope.get(StorageScanRepository).add(scan);
      if (busyId !== null) throw underWay(busyId);
      await scope.get(AuditTrail).record({
        action: 'storage.scan_started',
        target: { type: 'storage_scan', id },
        searchSpaceId: null,
        after: { grace_before: graceBefore.toISOString() },
      });
    });
    return this.get(id);
  }

  /**
   * Begins the repair of what a scan has found; each finding is looked at again first.
   * @param isConfirmed whether most of what is stored may go
   * @throws DomainError `request.not_found`; `request.conflict` when it is not the time for it, or not confirmed
   */
  async repair(caller: Caller, id: string, isConfirmed: boolean): Promise<StorageScan> {
    const scan = await this.get(id);
    if (!isConfirmed && removesMost(scan)) throw massRemoval(scan);
    await this.unitOfWork.run(async (scope) => {
      const scans = scope.get(StorageScanRepository);
      const begun = await scans.beginRepair(scan.id, caller.userId, REPAIR_TTL_S);
      if (begun !== 'begun') throw begun === 'busy' ? underWay(null) : notRepairable();
      await scope.get(AuditTrail).record({
        action: 'storage.repair_started',
        target: { type: 'storage_scan', id: scan.id },
        searchSpaceId: null,
        after: { orphans: scan.orphans, missing: scan.missing, damaged: scan.damaged },
      });
    });
    return this.get(scan.id);
  }

  /** @throws DomainError `request.not_found` */
  async get(id: string): Promise<StorageScan> {
    const scan = isId(id) ? await this.store.find(id) : null;
    if (!scan) throw DomainError.notFound('scan');
    return scan;
  }

  /** Newest first; one more than the limit when there are more. */
  list(page: PageRequest): Promise<StorageScan[]> {
    return this.store.list(page);
  }

  /**
   * One more than the limit when there are more.
   * @throws DomainError `request.not_found`
   */
  async listFindings(
    id: string,
    kind: FindingKind | null,
    page: PageRequest,
  ): Promise<ScanFinding[]> {
    return this.store.listFindings((await this.get(id)).id, kind, page);
  }
}

function underWay(busyId: string | null): DomainError {
  const which = busyId === null ? 'Another scan or repair' : `Scan ${busyId}`;
  return new DomainError(
    'request.conflict',
    `${which} is under way. Wait for its end: GET /api/v1/ops/storage/scans tells how far it has come.`,
    { details: busyId === null ? {} : { scan_id: busyId } },
  );
}

function massRemoval({ orphans, objects }: StorageScan): DomainError {
  return new DomainError(
    'request.conflict',
    `${orphans} of ${objects} stored objects would be removed. Check that store and database are of the same installation ` +
      'and day; then send confirm_mass_removal: true.',
    { details: { orphans, objects } },
  );
}

function notRepairable(): DomainError {
  return new DomainError(
    'request.conflict',
    'The scan has not ended, ended more than a day ago, failed, or was repaired before. Wait for one that runs, or start a new one.',
  );
}
