/** Proves what a caller is told of several limits: the tightest, on every answer, and the longest wait when refused. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Caller, RateLimit } from '../common/caller.js';
import type { AppConfig } from '../config/app-config.js';
import type { LimitHeaders } from '../http/request-limiter.port.js';
import { CallerLimiter } from './caller-limiter.js';
import { InProcessThrottlerStorage } from './in-process-throttler-storage.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const EVERYBODY = 20;

describe('CallerLimiter', () => {
  let nowMs: number;
  let limiter: CallerLimiter;

  beforeEach(() => {
    nowMs = 0;
    const storage = new InProcessThrottlerStorage({ now: () => new Date(nowMs) });
    limiter = new CallerLimiter(storage, {
      limits: { requestsPerMinute: EVERYBODY },
    } as AppConfig);
  });

  async function ask(id: string, rateLimits?: RateLimit[]) {
    let headers: LimitHeaders = {};
    const tell = (told: LimitHeaders) => void (headers = told);
    const error = await limiter
      .admit({ id, rateLimits } as Caller, tell)
      .catch((one: unknown) => one);
    const names = ['Limit', 'Remaining', 'Reset'].map((name) => headers[`X-RateLimit-${name}`]);
    return { told: names, error: error as { code: string; retryAfterS: number } | undefined };
  }

  it('tells everybody of the limit of a minute', async () => {
    expect((await ask('a')).told).toEqual([EVERYBODY, EVERYBODY - 1, 60]);
    expect((await ask('a')).told).toEqual([EVERYBODY, EVERYBODY - 2, 60]);
    expect((await ask('b')).told).toEqual([EVERYBODY, EVERYBODY - 1, 60]);
  });

  it('tells of the window with the fewest left, whichever that is by now', async () => {
    const limits = [
      { windowMs: MINUTE_MS, limit: 3 },
      { windowMs: HOUR_MS, limit: 5 },
      { windowMs: DAY_MS, limit: 100 },
    ];
    expect((await ask('a', limits)).told).toEqual([3, 2, 60]);
    await ask('a', limits);
    nowMs = 2 * MINUTE_MS;
    expect((await ask('a', limits)).told).toEqual([5, 2, 3_480]);
  });

  it('lets the limit of everybody hold for a key that is given more', async () => {
    expect((await ask('a', [{ windowMs: MINUTE_MS, limit: 1_000 }])).told[0]).toBe(EVERYBODY);
  });

  it('refuses until the last of the full windows has room, and counts what it refused nowhere', async () => {
    const limits = [
      { windowMs: MINUTE_MS, limit: 2 },
      { windowMs: DAY_MS, limit: 2 },
    ];
    await ask('a', limits);
    await ask('a', limits);
    for (let count = 0; count < 5; count += 1) {
      const { told, error } = await ask('a', limits);
      expect(error?.code).toBe('request.throttled');
      expect(error?.retryAfterS).toBeGreaterThan(DAY_MS / 1_000);
      // Not before waiting helps.
      expect(told).toEqual([2, 0, error?.retryAfterS]);
    }
    const states = await limiter.listStates('a', [{ windowMs: HOUR_MS, limit: 7 }, ...limits]);
    expect(states.map(({ remaining }) => remaining)).toEqual([7, 0, 0]);
  });

  it('shows how limits stand without counting', async () => {
    const limits = [{ windowMs: HOUR_MS, limit: 4 }];
    await ask('a', limits);
    for (let count = 0; count < 9; count += 1) {
      const [state] = await limiter.listStates('a', limits);
      expect(state).toEqual({ windowMs: HOUR_MS, limit: 4, remaining: 3, resetInMs: HOUR_MS });
    }
    expect(await limiter.listStates('a', [])).toEqual([]);
  });
});
