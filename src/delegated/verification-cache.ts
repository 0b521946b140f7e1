import type { Caller } from '../common/caller.js';
import type { Clock } from '../common/clock.js';
import type { CacheEpoch } from '../persistence/cache-epoch.js';

/** What a verification found, and by when it was known. */
export interface Verification {
  externalId: string;
  caller: Caller;
  /** The cache epoch before our own rows were read; null = caches were off. */
  epoch: number | null;
  /** When the backend was asked. */
  askedAtMs: number;
}

export interface VerificationCacheOptions {
  entriesMax: number;
  /** 0 = nothing is kept. */
  ttlMs: number;
}

type Load = () => Promise<Verification | null>;

/**
 * Users the backend vouched for a moment ago. An entry is good while the cache epoch stands still, for `ttlMs`
 * from the question, and until the backend is heard to know the user no more. A no is never kept.
 */
export class VerificationCache {
  private readonly entries = new Map<string, Verification>();
  private readonly flights = new Map<string, { epoch: number; work: ReturnType<Load> }>();
  /** Grows with each drop: what was being loaded meanwhile is not kept. */
  private drops = 0;

  constructor(
    private readonly epoch: CacheEpoch,
    private readonly clock: Clock,
    private readonly options: VerificationCacheOptions,
  ) {}

  /** Callers who miss together share one load. */
  async get(key: string, load: Load): Promise<Caller | null> {
    const epoch = this.epoch.current();
    if (epoch === null) return toCaller(await load());
    const entry = this.find(key, epoch);
    if (entry) return entry.caller;
    const flight = this.flights.get(key);
    if (flight?.epoch === epoch) return toCaller(await flight.work);
    return toCaller(await this.fly(key, epoch, load));
  }

  /** Forgets all that is known of a user, under whatever key. */
  drop(externalId: string): void {
    this.drops += 1;
    for (const [key, entry] of this.entries) {
      if (entry.externalId === externalId) this.entries.delete(key);
    }
    this.flights.clear();
  }

  private find(key: string, epoch: number): Verification | null {
    const entry = this.entries.get(key);
    if (!entry) return null;
    const isGood = entry.epoch === epoch && this.nowMs() < entry.askedAtMs + this.options.ttlMs;
    if (isGood) return entry;
    this.entries.delete(key);
    return null;
  }

  private fly(key: string, epoch: number, load: Load): ReturnType<Load> {
    const flight = { epoch, work: this.keep(key, load) };
    this.flights.set(key, flight);
    const land = () => {
      if (this.flights.get(key) === flight) this.flights.delete(key);
    };
    flight.work.then(land, land);
    return flight.work;
  }

  private async keep(key: string, load: Load): ReturnType<Load> {
    const { drops } = this;
    const found = await load();
    const isKept =
      found !== null &&
      found.epoch !== null &&
      found.epoch === this.epoch.current() &&
      drops === this.drops &&
      this.options.ttlMs > 0;
    if (!isKept) return found;
    this.entries.delete(key);
    this.entries.set(key, found);
    const oldest = this.entries.keys().next();
    if (this.entries.size > this.options.entriesMax && !oldest.done) {
      this.entries.delete(oldest.value);
    }
    return found;
  }

  private nowMs(): number {
    return this.clock.now().getTime();
  }
}

function toCaller(found: Verification | null): Caller | null {
  return found?.caller ?? null;
}
