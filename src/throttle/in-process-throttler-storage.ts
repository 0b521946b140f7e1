import type { Clock } from '../common/clock.js';
import type { RateLimit } from '../common/caller.js';
import { RateStorage } from './rate-storage.port.js';
import { judge, rollTo, type WindowCounts, type WindowVerdict } from './sliding-window.js';

/** Callers counted at once; the one seen longest ago makes room. */
const KEYS_MAX = 50_000;

/** Counts in this process alone. */
export class InProcessThrottlerStorage extends RateStorage {
  private readonly counts = new Map<string, WindowCounts>();

  constructor(
    private readonly clock: Clock,
    private readonly keysMax = KEYS_MAX,
  ) {
    super();
  }

  async hit(key: string, windowMs: number, limit: number): Promise<WindowVerdict> {
    const nowMs = this.clock.now().getTime();
    const counts = this.find(key, nowMs, windowMs);
    const verdict = judge(counts, nowMs, windowMs, limit);
    if (!verdict.isRefused) counts.current += 1;
    this.keep(key, counts);
    return verdict;
  }

  async peek(key: string, windowMs: number, limit: number): Promise<WindowVerdict> {
    const nowMs = this.clock.now().getTime();
    return judge(this.find(key, nowMs, windowMs), nowMs, windowMs, limit);
  }

  async hitAll(key: string, limits: readonly RateLimit[]): Promise<WindowVerdict[]> {
    return this.judgeAll(key, limits, true);
  }

  async peekAll(key: string, limits: readonly RateLimit[]): Promise<WindowVerdict[]> {
    return this.judgeAll(key, limits, false);
  }

  async refund(key: string, windowMs: number): Promise<void> {
    const counts = this.find(key, this.clock.now().getTime(), windowMs);
    if (counts.current > 0) counts.current -= 1;
    else if (counts.previous > 0) counts.previous -= 1;
    else return;
    this.keep(key, counts);
  }

  /** Nothing is awaited between judging and counting. */
  private judgeAll(key: string, limits: readonly RateLimit[], isCounted: boolean): WindowVerdict[] {
    const nowMs = this.clock.now().getTime();
    const windows = limits.map(({ windowMs, limit }) => {
      const name = `${key}:${windowMs}`;
      const counts = this.find(name, nowMs, windowMs);
      return { name, counts, verdict: judge(counts, nowMs, windowMs, limit) };
    });
    if (isCounted && windows.every(({ verdict }) => !verdict.isRefused)) {
      for (const { name, counts } of windows) {
        counts.current += 1;
        this.keep(name, counts);
      }
    }
    return windows.map(({ verdict }) => verdict);
  }

  private find(key: string, nowMs: number, windowMs: number): WindowCounts {
    return rollTo(Math.floor(nowMs / windowMs), this.counts.get(key));
  }

  private keep(key: string, counts: WindowCounts): void {
    this.counts.delete(key);
    this.counts.set(key, counts);
    if (this.counts.size <= this.keysMax) return;
    const oldest = this.counts.keys().next();
    if (!oldest.done) this.counts.delete(oldest.value);
  }
}
