/** A cache epoch that moves when a test says so. */
import { CacheEpoch } from '../../src/persistence/cache-epoch.js';

export class StillEpoch extends CacheEpoch {
  /** Null: caches are off. */
  epoch: number | null = 1;

  async bump(): Promise<void> {
    this.hasten();
  }

  current(): number | null {
    return this.epoch;
  }

  last(): number | null {
    return this.epoch;
  }

  hasten(): void {
    this.epoch = (this.epoch ?? 0) + 1;
  }
}
