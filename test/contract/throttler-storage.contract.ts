/** What every storage of rate limits keeps to, wherever it counts. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import type { RateStorage } from '../../src/throttle/rate-storage.port.js';

const LIMIT = 5;
const WINDOW_MS = 60_000;
const SHORT_WINDOW_MS = 200;

export interface RateStorageBench {
  storage: RateStorage;
  /** What a second process counts with; the same one when counts live in one process. */
  second: RateStorage;
  close(): Promise<void>;
}

export function describeRateStorage(kind: string, open: () => Promise<RateStorageBench>): void {
  describe(`rate storage ${kind}`, () => {
    let bench: RateStorageBench;
    let key: string;

    beforeEach(async () => {
      bench = await open();
      key = newId();
    });

    afterEach(() => bench.close());

    it('admits up to the limit and refuses the rest', async () => {
      const verdicts = [];
      for (let count = 0; count < LIMIT + 3; count += 1) {
        verdicts.push(await bench.storage.hit(key, WINDOW_MS, LIMIT));
      }
      expect(verdicts.map(({ isRefused }) => isRefused)).toEqual([
        ...Array.from({ length: LIMIT }, () => false),
        ...Array.from({ length: 3 }, () => true),
      ]);
      expect(verdicts[0]).toMatchObject({ hits: 1, retryInMs: 0 });
      const refused = verdicts.at(-1)!;
      expect(refused.hits).toBe(LIMIT + 1);
      expect(refused.retryInMs).toBeGreaterThan(0);
      expect(refused.retryInMs).toBeLessThanOrEqual(2 * WINDOW_MS);
      expect(refused.resetInMs).toBeGreaterThan(0);
      expect(refused.resetInMs).toBeLessThanOrEqual(WINDOW_MS);
    });

    it('admits exactly the limit when all ask at once, by two ways', async () => {
      const both = [bench.storage, bench.second];
      const verdicts = await Promise.all(
        Array.from({ length: 100 }, (_, index) => both[index % 2]!.hit(key, WINDOW_MS, 40)),
      );
      expect(verdicts.filter(({ isRefused }) => !isRefused)).toHaveLength(40);
    });

    it('gives a hit back, and never more than were taken', async () => {
      await bench.storage.refund(key, WINDOW_MS);
      for (let count = 0; count < LIMIT; count += 1) await bench.storage.hit(key, WINDOW_MS, LIMIT);
      await bench.second.refund(key, WINDOW_MS);
      const verdicts = [];
      for (let count = 0; count < 2; count += 1) {
        verdicts.push(await bench.storage.hit(key, WINDOW_MS, LIMIT));
      }
      expect(verdicts.map(({ isRefused }) => isRefused)).toEqual([false, true]);
    });

    it('counts each key by itself', async () => {
      for (let count = 0; count < LIMIT; count += 1) await bench.storage.hit(key, WINDOW_MS, LIMIT);
      expect((await bench.storage.hit(newId(), WINDOW_MS, LIMIT)).isRefused).toBe(false);
      expect((await bench.storage.hit(key, WINDOW_MS, LIMIT)).isRefused).toBe(true);
    });

    it('looks without counting', async () => {
      for (let count = 0; count < LIMIT * 2; count += 1) {
        expect((await bench.storage.peek(key, WINDOW_MS, LIMIT)).hits).toBe(1);
      }
      for (let count = 0; count < LIMIT; count += 1) await bench.storage.hit(key, WINDOW_MS, LIMIT);
      expect((await bench.storage.peek(key, WINDOW_MS, LIMIT)).isRefused).toBe(true);
    });

    it('lets a caller in again who keeps asking', async () => {
      for (let count = 0; count < LIMIT; count += 1) {
        await bench.storage.hit(key, SHORT_WINDOW_MS, LIMIT);
      }
      let verdict = await bench.storage.hit(key, SHORT_WINDOW_MS, LIMIT);
      for (let waitedMs = 0; verdict.isRefused && waitedMs < 2_000; waitedMs += 10) {
        await delay(10);
        verdict = await bench.storage.hit(key, SHORT_WINDOW_MS, LIMIT);
      }
      expect(verdict.isRefused).toBe(false);
    });

    it('names a wait after which the caller is admitted', async () => {
      for (let count = 0; count < LIMIT; count += 1) {
        await bench.storage.hit(key, SHORT_WINDOW_MS, LIMIT);
      }
      const { isRefused, retryInMs } = await bench.storage.peek(key, SHORT_WINDOW_MS, LIMIT);
      expect(isRefused).toBe(true);
      await delay(retryInMs + 5);
      expect((await bench.storage.hit(key, SHORT_WINDOW_MS, LIMIT)).isRefused).toBe(false);
    });
  });
}
