/** Proves that failures from one address are limited and that others are left alone. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { AppConfig } from '../config/app-config.js';
import { AddressLimiter } from './address-limiter.js';
import { InProcessThrottlerStorage } from './in-process-throttler-storage.js';

const LIMIT = 3;
const ADDRESS = '203.0.113.7';

describe('AddressLimiter', () => {
  let nowMs: number;
  let limiter: AddressLimiter;

  beforeEach(() => {
    nowMs = 0;
    const storage = new InProcessThrottlerStorage({ now: () => new Date(nowMs) });
    limiter = new AddressLimiter(storage, { limits: { loginsPerMinute: LIMIT } } as AppConfig);
  });

  async function fail(times: number, address = ADDRESS): Promise<void> {
    for (let count = 0; count < times; count += 1) await limiter.recordFailure(address);
  }

  it('allows whoever has not failed too often', async () => {
    await fail(LIMIT - 1);
    await expect(limiter.assertAllowed(ADDRESS)).resolves.toBeUndefined();
  });

  it('refuses after the limit of failures, and says when to come back', async () => {
    await fail(LIMIT);
    await expect(limiter.assertAllowed(ADDRESS)).rejects.toMatchObject({
      code: 'auth.login_throttled',
      retryAfterS: expect.any(Number),
    });
  });

  it('allows again after the wait it named', async () => {
    await fail(LIMIT * 4);
    const refusal: { retryAfterS: number } = (await limiter
      .assertAllowed(ADDRESS)
      .catch((error: unknown) => error as { retryAfterS: number })) as { retryAfterS: number };
    nowMs += refusal.retryAfterS * 1_000;
    await expect(limiter.assertAllowed(ADDRESS)).resolves.toBeUndefined();
  });

  it('counts each address by itself', async () => {
    await fail(LIMIT);
    await expect(limiter.assertAllowed('203.0.113.8')).resolves.toBeUndefined();
  });

  it('counts an IPv6 network as one address, for its owner has them all', async () => {
    await fail(LIMIT, '2001:db8:1:2::1');
    await expect(limiter.assertAllowed('2001:db8:1:2::ffff')).rejects.toThrow('Too many');
    await expect(limiter.assertAllowed('2001:db8:1:3::1')).resolves.toBeUndefined();
  });
});
