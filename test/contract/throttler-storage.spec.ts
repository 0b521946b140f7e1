/** Runs the contract of rate limits for the counts in the process and, when a Redis is given, for those on it. */
import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { SystemClock } from '../../src/common/clock.js';
import { InProcessThrottlerStorage } from '../../src/throttle/in-process-throttler-storage.js';
import { RedisThrottlerStorage } from '../../src/throttle/redis-throttler-storage.js';
import { createTestRedis } from '../setup/redis.js';
import { queueKinds } from '../setup/services.js';
import { createTcpGate } from '../setup/tcp-gate.js';
import { describeRateStorage, type RateStorageBench } from './throttler-storage.contract.js';

async function openRedis(): Promise<RateStorageBench> {
  const redis = createTestRedis();
  const [storage, second] = [0, 1].map(() => new RedisThrottlerStorage(redis.url, redis.prefix));
  await Promise.all([storage!.onModuleInit(), second!.onModuleInit()]);
  return {
    storage: storage!,
    second: second!,
    async close() {
      storage!.onApplicationShutdown();
      second!.onApplicationShutdown();
      await redis.drop();
    },
  };
}

const BENCHES = {
  in_process: async (): Promise<RateStorageBench> => {
    const storage = new InProcessThrottlerStorage(new SystemClock());
    return { storage, second: storage, close: async () => undefined };
  },
  bull: openRedis,
};

for (const kind of queueKinds()) {
  describeRateStorage(kind === 'bull' ? 'on Redis' : 'in the process', BENCHES[kind]);
}

for (const _ of queueKinds().filter((kind) => kind === 'bull')) {
  describe('rate storage on Redis', () => {
    const testRedis = createTestRedis();

    afterAll(() => testRedis.drop());

    it('connects once, however many modules hold it, and has nothing to complain of', async () => {
      const warnings = vi.spyOn(Logger.prototype, 'warn');
      const storage = new RedisThrottlerStorage(testRedis.url, testRedis.prefix);
      await Promise.all([storage.onModuleInit(), storage.onModuleInit()]);
      await storage.hit('caller', 1_000, 5);
      expect(warnings).not.toHaveBeenCalled();
      warnings.mockRestore();
      storage.onApplicationShutdown();
    });

    it('leaves no key behind that never ends', async () => {
      const { url, prefix } = testRedis;
      const storage = new RedisThrottlerStorage(url, prefix);
      await storage.onModuleInit();
      await storage.hit('caller', 1_000, 5);
      const redis = new Redis(url);
      expect(await redis.pttl(`${prefix}:rate:caller`)).toBeGreaterThan(0);
      expect(await redis.pttl(`${prefix}:rate:caller`)).toBeLessThanOrEqual(2_000);
      await redis.quit();
      storage.onApplicationShutdown();
    });

    it('keeps all windows of a caller under one key, for twice the longest', async () => {
      const { url, prefix } = testRedis;
      const storage = new RedisThrottlerStorage(url, prefix);
      await storage.onModuleInit();
      const limits = [1_000, 60_000].map((windowMs) => ({ windowMs, limit: 5 }));
      await storage.hitAll('windows', limits);
      await storage.peekAll('looked-at', limits);
      const redis = new Redis(url);
      const left = await redis.pttl(`${prefix}:rate:windows`);
      expect(left).toBeGreaterThan(60_000);
      expect(left).toBeLessThanOrEqual(120_000);
      expect(await redis.exists(`${prefix}:rate:looked-at`)).toBe(0);
      await redis.quit();
      storage.onApplicationShutdown();
    });

    it('admits while Redis is away, and counts again when it is back', async () => {
      const { url, prefix } = testRedis;
      const { hostname, port } = new URL(url);
      const gate = await createTcpGate({ host: hostname, port: Number(port || '6379') });
      const storage = new RedisThrottlerStorage(`redis://127.0.0.1:${gate.port}`, prefix);
      await storage.onModuleInit();
      const isRefused = async () => (await storage.hit('caller', 60_000, 1)).isRefused;
      expect([await isRefused(), await isRefused()]).toEqual([false, true]);
      await gate.shut();
      expect([await isRefused(), await isRefused(), await isRefused()]).toEqual([
        false,
        false,
        false,
      ]);
      await gate.open();
      await expect.poll(isRefused, { timeout: 10_000, interval: 100 }).toBe(true);
      storage.onApplicationShutdown();
      await gate.shut();
    });
  });
}

describe('rate storage on a Redis that was never there', () => {
  it('starts and admits', async () => {
    const storage = new RedisThrottlerStorage('redis://127.0.0.1:1', 'none');
    await storage.onModuleInit();
    const startedAtMs = performance.now();
    for (let count = 0; count < 10; count += 1) {
      expect((await storage.hit('caller', 60_000, 1)).isRefused).toBe(false);
      const verdicts = await storage.hitAll('caller', [
        { windowMs: 60_000, limit: 1 },
        { windowMs: 3_600_000, limit: 1 },
      ]);
      expect(verdicts.map(({ isRefused }) => isRefused)).toEqual([false, false]);
    }
    expect(performance.now() - startedAtMs).toBeLessThan(2_000);
    storage.onApplicationShutdown();
  });
});

describe('rate storage in the process', () => {
  it('forgets the caller seen longest ago when it is full', async () => {
    const storage = new InProcessThrottlerStorage(new SystemClock(), 2);
    await storage.hit('first', 60_000, 1);
    await storage.hit('second', 60_000, 1);
    await storage.hit('first', 60_000, 1);
    await storage.hit('third', 60_000, 1);
    expect((await storage.peek('first', 60_000, 1)).isRefused).toBe(true);
    expect((await storage.peek('second', 60_000, 1)).isRefused).toBe(false);
  });
});
