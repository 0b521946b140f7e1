import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import type { Caller } from '../common/caller.js';
import { Clock } from '../common/clock.js';
import { DomainError } from '../common/domain-error.js';
import { isId, newId } from '../common/ids.js';
import { UnitOfWork } from '../persistence/unit-of-work.port.js';
import { AccessService } from '../rbac/access.service.js';
import { type Cleanup, type CleanupFilters, PLAN_TTL_S } from './domain/cleanup.js';
import { CleanupClaims, CleanupsStore } from './domain/cleanups.store.port.js';

/** Clearing of storage: shown first, then done exactly as shown, or less. */
@Injectable()
export class CleanupsService {
  constructor(
    private readonly store: CleanupsStore,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly access: AccessService,
  ) {}

  /** Deletes nothing: what the filters find now is written down, and can be begun within a day. */
  plan(caller: Caller, filters: CleanupFilters): Promise<Cleanup> {
    return this.store.plan(newId(), filters, caller.userId, this.clock.now());
  }

  /**
   * Begins a plan; a worker goes through it.
   * @param searchSpaceId whose plan it must be; null = one of all spaces
   * @throws DomainError `request.not_found`; `request.conflict` when it was begun before or is too old
   */
  async begin(caller: Caller, searchSpaceId: string | null, id: string): Promise<Cleanup> {
    const plan = await this.get(searchSpaceId, id);
    await this.unitOfWork.run(async (scope) => {
      const isBegun = await scope.get(CleanupClaims).begin(plan.id, caller.userId, PLAN_TTL_S);
      if (!isBegun) throw notBegun();
      await scope.get(AuditTrail).record({
        action: 'storage.cleanup_started',
        target: { type: 'storage_cleanup', id: plan.id },
        searchSpaceId: plan.searchSpaceId,
        after: { generations: plan.generations, pictures: plan.pictures, bytes: plan.bytes },
      });
    });
    return { ...plan, state: 'running' };
  }

  /** @throws DomainError `request.not_found` for what is not of this space */
  async get(searchSpaceId: string | null, id: string): Promise<Cleanup> {
    const cleanup = isId(id) ? await this.store.find(id) : null;
    if (!cleanup || cleanup.searchSpaceId !== searchSpaceId) throw DomainError.notFound('cleanup');
    return cleanup;
  }

  /**
   * Of whatever space it is.
   * @throws DomainError `request.not_found` for a missing and a foreign one alike; `rbac.permission_denied`
   */
  async getFor(caller: Caller, id: string): Promise<Cleanup> {
    const cleanup = isId(id) ? await this.store.find(id) : null;
    const spaceId = cleanup?.searchSpaceId ?? null;
    const access = spaceId === null ? null : await this.access.findAccess(caller, spaceId);
    if (!cleanup || spaceId === null || !access) throw DomainError.notFound('cleanup');
    await this.access.assertPermission(caller, spaceId, 'image_generations:delete');
    return cleanup;
  }
}

function notBegun(): DomainError {
  return new DomainError(
    'request.conflict',
    'The plan was begun before, or is older than a day. Make a new one with dry_run: true.',
  );
}
