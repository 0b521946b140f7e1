import { Injectable } from '@nestjs/common';
import type { MediaAsset } from './domain/media-asset.js';

/** Whether something needs the picture now. */
export type IsInUse = (asset: MediaAsset) => Promise<boolean>;

/** Rooms above say here which pictures they work on, so that nobody deletes one under their hands. */
@Injectable()
export class MediaUses {
  private readonly askers: IsInUse[] = [];

  /** At the start of the process. */
  register(isInUse: IsInUse): void {
    this.askers.push(isInUse);
  }

  async isInUse(asset: MediaAsset): Promise<boolean> {
    for (const ask of this.askers) if (await ask(asset)) return true;
    return false;
  }
}
