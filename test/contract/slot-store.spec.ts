// Proves the contract of slots in the process and, when a Redis is given, on it: what a crash held, and outages.
import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { InProcessSlotStore } from '../../src/upstream/adapters/in-process-slot.store.js';
import { RedisSlotStore } from '../../src/upstream/adapters/redis-slot.store.js';
import { UpstreamRedis } from '../../src/upstream/adapters/upstream-redis.js';
import { SLOT_TTL_MS } from '../../src/upstream/slot-store.port.js';
import { createTestRedis } from '../setup/redis.js';
import { queueKinds } from '../setup/services.js';
import { createTcpGate } from '../setup/tcp-gate.js';
import { describeSlotStore, type SlotStoreBench } from './slot-store.contract.js';

const TTL_MS = 1_500;
const STALL_MAX_MS = 30_000;

/** One process of several. */
async function openProcess(url: string, prefix: string, ttlMs = SLOT_TTL_MS) {
  const redis = new UpstreamRedis(url, prefix);
  await redis.onModuleInit();
  const store = new RedisSlotStore(redis, ttlMs);
  return {
    store,
    /** As an end in order does. */
    async end() {
      store.onApplicationShutdown();
      await redis.onApplicationShutdown();
    },
    /** As a killed process: no sign of life any more, and nothing is given back. */
    kill: () => store.onApplicationShutdown(),
  };
}

async function openRedis(): Promise<SlotStoreBench> {
  const redis = createTestRedis();
  const [one, two] = [
    await openProcess(redis.url, redis.prefix),
    await openProcess(redis.url, redis.prefix),
  ];
  return {
    store: one.store,
    second: two.store,
    async close() {
      await Promise.all([one.end(), two.end()]);
      await redis.drop();
    },
  };
}

const BENCHES = {
  in_process: async (): Promise<SlotStoreBench> => {
    const store = new InProcessSlotStore();
    return { store, second: store, close: async () => undefined };
  },
  bull: openRedis,
};

for (const kind of queueKinds()) {
  describeSlotStore(kind === 'bull' ? 'on Redis' : 'in the process', BENCHES[kind]);
}

for (const _ of queueKinds().filter((kind) => kind === 'bull')) {
  describe('slot store on Redis', () => {
    const testRedis = createTestRedis();
    const { url, prefix } = testRedis;
    let key: string;

    beforeEach(() => {
      key = `connection:${newId()}`;
    });
    afterEach(() => vi.restoreAllMocks());
    afterAll(() => testRedis.drop());

    const claim = (slotsMax: number) => ({ key, member: newId(), slotsMax, waitersMax: 100 });

    it('frees what a killed process held once its time is over, and nothing of others', async () => {
      const [killed, living] = [
        await openProcess(url, prefix, TTL_MS),
        await openProcess(url, prefix, TTL_MS),
      ];
      const own = claim(4);
      await living.store.ask(own);
      for (let count = 0; count < 3; count += 1) await killed.store.ask(claim(4));
      const waiter = claim(4);
      expect((await living.store.ask(waiter)).state).toBe('waiting');
      killed.kill();
      await expect
        .poll(async () => (await living.store.ask(waiter)).state, { timeout: STALL_MAX_MS })
        .toBe('taken');
      // Three came free, and the fourth is held for as long as its process lives.
      const states = [];
      for (let count = 0; count < 3; count += 1) {
        states.push((await living.store.ask(claim(4))).state);
      }
      expect(states).toEqual(['taken', 'taken', 'waiting']);
      await Promise.all([killed.end(), living.end()]);
    });

    it('removes nothing of others when it starts', async () => {
      const running = await openProcess(url, prefix);
      await running.store.ask(claim(1));
      const started = await openProcess(url, prefix);
      expect((await started.store.ask(claim(1))).state).toBe('waiting');
      await Promise.all([running.end(), started.end()]);
    });

    it('frees at once what a process held that ends in order', async () => {
      const [ending, staying] = [await openProcess(url, prefix), await openProcess(url, prefix)];
      await ending.store.ask(claim(1));
      await ending.end();
      expect((await staying.store.ask(claim(1))).state).toBe('taken');
      await staying.end();
    });

    it('leaves no key behind that never ends', async () => {
      const process = await openProcess(url, prefix);
      for (let count = 0; count < 2; count += 1) await process.store.ask(claim(1));
      const redis = new Redis(url);
      for (const state of ['running', 'waiting']) {
        const left = await redis.pttl(`${prefix}:slots:${state}:${key}`);
        expect(left).toBeGreaterThan(SLOT_TTL_MS);
        expect(left).toBeLessThanOrEqual(2 * SLOT_TTL_MS);
      }
      await redis.quit();
      await process.end();
    });

    it('gives every slot while Redis is away, says so once, and counts again when it is back', async () => {
      const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
      const { hostname, port } = new URL(url);
      const gate = await createTcpGate({ host: hostname, port: Number(port || '6379') });
      const process = await openProcess(`redis://127.0.0.1:${gate.port}`, prefix);
      const ask = async () => (await process.store.ask(claim(1))).state;
      expect([await ask(), await ask()]).toEqual(['taken', 'waiting']);
      await gate.shut();
      expect([await ask(), await ask(), await ask()]).toEqual(['taken', 'taken', 'taken']);
      expect(warn).toHaveBeenCalledOnce();
      await gate.open();
      await expect.poll(ask, { timeout: STALL_MAX_MS, interval: 100 }).toBe('waiting');
      await process.end();
      await gate.shut();
    });

    it('gives every slot when Redis is silent, without waiting for it', async () => {
      vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
      const { hostname, port } = new URL(url);
      const gate = await createTcpGate({ host: hostname, port: Number(port || '6379') });
      const process = await openProcess(`redis://127.0.0.1:${gate.port}`, prefix);
      gate.freeze();
      const startedAtMs = performance.now();
      const states = await Promise.all(
        Array.from({ length: 50 }, async () => (await process.store.ask(claim(1))).state),
      );
      expect(new Set(states)).toEqual(new Set(['taken']));
      expect(performance.now() - startedAtMs).toBeLessThan(STALL_MAX_MS);
      await process.end();
      await gate.shut();
    });
  });
}
