import { Injectable } from '@nestjs/common';
import { RemoveGenerationsService } from '../generations/remove-generations.service.js';
import type { ReleasedBlob } from '../media/domain/media-asset.js';
import { MediaReleases } from '../media/domain/media-releases.port.js';
import { MediaService } from '../media/media.service.js';
import { UnitOfWork, type WorkScope } from '../persistence/unit-of-work.port.js';
import { type CleanupWork, PLAN_TTL_S } from './domain/cleanup.js';
import { CleanupClaims, CleanupsStore } from './domain/cleanups.store.port.js';
import { HeldRows } from './domain/held-rows.port.js';

const RUNNING_MAX = 10;
const BATCH_MAX = 50;
const DONE_TTL_S = 30 * 24 * 60 * 60;
const FORGET_MAX = 10;

/** Goes through plans that were begun. Each batch is taken off the list in the transaction that removes it. */
@Injectable()
export class RunCleanupsService {
  constructor(
    private readonly store: CleanupsStore,
    private readonly removals: RemoveGenerationsService,
    private readonly media: MediaService,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** Until the signal, or until nothing is left. Safe in many processes at once. */
  async work(signal: AbortSignal): Promise<void> {
    for (const cleanup of await this.store.listRunning(RUNNING_MAX)) {
      while (!signal.aborted && (await this.removeBatch(cleanup)));
      if (signal.aborted) return;
      if (cleanup.includesOrphans) await this.purgeUnused(cleanup.searchSpaceId, signal);
      await this.unitOfWork.run((scope) => scope.get(CleanupClaims).finish(cleanup.id));
    }
    await this.store.forget(PLAN_TTL_S, DONE_TTL_S, FORGET_MAX);
  }

  /** False when there was nothing left. */
  private async removeBatch(cleanup: CleanupWork): Promise<boolean> {
    let released: ReleasedBlob[] = [];
    const taken = await this.unitOfWork.run(async (scope) => {
      const ids = await scope.get(CleanupClaims).take(cleanup.id, BATCH_MAX);
      released = ids.length > 0 ? await this.removeIn(scope, cleanup, ids) : [];
      return ids.length;
    });
    await this.media.purge(released);
    return taken > 0;
  }

  private async removeIn(
    scope: WorkScope,
    { id, roles }: CleanupWork,
    ids: string[],
  ): Promise<ReleasedBlob[]> {
    const claims = scope.get(CleanupClaims);
    const free = await scope.get(HeldRows).lockFreeGenerations(ids);
    const isWhole = roles.includes('output');
    const assetIds = await claims.listAssets(free, isWhole ? ['output', 'input', 'mask'] : roles);
    const removed = isWhole
      ? await this.removals.removeIn(scope, free)
      : { ids: free, released: await scope.get(MediaReleases).releaseAssets(assetIds) };
    await claims.count(id, {
      generations: removed.ids.length,
      pictures: assetIds.length,
      passedOver: ids.length - removed.ids.length,
    });
    return removed.released;
  }

  private async purgeUnused(searchSpaceId: string | null, signal: AbortSignal): Promise<void> {
    for (let previous = ''; !signal.aborted;) {
      const unused = await this.store.listUnused(searchSpaceId, BATCH_MAX);
      await this.media.purge(unused);
      // What could not be deleted is there again, and is left to the outbox.
      const first = unused[0]?.sha256 ?? '';
      if (unused.length < BATCH_MAX || first === previous) return;
      previous = first;
    }
  }
}
