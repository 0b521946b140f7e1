import { assert } from '../common/assert.js';
import type { CacheEpoch } from './cache-epoch.js';

export interface EpochCacheOptions {
  /** The least recently used entry makes room for one more. */
  entriesMax: number;
}

interface Entry<V> {
  epoch: number;
  value: V;
}

/**
 * A bounded cache whose entries are good while the cache epoch stands still. A value is kept only if the epoch
 * did not move while it was loaded, so a load that began before a change never revives what the change ended.
 * Values are shared between callers: treat them as frozen.
 */
export class EpochCache<V> {
  private readonly entries = new Map<string, Entry<V>>();
  private readonly flights = new Map<string, Entry<Promise<V>>>();

  constructor(
    private readonly epoch: CacheEpoch,
    private readonly options: EpochCacheOptions,
  ) {
    assert(options.entriesMax > 0, 'a cache needs room for one entry');
  }

  /** The kept value, or the loaded one; callers who miss together share one load. A failed load is not kept. */
  get(key: string, load: () => Promise<V>): Promise<V> {
    const epoch = this.epoch.current();
    // Caches are off: not even a load in flight is shared, it may have begun before a change.
    if (epoch === null) return load();
    const entry = this.find(key, epoch);
    if (entry) return Promise.resolve(entry.value);
    const flight = this.flights.get(key);
    return flight?.epoch === epoch ? flight.value : this.load(key, epoch, load);
  }

  /** The kept value without waiting; undefined when there is none to be used now. */
  peek(key: string): V | undefined {
    const epoch = this.epoch.current();
    return epoch === null ? undefined : this.find(key, epoch)?.value;
  }

  private find(key: string, epoch: number): Entry<V> | undefined {
    const entry = this.entries.get(key);
    if (!entry) return undefined;
    this.entries.delete(key);
    if (entry.epoch !== epoch) return undefined;
    this.entries.set(key, entry);
    return entry;
  }

  private load(key: string, epoch: number, load: () => Promise<V>): Promise<V> {
    const flight: Entry<Promise<V>> = { epoch, value: this.keep(key, epoch, load) };
    this.flights.set(key, flight);
    const land = () => {
      if (this.flights.get(key) === flight) this.flights.delete(key);
    };
    flight.value.then(land, land);
    return flight.value;
  }

  private async keep(key: string, epoch: number, load: () => Promise<V>): Promise<V> {
    const value = await load();
    if (this.epoch.current() !== epoch) return value;
    this.entries.delete(key);
    this.entries.set(key, { epoch, value });
    if (this.entries.size > this.options.entriesMax) {
      const oldest = this.entries.keys().next();
      if (!oldest.done) this.entries.delete(oldest.value);
    }
    return value;
  }
}
