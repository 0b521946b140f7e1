/** Proves that tokens are counted in a thread of their own, and that nothing waits for it. */
import { once } from 'node:events';
import { threadId, type Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WorkerTokenCounter } from '../../src/inference/counting/worker-token-counter.js';

const TEN_MEGABYTES = 'All the words of a long, long prompt. '.repeat(275_942);

describe('counting tokens beside the event loop', () => {
  let counter: WorkerTokenCounter;

  beforeEach(() => {
    counter = new WorkerTokenCounter();
  });

  afterEach(() => counter.onApplicationShutdown());

  it('runs in another thread, which ends with the service', async () => {
    const started = new Promise<Worker>((resolve) => process.once('worker', resolve));
    expect(await counter.count(['Hello, world!'])).toBe(4);
    const thread = await started;
    expect(thread.threadId).not.toBe(threadId);
    const ended = once(thread, 'exit');
    await counter.onApplicationShutdown();
    await ended;
  }, 60_000);

  it('lets the event loop run while ten megabytes are counted', async () => {
    await counter.count(['warm']);
    let widestMs = 0;
    let lastMs = performance.now();
    const watch = setInterval(() => {
      widestMs = Math.max(widestMs, performance.now() - lastMs);
      lastMs = performance.now();
    }, 5);
    const tokens = await counter.count([TEN_MEGABYTES]);
    clearInterval(watch);
    expect(tokens).toBeGreaterThan(2_000_000);
    expect(tokens).toBeLessThan(4_000_000);
    expect(widestMs).toBeLessThan(1_000);
  }, 60_000);
});
