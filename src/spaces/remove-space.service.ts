import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import { UnitOfWork } from '../persistence/unit-of-work.port.js';
import { SpaceDeletions } from './domain/space-deletions.port.js';
import { type DeletingHook, SpaceHooks } from './space-hooks.js';

/** How long one turn waits for what has to end by itself; the reconciler begins the next turn. */
const TURN_WAIT_MS = 30_000;
const LOOK_EVERY_MS = 250;

/** Removes a marked space, room by room, in batches. A crash at any point is made good by doing it again. */
@Injectable()
export class RemoveSpaceService implements OnModuleDestroy {
  private readonly logger = new Logger(RemoveSpaceService.name);
  private isStopping = false;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly hooks: SpaceHooks,
  ) {}

  onModuleDestroy(): void {
    this.isStopping = true;
  }

  /** True when the space is gone now. */
  async remove(searchSpaceId: string): Promise<boolean> {
    const isBegun = await this.unitOfWork.run((scope) =>
      scope.get(SpaceDeletions).begin(searchSpaceId),
    );
    if (!isBegun) return false;
    const untilMs = performance.now() + TURN_WAIT_MS;
    for (const hook of this.hooks.listDeleting()) {
      if (!(await this.finishHook(hook, searchSpaceId, untilMs))) return false;
    }
    while (await this.removeOwnBatch(searchSpaceId)) if (this.isStopping) return false;
    return this.finish(searchSpaceId);
  }

  /** False when it has to be gone on with another time. */
  private async finishHook(
    { name, removeBatch }: DeletingHook,
    searchSpaceId: string,
    untilMs: number,
  ): Promise<boolean> {
    while (!this.isStopping) {
      const progress = await removeBatch(searchSpaceId);
      if (progress === 'done') return true;
      if (progress === 'more') continue;
      if (performance.now() > untilMs) {
        this.logger.warn(`the removal of space ${searchSpaceId} waits for ${name}`);
        return false;
      }
      await sleep(LOOK_EVERY_MS);
    }
    return false;
  }

  private removeOwnBatch(searchSpaceId: string): Promise<boolean> {
    return this.unitOfWork.run((scope) => scope.get(SpaceDeletions).removeBatch(searchSpaceId));
  }

  private async finish(searchSpaceId: string): Promise<boolean> {
    const isGone = await this.unitOfWork.run(async (scope) => {
      if (!(await scope.get(SpaceDeletions).finish(searchSpaceId))) return false;
      await scope.get(AuditTrail).record({
        action: 'space.deleted',
        target: { type: 'search_space', id: searchSpaceId },
        searchSpaceId,
      });
      return true;
    });
    if (isGone) this.logger.log(`space ${searchSpaceId} was deleted`);
    return isGone;
  }
}
