import type { CacheEpoch } from '../persistence/cache-epoch.js';
import { EpochCache } from '../persistence/epoch-cache.js';
import type { Edition } from './domain/connection-state.reader.port.js';

interface Known<V> {
  mark: string;
  value: V;
}

/**
 * A bounded cache whose entries outlive the epoch: after a change of anything that is cached one small question tells
 * whether it was this; only then it is made anew.
 */
export class EditionCache<C, V> {
  private readonly cache: EpochCache<V>;
  private readonly known = new Map<string, Known<V>>();

  constructor(
    epoch: CacheEpoch,
    private readonly entriesMax: number,
  ) {
    this.cache = new EpochCache(epoch, { entriesMax });
  }

  /** The same value while nothing of it changed. */
  get(
    key: string,
    read: (mark: string | null) => Promise<Edition<C>>,
    make: (content: C) => V,
  ): Promise<V> {
    return this.cache.get(key, async () => {
      const known = this.known.get(key);
      const { mark, content } = await read(known?.mark ?? null);
      // What was read may be older than what another one has read meanwhile: it is good for who asked then, and the
      // epoch keeps it from those who ask later.
      if (content === null && known) return known.value;
      const value = make(content as C);
      this.keep(key, { mark, value });
      return value;
    });
  }

  private keep(key: string, known: Known<V>): void {
    this.known.delete(key);
    this.known.set(key, known);
    const oldest = this.known.keys().next();
    if (this.known.size > this.entriesMax && !oldest.done) this.known.delete(oldest.value);
  }
}
