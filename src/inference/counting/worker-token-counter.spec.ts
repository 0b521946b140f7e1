/** Proves what is counted and what is estimated: the cap, the queue, a late thread, and one that is shut. */
import { afterEach, describe, expect, it } from 'vitest';
import { type TokenCounterBounds, WorkerTokenCounter } from './worker-token-counter.js';

class BoundCounter extends WorkerTokenCounter {
  protected override readonly bounds: TokenCounterBounds;

  constructor(bounds: Partial<TokenCounterBounds> = {}) {
    super();
    this.bounds = {
      charactersCountedMax: 1_048_576,
      charactersWaitingMax: 16 * 1_048_576,
      tasksMax: 256,
      budgetMs: 30_000,
      timeoutMs: 60_000,
      idleMs: 60_000,
      ...bounds,
    };
  }
}

describe('the token counter', () => {
  let counter: WorkerTokenCounter;

  function open(bounds: Partial<TokenCounterBounds> = {}): WorkerTokenCounter {
    counter = new BoundCounter(bounds);
    return counter;
  }

  afterEach(() => counter.onApplicationShutdown());

  it('counts as recent models of OpenAI do', async () => {
    open();
    expect(await counter.count(['Hello, world!'])).toBe(4);
    expect(await counter.count(['Hello, ', 'world!'])).toBe(5);
    expect(await counter.count(['漢字'])).toBe(2);
    expect(await counter.count(['<|endoftext|>'])).toBeGreaterThan(1);
    expect(await counter.count(['\ud83d', ''])).toBeGreaterThan(0);
    expect(await counter.count(['', ''])).toBe(0);
    expect(await counter.count([])).toBe(0);
  });

  it('counts the first part of a long text and reckons the rest by it', async () => {
    open({ charactersCountedMax: 4_096 });
    const whole = 'one two three four '.repeat(4_096);
    const tokens = await counter.count([whole, whole]);
    // Four words of one token each, and a cut word here and there.
    expect(tokens).toBeGreaterThan(8 * 4_096 * 0.9);
    expect(tokens).toBeLessThan(8 * 4_096 * 1.1);
  });

  it('does not lose itself in one endless word', async () => {
    open();
    expect(await counter.count(['a'.repeat(262_144)])).toBe(32_768);
  });

  it('takes a third of the bytes when too much waits, and counts again afterwards', async () => {
    open({ charactersWaitingMax: 10 });
    const [first, second] = await Promise.all([
      counter.count(['0123456']),
      counter.count(['äöü!']),
    ]);
    expect([first, second]).toEqual([3, 3]);
    expect(await counter.count(['Hi there.'])).toBe(3);
    expect(await counter.count(['0'.repeat(32)])).toBe(11);
  });

  it('takes a third of the bytes when the queue is full', async () => {
    open({ tasksMax: 1 });
    const counts = await Promise.all(
      Array.from({ length: 20 }, () => counter.count(['Hello you'])),
    );
    expect(new Set(counts)).toEqual(new Set([2, 3]));
  });

  it('takes a third of the bytes when the thread is late, and starts a new one', async () => {
    open({ timeoutMs: 1 });
    expect(await counter.count(['Hello, world!'])).toBe(5);
  });

  it('gives what it has when its time is over', async () => {
    open({ budgetMs: -1 });
    expect(await counter.count(['Hello, world!'])).toBe(5);
  });

  it('estimates after its end, and ends without having begun', async () => {
    open();
    await counter.onApplicationShutdown();
    expect(await counter.count(['Hello, world!'])).toBe(5);
  });
});
