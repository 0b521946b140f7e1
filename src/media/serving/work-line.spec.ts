// Proves that work is done once for all who want the same, a few at a time, and that nobody waits without a bound.
import { describe, expect, it } from 'vitest';
import { WorkLine } from './work-line.js';

const BUSY = expect.objectContaining({ code: 'request.busy', retryAfterS: expect.any(Number) });
const soon = () => new Promise((resolve) => setImmediate(resolve));

describe('WorkLine', () => {
  it('does the same work once at a time, and again when it is asked for later', async () => {
    const line = new WorkLine<number>({ runningMax: 1, waitingMax: 0, waitMs: 30_000 });
    let done = 0;
    const work = async () => {
      await soon();
      return (done += 1);
    };
    const results = await Promise.all(Array.from({ length: 1_000 }, () => line.run('a', work)));
    expect(new Set(results)).toEqual(new Set([1]));
    expect(await line.run('a', work)).toBe(2);
  });

  it('keeps its bounds against 20,000 that are all different', async () => {
    const line = new WorkLine<number>({ runningMax: 3, waitingMax: 50, waitMs: 30_000 });
    let [running, most] = [0, 0];
    const order: number[] = [];
    const results = await Promise.allSettled(
      Array.from({ length: 20_000 }, (_, index) =>
        line.run(String(index), async () => {
          most = Math.max(most, (running += 1));
          await soon();
          running -= 1;
          order.push(index);
          return index;
        }),
      ),
    );
    const done = results.filter(({ status }) => status === 'fulfilled');
    const refused = results.filter((result) => result.status === 'rejected');
    expect(most).toBe(3);
    expect(done).toHaveLength(53);
    expect(order).toEqual(order.toSorted((one, other) => one - other));
    expect(refused).toHaveLength(20_000 - 53);
    expect(refused[0]!.reason).toEqual(BUSY);
    expect(await line.run('after', async () => 7)).toBe(7);
  });

  it('lets nobody wait longer than he may, and keeps the turn of none who left', async () => {
    const line = new WorkLine<string>({ runningMax: 1, waitingMax: 5, waitMs: 5 });
    let finish = () => {};
    const first = line.run('first', () => new Promise((resolve) => (finish = () => resolve('1'))));
    await expect(line.run('second', async () => '2')).rejects.toEqual(BUSY);
    finish();
    expect(await first).toBe('1');
    expect(await line.run('third', async () => '3')).toBe('3');
  });

  it('goes on after work that failed, and tells all who wanted it', async () => {
    const line = new WorkLine<string>({ runningMax: 1, waitingMax: 5, waitMs: 30_000 });
    const fail = async (): Promise<string> => {
      await soon();
      throw new Error('no');
    };
    const results = await Promise.allSettled([
      line.run('a', fail),
      line.run('a', fail),
      line.run('b', async () => 'b'),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
  });
});
