// Proves that drawing never takes more than its share, keeps its order, and skips what was given up.
import { describe, expect, it } from 'vitest';
import { setTimeout as wait } from 'node:timers/promises';
import { RenderQueue } from './render-queue.js';

describe('RenderQueue', () => {
  it('runs no more than its share at once, in order, and goes on after a fault', async () => {
    const queue = new RenderQueue(2);
    const { signal } = new AbortController();
    const begun: number[] = [];
    let running = 0;
    let runningMax = 0;
    const work = Array.from({ length: 8 }, (_, id) =>
      queue.run(signal, async () => {
        begun.push(id);
        running += 1;
        runningMax = Math.max(runningMax, running);
        await wait(5);
        running -= 1;
        if (id === 3) throw new Error('broken');
        return id;
      }),
    );
    const outcomes = await Promise.allSettled(work);
    expect(runningMax).toBe(2);
    expect(begun).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(outcomes.filter((outcome) => outcome.status === 'rejected')).toHaveLength(1);
  });

  it('does not begin what was given up while it waited', async () => {
    const queue = new RenderQueue(1);
    const controller = new AbortController();
    const first = queue.run(new AbortController().signal, () => wait(20));
    let isBegun = false;
    const second = queue.run(controller.signal, () => {
      isBegun = true;
      return Promise.resolve();
    });
    controller.abort();
    await expect(second).rejects.toMatchObject({ name: 'AbortError' });
    await first;
    expect(isBegun).toBe(false);
  });
});
