// Proves that callers who wait share a commit, that nobody waits for a timer, and that one fault stays one fault.
import { describe, expect, it } from 'vitest';
import { GroupCommit } from './group-commit.js';

/** Doubles numbers; refuses every batch with a negative one in it. */
class Recorder {
  readonly batches: number[][] = [];

  readonly commit = async (members: number[]): Promise<number[]> => {
    this.batches.push(members);
    await new Promise((resolve) => setImmediate(resolve));
    if (members.some((member) => member < 0)) throw new Error('refused');
    return members.map((member) => member * 2);
  };
}

describe('GroupCommit', () => {
  it('commits a single caller at once', async () => {
    const recorder = new Recorder();
    const group = new GroupCommit(recorder.commit, 256);
    const result = group.add(4);
    expect(recorder.batches).toEqual([[4]]);
    expect(await result).toBe(8);
  });

  it('gives each of those who came during a commit their own result of the next', async () => {
    const recorder = new Recorder();
    const group = new GroupCommit(recorder.commit, 3);
    const results = await Promise.all([1, 2, 3, 4, 5, 6].map((member) => group.add(member)));
    expect(results).toEqual([2, 4, 6, 8, 10, 12]);
    expect(recorder.batches).toEqual([[1], [2, 3, 4], [5, 6]]);
  });

  it('runs a failed batch again one by one and fails only the culprit', async () => {
    const recorder = new Recorder();
    const group = new GroupCommit(recorder.commit, 256);
    const results = await Promise.allSettled([1, 2, -3, 4].map((member) => group.add(member)));
    expect(results.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    expect(recorder.batches).toEqual([[1], [2, -3, 4], [2], [-3], [4]]);
    expect(await group.add(7)).toBe(14);
  });
});
