import { Injectable, type OnModuleInit } from '@nestjs/common';
import { MediaReleases } from '../media/domain/media-releases.port.js';
import { MediaService } from '../media/media.service.js';
import { UnitOfWork } from '../persistence/unit-of-work.port.js';
import type { RemovalProgress } from '../spaces/domain/space-removal.js';
import { SpaceHooks } from '../spaces/space-hooks.js';
import { GenerationsRemover } from './domain/generations.repository.port.js';
import { SpaceGenerations } from './domain/space-generations.port.js';
import { EndGenerationService } from './end-generation.service.js';

/** Generations that one transaction removes, each with its attempts, keys and pictures. */
const BATCH_MAX = 50;
const DETACH_MAX = 1_000;

/** Ends and removes the generations of a space that is being deleted, and takes those of a deleted collection out of it. */
@Injectable()
export class SpaceGenerationsRemover implements OnModuleInit {
  constructor(
    private readonly hooks: SpaceHooks,
    private readonly rows: SpaceGenerations,
    private readonly ends: EndGenerationService,
    private readonly media: MediaService,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  onModuleInit(): void {
    this.hooks.onDeleting('generations', (id) => this.removeBatch(id), 'work');
    this.hooks.onCollectionDeleting((id) => this.rows.detach(id, DETACH_MAX));
  }

  /**
   * First everything ends as it always does, with its hold: what waits and what runs is canceled, and what does not
   * stop, or whose process is gone, is waited for. Then the rows go, and their bytes after them.
   */
  async removeBatch(searchSpaceId: string): Promise<RemovalProgress> {
    const unfinished = await this.rows.listUnfinished(searchSpaceId, BATCH_MAX);
    for (const id of unfinished) await this.ends.requestCancel(id);
    if (unfinished.length > 0) return 'later';
    const ids = await this.rows.listConcluded(searchSpaceId, BATCH_MAX);
    if (ids.length === 0) return 'done';
    const released = await this.unitOfWork.run(async (scope) => {
      const remover = scope.get(GenerationsRemover);
      const blobs = [];
      for (const id of ids) {
        blobs.push(...(await scope.get(MediaReleases).releaseGeneration(id)));
        await remover.remove(id);
      }
      return blobs;
    });
    await this.media.purge(released);
    return 'more';
  }
}
