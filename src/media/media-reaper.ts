import { Injectable, Logger } from '@nestjs/common';
import { UnitOfWork } from '../persistence/unit-of-work.port.js';
import type { ReleasedBlob } from './domain/media-asset.js';
import { MediaReleases } from './domain/media-releases.port.js';
import { MediaStorage } from './domain/media-storage.strategy.js';

/** Deletes the bytes that nothing uses any more. */
@Injectable()
export class MediaReaper {
  private readonly logger = new Logger(MediaReaper.name);
  private readonly listeners: ((blob: ReleasedBlob) => Promise<void>)[] = [];

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly storage: MediaStorage,
  ) {}

  /** Tells of bytes that are gone; `listener` never throws. */
  onReaped(listener: (blob: ReleasedBlob) => Promise<void>): void {
    this.listeners.push(listener);
  }

  /**
   * The bytes go while the row is locked, and the row after them. Whoever stores the same picture meanwhile counts
   * itself on the row first and brings its bytes afterwards, so it either stops this or comes when all is over.
   * May be repeated: a crash in between leaves a row without bytes, which the next call removes.
   */
  async reap(blob: ReleasedBlob): Promise<void> {
    await this.unitOfWork.run(async (scope) => {
      const releases = scope.get(MediaReleases);
      const key = await releases.lockUnused(blob);
      if (key === null) return;
      await this.storage.delete(key);
      for (const listener of this.listeners) await listener(blob);
      await releases.forget(blob);
    });
  }

  /** At once and as well as possible; what fails here the outbox does later. Never throws. */
  async reapNow(blobs: readonly ReleasedBlob[]): Promise<void> {
    for (const blob of blobs) {
      await this.reap(blob).catch((error: Error) =>
        this.logger.warn(
          `bytes of ${blob.sha256} stay until the outbox delivers: ${error.message}`,
        ),
      );
    }
  }
}
