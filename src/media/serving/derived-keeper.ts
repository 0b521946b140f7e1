import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { MediaReaper } from '../media-reaper.js';
import { DerivedCache } from './derived-cache.js';

/** By then what was made of a deleted picture is gone from every process. */
const SWEEP_EVERY_MS = 5 * 60_000;

/** Keeps the cache of made pictures within its bound, and takes out of it what was made of pictures that are gone. */
@Injectable()
export class DerivedKeeper implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly cache: DerivedCache,
    private readonly reaper: MediaReaper,
  ) {}

  onApplicationBootstrap(): void {
    this.reaper.onReaped((blob) => this.cache.forget(blob));
    this.timer = setInterval(() => void this.keep(), SWEEP_EVERY_MS).unref();
    void this.cache.trim();
  }

  onModuleDestroy(): void {
    if (this.timer) clearInterval(this.timer);
  }

  /** Never throws. */
  async keep(): Promise<void> {
    await this.cache.sweep();
    await this.cache.trim();
  }
}
