import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Clock } from '../../common/clock.js';
import { DomainError } from '../../common/domain-error.js';
import { AppConfig } from '../../config/app-config.js';
import { MediaLibrary } from '../domain/media-library.port.js';
import { COMPLETE_GRACE_MS, type PendingUpload, toUploadKey } from '../domain/pending-upload.js';

/** Uploads of one user that were begun and neither completed nor over, in each process. */
export const OPEN_UPLOADS_MAX = 100;
const USERS_MAX = 10_000;
const MS_PER_S = 1_000;

interface OpenUpload {
  id: string;
  endsAtMs: number;
}

/**
 * Bounds what users can have staged without ever completing it: no quota counts it before. In memory, so of several
 * processes each counts what was begun in it; those that were completed in another one, or refused, count no more.
 */
@Injectable()
export class OpenUploads {
  /** Of each user, the first to end first. */
  private readonly open = new LRUCache<string, readonly OpenUpload[]>({ max: USERS_MAX });

  constructor(
    private readonly config: AppConfig,
    private readonly clock: Clock,
    private readonly library: MediaLibrary,
  ) {}

  /** @throws DomainError `request.throttled` with the wait until the first of them is over */
  async begin({ id, userId }: Pick<PendingUpload, 'id' | 'userId'>): Promise<void> {
    if (this.list(userId).length >= OPEN_UPLOADS_MAX) await this.dropDone(userId);
    const open = this.list(userId);
    const [first] = open;
    const nowMs = this.clock.now().getTime();
    if (first !== undefined && open.length >= OPEN_UPLOADS_MAX) {
      throw new DomainError(
        'request.throttled',
        `${OPEN_UPLOADS_MAX} uploads of yours wait to be completed. Complete one of them, or wait until the first is over.`,
        { retryAfterS: Math.ceil((first.endsAtMs - nowMs) / MS_PER_S) },
      );
    }
    // As long as what is brought to it may lie there.
    const lastsMs = this.config.media.uploadTtlS * MS_PER_S + COMPLETE_GRACE_MS;
    this.open.set(userId, [...open, { id, endsAtMs: nowMs + lastsMs }]);
  }

  /** One of them did not come to be. */
  end({ id, userId }: Pick<PendingUpload, 'id' | 'userId'>): void {
    this.drop(userId, new Set([id]));
  }

  private async dropDone(userId: string): Promise<void> {
    const keys = new Map(this.list(userId).map((one) => [toUploadKey(one), one.id]));
    const claimed = await this.library.listClaimed(userId, [...keys.keys()]);
    this.drop(userId, new Set(claimed.flatMap((key) => keys.get(key) ?? [])));
  }

  private drop(userId: string, ids: ReadonlySet<string>): void {
    this.open.set(
      userId,
      this.list(userId).filter(({ id }) => !ids.has(id)),
    );
  }

  private list(userId: string): readonly OpenUpload[] {
    const nowMs = this.clock.now().getTime();
    return (this.open.get(userId) ?? []).filter(({ endsAtMs }) => endsAtMs > nowMs);
  }
}
