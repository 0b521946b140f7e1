import type { ThrottlerStorage } from '@nestjs/throttler';
import type { RateLimit } from '../common/caller.js';
import type { WindowVerdict } from './sliding-window.js';

const MS_PER_S = 1_000;

interface ThrottlerRecord {
  totalHits: number;
  timeToExpire: number;
  isBlocked: boolean;
  timeToBlockExpire: number;
}

/**
 * Counts hits per key in a sliding window. A refused hit is not counted, so a caller who keeps asking is let in
 * again. These are comfort limits: a store that is away admits. `REDIS_URL` makes all processes count together.
 * Port and injection token.
 */
export abstract class RateStorage implements ThrottlerStorage {
  /** Counts one hit unless it is over the limit. `limit` is per `windowMs`, both ≥ 1. */
  abstract hit(key: string, windowMs: number, limit: number): Promise<WindowVerdict>;

  /** What `hit` would say, without counting. */
  abstract peek(key: string, windowMs: number, limit: number): Promise<WindowVerdict>;

  /**
   * Counts one hit in every window, or in none when one of them is full: one step, whoever else counts at the same
   * time. Answers a verdict for each, in their order. Windows of one key differ in length, and are counted apart
   * from what `hit` counts.
   */
  abstract hitAll(key: string, limits: readonly RateLimit[]): Promise<WindowVerdict[]>;

  /** What `hitAll` would say, without counting. */
  abstract peekAll(key: string, limits: readonly RateLimit[]): Promise<WindowVerdict[]>;

  /** Takes back one hit that was counted: for what must be counted before it is known whether it counts. */
  abstract refund(key: string, windowMs: number): Promise<void>;

  /** For @nestjs/throttler, which thinks in whole seconds. */
  async increment(key: string, ttl: number, limit: number): Promise<ThrottlerRecord> {
    const { hits, isRefused, retryInMs, resetInMs } = await this.hit(key, ttl, limit);
    return {
      totalHits: hits,
      timeToExpire: Math.ceil(resetInMs / MS_PER_S),
      isBlocked: isRefused,
      timeToBlockExpire: Math.ceil(retryInMs / MS_PER_S),
    };
  }
}
