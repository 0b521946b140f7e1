import { LRUCache } from 'lru-cache';
import type { Clock } from '../../../common/clock.js';
import { type CachedAnswer, ResponseCache } from '../response-cache.port.js';

/** Of a key, its entry and its place in the lists, beside the answer itself. */
const ENTRY_BYTES = 512;

/** In the memory of the one process; what was not asked for the longest makes room. */
export class InProcessResponseCache extends ResponseCache {
  private readonly answers: LRUCache<string, CachedAnswer>;

  /** @param bytesMax of all answers together; `RESPONSE_CACHE_BYTES` */
  constructor(clock: Clock, bytesMax: number) {
    super();
    this.answers = new LRUCache({
      maxSize: bytesMax,
      perf: { now: () => clock.now().getTime() },
      ttlResolution: 0,
      sizeCalculation: ({ bytes, usage }) => ENTRY_BYTES + bytes.length + 2 * (usage?.length ?? 0),
    });
  }

  async find(key: string): Promise<CachedAnswer | null> {
    return this.answers.get(key) ?? null;
  }

  /** An answer that does not fit is not kept, and what it was to replace is gone. */
  async keep(key: string, answer: CachedAnswer, ttlS: number): Promise<void> {
    this.answers.set(key, answer, { ttl: ttlS * 1_000 });
  }

  heldBytes(): number {
    return this.answers.calculatedSize;
  }
}
