/** Runs the queue's contract for the queue in the process and, when a Redis is given, for Bull's. */
import { createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import Bull from 'bull';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { StopGrace } from '../../src/config/stop-grace.js';
import { BullJobQueue, toBullOptions } from '../../src/queue/bull-job-queue.js';
import { InProcessJobQueue, WAITING_MAX } from '../../src/queue/in-process-job-queue.js';
import { JOB_NAMES } from '../../src/queue/jobs.js';
import { createTestRedis, type TestRedis } from '../setup/redis.js';
import { queueKinds } from '../setup/services.js';
import { createTcpGate, type TcpGate } from '../setup/tcp-gate.js';
import { describeJobQueue, type JobQueueBench } from './job-queue.contract.js';

const STOP_GRACE_MS = 5_000;

function openBull(redisUrl: string, prefix: string): BullJobQueue {
  const queues = JOB_NAMES.map((name) => [name, new Bull(name, toBullOptions(redisUrl, prefix))]);
  return new BullJobQueue(new Map(queues as [never, Bull.Queue][]), new StopGrace(STOP_GRACE_MS));
}

const BENCHES = {
  in_process: async (): Promise<JobQueueBench> => ({
    queue: new InProcessJobQueue(new StopGrace(STOP_GRACE_MS)),
    openSecond: null,
    clean: async () => undefined,
  }),
  bull: async (): Promise<JobQueueBench> => {
    const redis = createTestRedis();
    return {
      queue: openBull(redis.url, redis.prefix),
      openSecond: () => openBull(redis.url, redis.prefix),
      clean: () => redis.drop(),
    };
  },
};

for (const kind of queueKinds()) describeJobQueue(kind, BENCHES[kind]);

describe('job queue in the process', () => {
  it('refuses a job when too many wait, and takes it when there is room', async () => {
    const queue = new InProcessJobQueue(new StopGrace(STOP_GRACE_MS));
    for (let count = 0; count < WAITING_MAX; count += 1)
      await queue.enqueue('generations.run', `${count}`);
    await expect(queue.enqueue('generations.run', 'one more')).rejects.toMatchObject({
      code: 'request.busy',
    });
    let runs = 0;
    queue.process('generations.run', async () => void (runs += 1), { concurrency: 100 });
    await vi.waitFor(() => expect(runs).toBe(WAITING_MAX), { timeout: 10_000 });
    await queue.enqueue('generations.run', 'one more');
    await vi.waitFor(() => expect(runs).toBe(WAITING_MAX + 1));
    await queue.close();
  });

  it('waits for a running job no longer than the grace', async () => {
    const queue = new InProcessJobQueue(new StopGrace(50));
    queue.process('generations.run', () => new Promise<void>(() => {}), { concurrency: 1 });
    await queue.enqueue('generations.run', newId());
    await vi.waitFor(async () => expect(await queue.depth()).toBe(0));
    const startedAtMs = performance.now();
    await queue.close();
    expect(performance.now() - startedAtMs).toBeLessThan(2_000);
  });
});

/** Longer than a crashed worker's lock and the check for it. */
const RECOVERY_TIMEOUT_MS = 60_000;

for (const kind of queueKinds().filter((name) => name === 'bull')) {
  describe(`job queue ${kind} behind a line that breaks`, () => {
    let gate: TcpGate;
    let redis: TestRedis;
    let near: BullJobQueue;
    let far: BullJobQueue;

    beforeEach(async () => {
      redis = createTestRedis();
      const { hostname, port } = new URL(redis.url);
      gate = await createTcpGate({ host: hostname, port: Number(port || '6379') });
      near = openBull(redis.url, redis.prefix);
      far = openBull(`redis://127.0.0.1:${gate.port}`, redis.prefix);
    });

    afterEach(async () => {
      await Promise.all([near.close(), far.close()]);
      await gate.shut();
      await redis.drop();
    });

    it(
      'gives the job of a worker that vanished to another one',
      async () => {
        const started = vi.fn(() => new Promise<void>(() => {}));
        far.process('generations.run', started, { concurrency: 1 });
        const id = newId();
        await near.enqueue('generations.run', id);
        await vi.waitFor(() => expect(started).toHaveBeenCalledOnce(), { timeout: 5_000 });
        await gate.shut();
        const seen: string[] = [];
        near.process('generations.run', async (job) => void seen.push(job), { concurrency: 1 });
        await vi.waitFor(() => expect(seen).toEqual([id]), { timeout: 40_000, interval: 100 });
      },
      RECOVERY_TIMEOUT_MS,
    );

    it(
      'goes on working when Redis comes back',
      async () => {
        const seen: string[] = [];
        far.process('generations.run', async (job) => void seen.push(job), { concurrency: 2 });
        await far.enqueue('generations.run', 'before');
        await vi.waitFor(() => expect(seen).toEqual(['before']), { timeout: 5_000 });
        await gate.shut();
        await expect(far.enqueue('generations.run', 'during')).rejects.toMatchObject({
          code: 'request.busy',
        });
        await expect(far.ping()).rejects.toThrow();
        await gate.open();
        await vi.waitFor(() => far.ping(), { timeout: 10_000 });
        await far.enqueue('generations.run', 'after');
        await vi.waitFor(() => expect(seen).toContain('after'), { timeout: 20_000 });
      },
      RECOVERY_TIMEOUT_MS,
    );

    it(
      'comes back from an outage in which a proxy took connections and hung up',
      async () => {
        await far.ping();
        await gate.shut();
        const hangUp = vi.fn((socket: Socket) => void socket.on('error', () => {}).destroy());
        const proxy = createServer(hangUp).listen(gate.port, '127.0.0.1');
        await once(proxy, 'listening');
        // More often than a command outlives reconnections.
        await vi.waitFor(() => expect(hangUp.mock.calls.length).toBeGreaterThan(8), {
          timeout: 15_000,
        });
        proxy.close();
        await gate.open();
        await vi.waitFor(() => far.ping(), { timeout: 15_000, interval: 100 });
      },
      RECOVERY_TIMEOUT_MS,
    );
  });
}

describe('job queue on a Redis that does not answer', () => {
  it('fails within its time limit and takes nothing down', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => void sockets.push(socket)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as { port: number };
    const queue = openBull(`redis://127.0.0.1:${port}`, 'none');
    const startedAtMs = performance.now();
    await expect(queue.enqueue('generations.run', newId())).rejects.toMatchObject({
      code: 'request.busy',
    });
    await expect(queue.ping()).rejects.toThrow('in time');
    expect(performance.now() - startedAtMs).toBeLessThan(6_000);
    for (const socket of sockets) socket.destroy();
    silent.close();
    await expect(queue.ping()).rejects.toThrow();
    await queue.close();
  });
});
