// Proves that bounded work keeps its bound and its order, and ends what it began.
import { describe, expect, it } from 'vitest';
import { runBounded } from './run-bounded.js';

describe('bounded work', () => {
  it('has no more under way than permitted and answers in order', async () => {
    let underWay = 0;
    let most = 0;
    const results = await runBounded([5, 1, 4, 1, 3, 2], 3, async (member, index) => {
      underWay += 1;
      most = Math.max(most, underWay);
      await new Promise((resolve) => setTimeout(resolve, member));
      underWay -= 1;
      return member * 10 + index;
    });
    expect(results).toEqual([50, 11, 42, 13, 34, 25]);
    expect(most).toBe(3);
  });

  it('begins nothing more on a turn that threw, lets the others end, and throws', async () => {
    const done: number[] = [];
    const work = runBounded([0, 1, 2], 2, async (member) => {
      if (member === 0) throw new Error('no');
      await new Promise((resolve) => setTimeout(resolve, 2));
      done.push(member);
    });
    await expect(work).rejects.toThrow('no');
    expect(done).toEqual([1, 2]);
  });

  it('does nothing with nothing', async () => {
    expect(await runBounded([], 3, async () => 1)).toEqual([]);
  });
});
