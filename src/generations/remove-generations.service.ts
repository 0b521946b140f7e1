import { Injectable } from '@nestjs/common';
import type { ReleasedBlob } from '../media/domain/media-asset.js';
import { MediaReleases } from '../media/domain/media-releases.port.js';
import type { WorkScope } from '../persistence/unit-of-work.port.js';
import { GenerationsRemover } from './domain/generations.repository.port.js';

export interface Removed {
  /** Of those that were there and had ended. */
  ids: string[];
  /** To be passed to `MediaService.purge` after the commit. */
  released: ReleasedBlob[];
}

/** Removes generations with their pictures in a transaction of the caller's; money and usage rows stay. */
@Injectable()
export class RemoveGenerationsService {
  async removeIn(scope: WorkScope, ids: readonly string[]): Promise<Removed> {
    const removed: Removed = { ids: [], released: [] };
    for (const id of ids) {
      const released = await scope.get(MediaReleases).releaseGeneration(id);
      removed.released.push(...released);
      if (await scope.get(GenerationsRemover).remove(id)) removed.ids.push(id);
    }
    return removed;
  }
}
