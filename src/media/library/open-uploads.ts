import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Clock } from '../../common/clock.js';
import { DomainError } from '../../common/domain-error.js';
import { AppConfig } from '../../config/app-config.js';
import { COMPLETE_GRACE_MS } from '../domain/pending-upload.js';

/** Uploads of one user that were begun and neither completed nor over, in each process. */
export const OPEN_UPLOADS_MAX = 100;
const USERS_MAX = 10_000;
const MS_PER_S = 1_000;

/**
 * Bounds what users can have staged without ever completing it: no quota counts it before. In memory, so of several
 * processes each counts what was begun in it.
 */
@Injectable()
export class OpenUploads {
  /** When each of them ends, in milliseconds, the first one first. */
  private readonly ends = new LRUCache<string, number[]>({ max: USERS_MAX });

  constructor(
    private readonly config: AppConfig,
    private readonly clock: Clock,
  ) {}

  /** @throws DomainError `request.throttled` with the wait until the first of them is over */
  begin(userId: string): void {
    const nowMs = this.clock.now().getTime();
    const open = (this.ends.get(userId) ?? []).filter((endsAtMs) => endsAtMs > nowMs);
    const [first] = open;
    if (first !== undefined && open.length >= OPEN_UPLOADS_MAX) {
      throw new DomainError(
        'request.throttled',
        `${OPEN_UPLOADS_MAX} uploads of yours wait to be completed. Complete one of them, or wait until the first is over.`,
        { retryAfterS: Math.ceil((first - nowMs) / MS_PER_S) },
      );
    }
    // As long as what is brought to it may lie there.
    const lastsMs = this.config.media.uploadTtlS * MS_PER_S + COMPLETE_GRACE_MS;
    this.ends.set(userId, [...open, nowMs + lastsMs]);
  }

  /** One of them was completed, or did not come to be: its bytes are staged no more. */
  end(userId: string): void {
    this.ends.set(userId, (this.ends.get(userId) ?? []).slice(1));
  }
}
