import { Injectable } from '@nestjs/common';
import { assert } from '../common/assert.js';
import { CacheEpoch } from '../persistence/cache-epoch.js';
import { EpochCache } from '../persistence/epoch-cache.js';
import { type PricingData, PricingStateReader } from './domain/pricing-state.reader.port.js';

const KEY = 'pricing';

/**
 * What operators set about prices, out of memory: after a change of anything that is cached, one small question tells
 * whether it was this; only then it is read again.
 */
@Injectable()
export class PricingState {
  private readonly cache: EpochCache<PricingData>;
  private newest: PricingData | null = null;

  constructor(
    private readonly reader: PricingStateReader,
    epoch: CacheEpoch,
  ) {
    this.cache = new EpochCache(epoch, { entriesMax: 1 });
  }

  /** The same object while nothing changed. */
  current(): Promise<PricingData> {
    return this.cache.get(KEY, () => this.load());
  }

  private async load(): Promise<PricingData> {
    const read = await this.reader.read(this.newest?.revision ?? null);
    // Two that read at once may come back in any order.
    if (read && read.revision > (this.newest?.revision ?? -1)) this.newest = read;
    assert(this.newest, 'the state of prices was never read');
    return this.newest;
  }
}
