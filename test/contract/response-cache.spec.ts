// Proves the contract of kept answers in the process and, when a Redis is given, on it: bounds, and outages.
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { InProcessResponseCache } from '../../src/inference/cache/adapters/in-process-response-cache.js';
import { RedisResponseCache } from '../../src/inference/cache/adapters/redis-response-cache.js';
import { StillClock } from '../fakes/still-clock.js';
import { createTestRedis } from '../setup/redis.js';
import { queueKinds } from '../setup/services.js';
import { createTcpGate } from '../setup/tcp-gate.js';
import {
  describeResponseCache,
  type ResponseCacheBench,
  toAnswer,
} from './response-cache.contract.js';

const MEBIBYTE = 1_048_576;

async function openInProcess(): Promise<ResponseCacheBench> {
  const clock = new StillClock();
  const cache = new InProcessResponseCache(clock, 64 * MEBIBYTE);
  return {
    cache,
    second: cache,
    pass: async (ms) => clock.move(ms),
    close: async () => {},
  };
}

async function openRedis(): Promise<ResponseCacheBench> {
  const redis = createTestRedis();
  const [cache, second] = [
    new RedisResponseCache(redis.url, redis.prefix),
    new RedisResponseCache(redis.url, redis.prefix),
  ];
  await Promise.all([cache.onModuleInit(), second.onModuleInit()]);
  return {
    cache,
    second,
    pass: (ms) => sleep(ms),
    async close() {
      cache.onApplicationShutdown();
      second.onApplicationShutdown();
      await redis.drop();
    },
  };
}

describeResponseCache('in_process', openInProcess);
if (queueKinds().includes('bull')) describeResponseCache('redis', openRedis);

describe('answers in the process', () => {
  it('keep to their bound: what was not asked for the longest goes', async () => {
    const cache = new InProcessResponseCache(new StillClock(), 4 * MEBIBYTE);
    const big = toAnswer('', { bytes: Buffer.alloc(MEBIBYTE) });
    for (const key of ['a', 'b', 'c']) await cache.keep(key, big, 60);
    await cache.find('a');
    await cache.keep('d', big, 60);
    const found = await Promise.all(['a', 'b', 'c', 'd'].map((key) => cache.find(key)));
    expect(found.map((answer) => answer !== null)).toEqual([true, false, true, true]);
    expect(cache.heldBytes()).toBeGreaterThan(3 * MEBIBYTE);
    expect(cache.heldBytes()).toBeLessThanOrEqual(4 * MEBIBYTE);
  });

  it('do not outgrow the bound by many small ones, nor by one that is larger', async () => {
    const cache = new InProcessResponseCache(new StillClock(), MEBIBYTE);
    for (let index = 0; index < 5_000; index += 1) {
      await cache.keep(`key-${index}`, toAnswer('{}'), 60);
    }
    expect(cache.heldBytes()).toBeLessThanOrEqual(MEBIBYTE);
    await cache.keep('key-4999', toAnswer('', { bytes: Buffer.alloc(2 * MEBIBYTE) }), 60);
    expect(await cache.find('key-4999')).toBeNull();
    expect(await cache.find('key-4998')).not.toBeNull();
  });
});

if (queueKinds().includes('bull')) describeRedis();

function describeRedis(): void {
  describe('answers on Redis', () => {
    const redis = createTestRedis();

    beforeEach(() => void vi.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined));
    afterEach(() => void vi.restoreAllMocks());
    afterAll(() => redis.drop());

    it('end by themselves, whoever else forgets them', async () => {
      const cache = new RedisResponseCache(redis.url, redis.prefix);
      await cache.onModuleInit();
      await cache.keep('ends', toAnswer('{}'), 60);
      cache.onApplicationShutdown();
      const plain = new Redis(redis.url);
      const left = await plain.ttl(`${redis.prefix}:answer:ends`);
      await plain.quit();
      expect(left).toBeGreaterThan(50);
      expect(left).toBeLessThanOrEqual(60);
    });

    it('are none when something else lies under their key', async () => {
      const cache = new RedisResponseCache(redis.url, redis.prefix);
      await cache.onModuleInit();
      const plain = new Redis(redis.url);
      await plain.set(`${redis.prefix}:answer:odd`, 'whatever this is');
      expect(await cache.find('odd')).toBeNull();
      await plain.quit();
      cache.onApplicationShutdown();
    });

    it('are neither found nor kept while Redis is away, and nobody waits or fails for it', async () => {
      const { hostname, port } = new URL(redis.url);
      const gate = await createTcpGate({ host: hostname, port: Number(port || 6379) });
      const cache = new RedisResponseCache(`redis://127.0.0.1:${gate.port}`, redis.prefix);
      try {
        await cache.onModuleInit();
        await cache.keep('away', toAnswer('{}'), 60);
        expect(await cache.find('away')).not.toBeNull();
        gate.freeze();
        const before = performance.now();
        for (let index = 0; index < 150; index += 1) {
          await cache.keep('away', toAnswer('{}'), 60);
          expect(await cache.find('away')).toBeNull();
        }
        // 300 commands of 200 ms each, were a store that is away not left alone.
        expect(performance.now() - before).toBeLessThan(30_000);
        await gate.shut();
        expect(await cache.find('away')).toBeNull();
        await gate.open();
        await vi.waitFor(async () => expect(await cache.find('away')).not.toBeNull(), {
          timeout: 30_000,
          interval: 200,
        });
      } finally {
        cache.onApplicationShutdown();
        await gate.shut();
      }
    });
  });
}
