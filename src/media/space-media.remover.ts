import { Injectable, type OnModuleInit } from '@nestjs/common';
import { UnitOfWork } from '../persistence/unit-of-work.port.js';
import type { RemovalProgress } from '../spaces/domain/space-removal.js';
import { SpaceHooks } from '../spaces/space-hooks.js';
import { MediaLibrary } from './domain/media-library.port.js';
import { MediaReleases } from './domain/media-releases.port.js';
import { SpaceMediaReader } from './domain/space-media.reader.port.js';
import { MediaReaper } from './media-reaper.js';

/** Pictures of one batch. */
const BATCH_MAX = 100;
/** Keys of uploads of one batch. */
const CLAIMS_MAX = 1_000;

/** Removes the pictures of a space that is being deleted: rows, then bytes. */
@Injectable()
export class SpaceMediaRemover implements OnModuleInit {
  constructor(
    private readonly hooks: SpaceHooks,
    private readonly reader: SpaceMediaReader,
    private readonly library: MediaLibrary,
    private readonly reaper: MediaReaper,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  onModuleInit(): void {
    this.hooks.onDeleting('media', (searchSpaceId) => this.removeBatch(searchSpaceId));
  }

  /**
   * Done only when no bytes of the space are stored any more: not before the store has deleted them.
   * @throws when the store is away.
   */
  async removeBatch(searchSpaceId: string): Promise<RemovalProgress> {
    const unused = await this.reader.listUnused(searchSpaceId, BATCH_MAX);
    for (const blob of unused) await this.reaper.reap(blob);
    if (unused.length > 0) return 'more';
    const assetIds = await this.reader.listAssetIds(searchSpaceId, BATCH_MAX);
    if (assetIds.length === 0) {
      const removed = await this.library.removeClaimsOfSpace(searchSpaceId, CLAIMS_MAX);
      return removed > 0 ? 'more' : 'done';
    }
    await this.unitOfWork.run((scope) => scope.get(MediaReleases).releaseAssets(assetIds));
    return 'more';
  }
}
