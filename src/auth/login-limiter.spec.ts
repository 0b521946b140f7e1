// Proves over days, on a clock that is moved by hand, that the wait for one account grows and never lasts for ever.
import { beforeEach, describe, expect, it } from 'vitest';
import type { DomainError } from '../common/domain-error.js';
import type { AppConfig } from '../config/app-config.js';
import { AddressLimiter } from '../throttle/address-limiter.js';
import { InProcessThrottlerStorage } from '../throttle/in-process-throttler-storage.js';
import type { UsersReader } from './domain/users.reader.port.js';
import { LoginLimiter } from './login-limiter.js';

const FAILURES = 10;
const WINDOW_S = 900;
const DAY_S = 96 * WINDOW_S;
const EMAIL = 'ada@example.com';
const HOME = '198.51.100.1';

describe('LoginLimiter', () => {
  let nowMs: number;
  let guesses: number;
  let limiter: LoginLimiter;

  beforeEach(() => {
    nowMs = Date.parse('2026-11-21T00:00:00Z');
    guesses = 0;
    const config = {
      limits: { loginsPerMinute: 1_000_000 },
      auth: { accountFailuresMax: FAILURES, accountWindowS: WINDOW_S },
    } as AppConfig;
    const storage = new InProcessThrottlerStorage({ now: () => new Date(nowMs) });
    const isKnownNetwork = async (_email: string, network: string) => network === HOME;
    const users = { isKnownNetwork } as unknown as UsersReader;
    limiter = new LoginLimiter(new AddressLimiter(storage, config), storage, users, config);
  });

  /** Guesses until refused; the wait that is asked for then. */
  async function exhaust(address = '203.0.113.1'): Promise<number> {
    for (;;) {
      try {
        await limiter.beginLogin(EMAIL, address);
        guesses += 1;
      } catch (error) {
        return (error as DomainError).retryAfterS ?? 0;
      }
    }
  }

  it('asks for longer and longer waits of somebody who comes back after each', async () => {
    const waitsS: number[] = [];
    for (let spentS = 0; spentS < DAY_S / 2;) {
      const waitS = await exhaust();
      waitsS.push(waitS);
      spentS += waitS;
      nowMs += waitS * 1_000;
    }
    expect(guesses).toBe(9 * FAILURES);
    expect(waitsS[0]).toBeLessThanOrEqual(2 * WINDOW_S);
    expect(Math.max(...waitsS)).toBeGreaterThan(16 * WINDOW_S);
  });

  it('admits no more than a hundred guesses in a day, whatever their rhythm', async () => {
    for (const stepS of [1, 60, 600, 3_600]) {
      nowMs += 10 * DAY_S * 1_000;
      guesses = 0;
      for (let spentS = 0; spentS < DAY_S; spentS += Math.max(stepS, 300)) {
        await exhaust();
        nowMs += Math.max(stepS, 300) * 1_000;
      }
      expect(guesses).toBeLessThanOrEqual(100);
    }
  });

  it('is open again two of the longest windows after the last guess', async () => {
    for (let hour = 0; hour < 48; hour += 1) {
      await exhaust();
      nowMs += 3_600_000;
    }
    nowMs += 2 * DAY_S * 1_000;
    guesses = 0;
    await exhaust();
    expect(guesses).toBe(FAILURES);
  });

  it('never asks more than two short windows of the owner at home', async () => {
    for (let hour = 0; hour < 24; hour += 1) {
      await exhaust();
      nowMs += 3_600_000;
    }
    expect(await exhaust(HOME)).toBeLessThanOrEqual(2 * WINDOW_S);
    expect(guesses).toBeGreaterThan(FAILURES);
    nowMs += 2 * WINDOW_S * 1_000;
    await expect(limiter.beginLogin(EMAIL, HOME)).resolves.toBeDefined();
  });

  it('takes nothing of the other windows for an attempt that one of them refuses', async () => {
    await exhaust();
    for (let count = 0; count < 50; count += 1) await exhaust();
    nowMs += 2 * WINDOW_S * 1_000;
    guesses = 0;
    await exhaust();
    expect(guesses).toBe(FAILURES);
  });

  it('forgets an attempt that was right', async () => {
    for (let count = 0; count < 20 * FAILURES; count += 1) {
      await (await limiter.beginLogin(EMAIL, '203.0.113.1')).giveBack();
    }
    await exhaust();
    expect(guesses).toBe(FAILURES);
  });
});
