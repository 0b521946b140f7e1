/** What every job queue keeps to, whatever carries its jobs. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { newId } from '../../src/common/ids.js';
import type { JobHandler, JobQueue } from '../../src/queue/job-queue.port.js';

const JOB = 'generations.run';
/** Longer than any adapter needs to notice that nothing is to be done. */
const QUIET_MS = 400;
const WAIT = { timeout: 15_000, interval: 10 };

export interface JobQueueBench {
  queue: JobQueue;
  /** Another process's view of the same queue; null when the queue lives in one process. */
  openSecond: (() => JobQueue) | null;
  clean(): Promise<void>;
}

export function describeJobQueue(kind: string, open: () => Promise<JobQueueBench>): void {
  describe(`job queue ${kind}`, () => {
    let bench: JobQueueBench;
    let queue: JobQueue;

    beforeEach(async () => {
      bench = await open();
      queue = bench.queue;
    });

    afterEach(async () => {
      await queue.close();
      await bench.clean();
    });

    function work(handler: JobHandler, concurrency = 1): void {
      queue.process(JOB, handler, { concurrency });
    }

    it('gives every job to the handler once', async () => {
      const seen: string[] = [];
      work(async (id) => void seen.push(id), 4);
      const ids = Array.from({ length: 50 }, newId);
      await Promise.all(ids.map((id) => queue.enqueue(JOB, id)));
      await vi.waitFor(() => expect(seen.toSorted()).toEqual(ids.toSorted()), WAIT);
      await delay(QUIET_MS);
      expect(seen).toHaveLength(ids.length);
    });

    it('keeps jobs that come before anybody works on them, in their order', async () => {
      const ids = Array.from({ length: 5 }, newId);
      for (const id of ids) await queue.enqueue(JOB, id);
      expect(await queue.depth()).toBe(5);
      const seen: string[] = [];
      work(async (id) => void seen.push(id));
      await vi.waitFor(() => expect(seen).toEqual(ids), WAIT);
      await vi.waitFor(async () => expect(await queue.depth()).toBe(0), WAIT);
    });

    it('takes an id once while it waits', async () => {
      const id = newId();
      for (let times = 0; times < 3; times += 1) await queue.enqueue(JOB, id);
      await queue.enqueue(JOB, id, { delayMs: 50 });
      expect(await queue.depth()).toBe(1);
      const seen: string[] = [];
      work(async (id) => void seen.push(id), 4);
      await vi.waitFor(() => expect(seen).toEqual([id]), WAIT);
      await delay(QUIET_MS);
      expect(seen).toEqual([id]);
    });

    it('takes an id once while it runs, and again after it has finished', async () => {
      const id = newId();
      const gates: (() => void)[] = [];
      work(() => new Promise<void>((resolve) => gates.push(resolve)), 4);
      await queue.enqueue(JOB, id);
      await vi.waitFor(() => expect(gates).toHaveLength(1), WAIT);
      await queue.enqueue(JOB, id);
      await delay(QUIET_MS);
      expect(gates).toHaveLength(1);
      gates[0]?.();
      await vi.waitFor(async () => {
        await queue.enqueue(JOB, id);
        expect(gates.length).toBeGreaterThanOrEqual(2);
      }, WAIT);
      for (const open of gates) open();
    });

    it('takes an id again after it has failed for good', async () => {
      const id = newId();
      let runs = 0;
      work(async () => {
        runs += 1;
        throw new Error('on purpose');
      });
      await queue.enqueue(JOB, id);
      await vi.waitFor(() => expect(runs).toBe(1), WAIT);
      await vi.waitFor(async () => {
        await queue.enqueue(JOB, id);
        expect(runs).toBeGreaterThanOrEqual(2);
      }, WAIT);
    });

    it('tries a job as often as it may, with the pause between', async () => {
      const startedAtMs: number[] = [];
      work(async () => {
        startedAtMs.push(performance.now());
        throw new Error('on purpose');
      });
      await queue.enqueue(JOB, newId(), { attemptsMax: 3, backoffMs: 150 });
      await vi.waitFor(() => expect(startedAtMs).toHaveLength(3), WAIT);
      await delay(QUIET_MS);
      expect(startedAtMs).toHaveLength(3);
      const pausesMs = startedAtMs.slice(1).map((atMs, index) => atMs - startedAtMs[index]!);
      expect(Math.min(...pausesMs)).toBeGreaterThanOrEqual(140);
    });

    it('stops trying when an attempt succeeds', async () => {
      let runs = 0;
      work(async () => {
        runs += 1;
        if (runs === 1) throw new Error('on purpose');
      });
      await queue.enqueue(JOB, newId(), { attemptsMax: 5, backoffMs: 1 });
      await vi.waitFor(() => expect(runs).toBe(2), WAIT);
      await delay(QUIET_MS);
      expect(runs).toBe(2);
    });

    it('holds a delayed job back, and counts it', async () => {
      let startedAtMs = 0;
      work(async () => {
        startedAtMs = performance.now();
      });
      const enqueuedAtMs = performance.now();
      await queue.enqueue(JOB, newId(), { delayMs: 300 });
      expect(await queue.depth()).toBe(1);
      await vi.waitFor(() => expect(startedAtMs).toBeGreaterThan(0), WAIT);
      expect(startedAtMs - enqueuedAtMs).toBeGreaterThanOrEqual(290);
    });

    it('works on as many jobs at once as it was told, and no more', async () => {
      let running = 0;
      let most = 0;
      let ended = 0;
      work(async () => {
        running += 1;
        most = Math.max(most, running);
        await delay(30);
        running -= 1;
        ended += 1;
      }, 3);
      for (let count = 0; count < 12; count += 1) await queue.enqueue(JOB, newId());
      await vi.waitFor(() => expect(ended).toBe(12), WAIT);
      expect(most).toBe(3);
    });

    it('lets the lower number go first, and jobs without one last', async () => {
      const [late, second, first] = [newId(), newId(), newId()];
      await queue.enqueue(JOB, late);
      await queue.enqueue(JOB, second, { priority: 5 });
      await queue.enqueue(JOB, first, { priority: 1 });
      const seen: string[] = [];
      work(async (id) => void seen.push(id));
      await vi.waitFor(() => expect(seen).toEqual([first, second, late]), WAIT);
    });

    it('lets running jobs end when it closes, and begins no other', async () => {
      const ended: string[] = [];
      const started: string[] = [];
      work(async (id) => {
        started.push(id);
        await delay(150);
        ended.push(id);
      });
      const ids = [newId(), newId()];
      for (const id of ids) await queue.enqueue(JOB, id);
      await vi.waitFor(() => expect(started).toEqual([ids[0]]), WAIT);
      await queue.close();
      expect(ended).toEqual([ids[0]]);
      await delay(QUIET_MS);
      expect(started).toEqual([ids[0]]);
    });

    it('refuses work after it has closed', async () => {
      await queue.close();
      await expect(queue.enqueue(JOB, newId())).rejects.toMatchObject({
        code: 'request.shutting_down',
      });
    });

    it('answers a ping', async () => {
      await expect(queue.ping()).resolves.toBeUndefined();
    });

    it('loses no job when its process stops, if several share it', async () => {
      const second = bench.openSecond?.();
      const seen: string[] = [];
      const ids = Array.from({ length: 4 }, newId);
      for (const id of ids) await queue.enqueue(JOB, id);
      if (second) await queue.close();
      const worker = second ?? queue;
      worker.process(JOB, async (id) => void seen.push(id), { concurrency: 2 });
      await vi.waitFor(() => expect(seen.toSorted()).toEqual(ids.toSorted()), WAIT);
      await worker.close();
    });
  });
}
