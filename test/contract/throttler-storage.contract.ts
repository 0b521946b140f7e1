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

    describe('several windows at once', () => {
      const hour = (limit: number) => ({ windowMs: 3_600_000, limit });
      const day = (limit: number) => ({ windowMs: 86_400_000, limit });

      it('count together, or none of them when one is full', async () => {
        const limits = [hour(100), day(3)];
        const hits = Array.from({ length: 50 }, (_none, index) =>
          (index % 2 === 0 ? bench.storage : bench.second).hitAll('together', limits),
        );
        const verdicts = await Promise.all(hits);
        const admitted = verdicts.filter((all) => all.every(({ isRefused }) => !isRefused));
        expect(admitted).toHaveLength(3);
        const [ofHour, ofDay] = await bench.storage.peekAll('together', limits);
        // A peek speaks of the hit that would come next.
        expect(ofHour).toMatchObject({ isRefused: false, hits: 4, retryInMs: 0 });
        expect(ofDay).toMatchObject({ isRefused: true, hits: 4 });
        expect(ofDay?.retryInMs).toBeGreaterThan(0);
        expect(ofDay?.resetInMs).toBeLessThanOrEqual(86_400_000);
      });

      it('keep their counts when a limit changes or goes', async () => {
        for (let count = 0; count < 3; count += 1) {
          await bench.storage.hitAll('changing', [hour(10), day(10)]);
        }
        const [alone] = await bench.second.hitAll('changing', [hour(10)]);
        expect(alone).toMatchObject({ isRefused: false, hits: 4 });
        const [ofHour, ofDay] = await bench.second.hitAll('changing', [hour(4), day(10)]);
        expect(ofHour?.isRefused).toBe(true);
        expect(ofDay).toMatchObject({ isRefused: false, hits: 4 });
      });

      it('look without counting, and apart from the single counts of the same key', async () => {
        for (let count = 0; count < 5; count += 1) {
          await bench.storage.peekAll('looked-at', [hour(2)]);
          await bench.storage.hit('looked-at', 3_600_000, 2);
        }
        const [verdict] = await bench.storage.hitAll('looked-at', [hour(2)]);
        expect(verdict).toMatchObject({ isRefused: false, hits: 1 });
      });

      it('of other keys are other counts', async () => {
        await bench.storage.hitAll('one', [hour(1)]);
        const [verdict] = await bench.storage.hitAll('two', [hour(1)]);
        expect(verdict?.isRefused).toBe(false);
      });
    });
  });
}
