import type { EntityManager } from 'typeorm';
import { type CacheEpoch, CacheEpochMark } from './cache-epoch.js';

/** The epoch inside one transaction. */
export class TypeormCacheEpochMark extends CacheEpochMark {
  constructor(
    private readonly manager: EntityManager,
    private readonly epoch: CacheEpoch,
  ) {
    super();
  }

  bump(): Promise<void> {
    return this.epoch.bump(this.manager);
  }
}
