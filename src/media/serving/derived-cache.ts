import { rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { AppConfig } from '../../config/app-config.js';
import { LinkedAssets } from '../domain/linked-assets.port.js';
import type { ReleasedBlob } from '../domain/media-asset.js';
import { type DerivedFile, DerivedFiles, toPictureBytes } from './derived-files.js';
import type { PictureBytes } from './served-picture.js';

/** A trim leaves this part of what may be kept, so that not every picture begins another. */
const KEPT_PART = 0.9;
/** Sources that are asked for at once. */
const SOURCES_MAX = 500;

/**
 * Made pictures, kept on the disk of the machine within TRANSFORM_CACHE_BYTES. Nothing here is needed: what fails is
 * logged, and the picture made again.
 */
@Injectable()
export class DerivedCache {
  private readonly logger = new Logger(DerivedCache.name);
  private readonly files: DerivedFiles;
  private readonly bytesMax: number;
  /** What this process knows of; the trim finds what others wrote. */
  private keptBytes = 0;
  private trimming: Promise<void> | null = null;

  constructor(
    config: AppConfig,
    private readonly clock: Clock,
    private readonly assets: LinkedAssets,
  ) {
    this.files = new DerivedFiles(config.serving.cacheDir);
    this.bytesMax = config.serving.cacheBytesMax;
  }

  async find(source: ReleasedBlob, name: string): Promise<PictureBytes | null> {
    if (this.bytesMax === 0) return null;
    return this.attempt('read', () => this.files.open(source, name, this.clock.now().getTime()));
  }

  /** Keeps it where it can. @returns it, from the disk if possible: slow readers then hold no memory. */
  async keep(source: ReleasedBlob, name: string, bytes: Buffer): Promise<PictureBytes> {
    if (bytes.length > this.bytesMax * KEPT_PART) return toPictureBytes(bytes);
    const taken = await this.attempt('kept', () => this.files.write(source, name, bytes));
    if (taken === null) return toPictureBytes(bytes);
    this.keptBytes += taken;
    if (this.keptBytes > this.bytesMax) await this.trim();
    return (await this.find(source, name)) ?? toPictureBytes(bytes);
  }

  async forget(source: ReleasedBlob): Promise<void> {
    await this.attempt('removed', () => this.files.forget(source));
  }

  /** Takes what was not used longest, until the rest is within its bound. One at a time; never throws. */
  trim(): Promise<void> {
    this.trimming ??= this.attempt('trimmed', () => this.trimNow())
      .then(() => undefined)
      .finally(() => {
        this.trimming = null;
      });
    return this.trimming;
  }

  /** Removes what was made of pictures that are gone. Other processes may have deleted them. Never throws. */
  async sweep(): Promise<void> {
    await this.attempt('swept', async () => {
      await this.files.dropDrafts(this.clock.now().getTime());
      let batch: ReleasedBlob[] = [];
      for await (const source of this.files.listSources()) {
        batch.push(source);
        if (batch.length < SOURCES_MAX) continue;
        await this.forgetUnused(batch);
        batch = [];
      }
      await this.forgetUnused(batch);
    });
  }

  private async forgetUnused(sources: readonly ReleasedBlob[]): Promise<void> {
    if (sources.length === 0) return;
    const used = new Set((await this.assets.listUsed(sources)).map(toText));
    for (const source of sources) {
      if (!used.has(toText(source))) await this.files.forget(source);
    }
  }

  private async trimNow(): Promise<void> {
    const files: DerivedFile[] = [];
    for await (const file of this.files.listFiles()) files.push(file);
    let keptBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    if (keptBytes > this.bytesMax) {
      files.sort((one, other) => one.usedAtMs - other.usedAtMs);
      for (const { path, sizeBytes } of files) {
        if (keptBytes <= this.bytesMax * KEPT_PART) break;
        await this.files.drop(path);
        // Of a folder that has become empty; one that others write into is not.
        await rmdir(dirname(path)).catch(() => undefined);
        keptBytes -= sizeBytes;
      }
    }
    this.keptBytes = keptBytes;
  }

  /** Null when it failed. */
  private async attempt<T>(what: string, work: () => Promise<T>): Promise<T | null> {
    try {
      return await work();
    } catch (error) {
      this.logger.warn(`made pictures could not be ${what}: ${String(error)}`);
      return null;
    }
  }
}

function toText({ searchSpaceId, sha256 }: ReleasedBlob): string {
  return `${searchSpaceId.toLowerCase()}/${sha256}`;
}
