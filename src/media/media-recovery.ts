import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { UnitOfWork } from '../persistence/unit-of-work.port.js';
import type { MediaAsset } from './domain/media-asset.js';
import { MediaReleases } from './domain/media-releases.port.js';
import { MediaRepository } from './domain/media.repository.port.js';
import { MediaStorage } from './domain/media-storage.strategy.js';
import { parseIncomingName, toIncomingName, toStorageKey } from './domain/storage-key.js';
import { MediaReaper } from './media-reaper.js';

/** Longer than any run may take, so that nothing in use is swept away. */
const INCOMING_AGE_MAX_MS = 24 * 60 * 60_000;
/** Most files of one sweep; the next one goes on. */
const SWEEP_MAX = 1_000;

/** Brings rows and bytes together again after a crash between the two. */
@Injectable()
export class MediaRecovery {
  constructor(
    private readonly clock: Clock,
    private readonly storage: MediaStorage,
    private readonly repository: MediaRepository,
    private readonly unitOfWork: UnitOfWork,
    private readonly reaper: MediaReaper,
  ) {}

  /**
   * Finishes what an attempt began to store: promotes bytes that are complete, drops rows whose bytes are nowhere.
   * Only for an attempt that no process works on any more. May be repeated.
   * @returns the assets that are really there, by role and index.
   */
  async recover(attemptId: string): Promise<MediaAsset[]> {
    const assets = await this.repository.findByAttempt(attemptId);
    const verdicts = await Promise.all(assets.map((asset) => this.secure(asset)));
    await this.drop(assets.filter((_asset, position) => !verdicts[position]));
    return assets.filter((_asset, position) => verdicts[position]);
  }

  /** Makes sure that the bytes of a row are at their key. False = they are nowhere. May be repeated. */
  async secure(asset: MediaAsset): Promise<boolean> {
    const name = toIncomingName(asset);
    const key = toStorageKey(asset);
    if (await this.isStored(asset)) {
      await this.storage.discard(name);
      return true;
    }
    // The name says whose bytes they are, only the hash says that they are these.
    const sha256 = await this.hashIncoming(name);
    if (sha256 === asset.sha256) return this.storage.promote(name, key);
    // Not incoming any more: a process that is slow rather than dead may just have promoted them.
    return sha256 === null && this.isStored(asset);
  }

  /** Takes rows without bytes back, in the database and on their blobs. */
  async drop(assets: readonly MediaAsset[]): Promise<void> {
    if (assets.length === 0) return;
    const ids = assets.map(({ id }) => id);
    const released = await this.unitOfWork.run((scope) =>
      scope.get(MediaReleases).releaseAssets(ids),
    );
    await this.reaper.reapNow(released);
  }

  /**
   * Clears incoming pictures that nobody came back for. One that has a row after all is promoted instead.
   * @returns how many were looked at; as many as one sweep may take = call again.
   */
  async sweepIncoming(): Promise<number> {
    const olderThan = new Date(this.clock.now().getTime() - INCOMING_AGE_MAX_MS);
    let count = 0;
    for await (const name of this.storage.listIncoming(olderThan)) {
      const parsed = parseIncomingName(name);
      const asset = parsed && (await this.repository.findByIncomingName(parsed));
      if (!asset || !(await this.secure(asset))) await this.storage.discard(name);
      count += 1;
      if (count === SWEEP_MAX) break;
    }
    return count;
  }

  private async isStored(asset: MediaAsset): Promise<boolean> {
    const stored = await this.storage.stat(toStorageKey(asset));
    return stored?.sizeBytes === asset.sizeBytes;
  }

  private async hashIncoming(name: string): Promise<string | null> {
    const incoming = await this.storage.openIncoming(name);
    if (!incoming) return null;
    const hash = createHash('sha256');
    for await (const chunk of incoming.stream) hash.update(chunk);
    return hash.digest('hex');
  }
}
