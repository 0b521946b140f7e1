/** Proves that what comes in during a write is written together next, and that a failed batch fails its own members alone. */
import { describe, expect, it } from 'vitest';
import { Batcher } from './batcher.js';

function open() {
  const writes: { items: number[]; end: () => void; fail: (error: Error) => void }[] = [];
  const batcher = new Batcher<number>(
    (items) => new Promise((end, fail) => writes.push({ items, end, fail })),
  );
  return { batcher, writes };
}

const settle = () => new Promise((resume) => setImmediate(resume));

describe('Batcher', () => {
  it('writes the first item at once and the rest together', async () => {
    const { batcher, writes } = open();
    const all = [1, 2, 3].map((item) => batcher.add(item));
    expect(writes.map(({ items }) => items)).toEqual([[1]]);
    writes[0]!.end();
    await settle();
    expect(writes.map(({ items }) => items)).toEqual([[1], [2, 3]]);
    writes[1]!.end();
    await Promise.all(all);
  });

  it('fails the members of a failed batch, and goes on', async () => {
    const { batcher, writes } = open();
    const results = [1, 2, 3].map((item) => batcher.add(item));
    writes[0]!.end();
    await settle();
    writes[1]!.fail(new Error('on purpose'));
    const settled = await Promise.allSettled(results);
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    const next = batcher.add(4);
    writes[2]!.end();
    await expect(next).resolves.toBeUndefined();
  });
});
