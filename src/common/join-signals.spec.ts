// Proves that a joined deadline fires however often memory is cleaned up, and that calls leave nothing in memory.
import { getEventListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { joinSignals } from './join-signals.js';

const DEADLINE_MS = 200;
const PATIENCE_MS = 30_000;

function exposeCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

describe('joinSignals', () => {
  it('lets a deadline fire that only the joined signal refers to', async () => {
    const collect = exposeCollector();
    const begin = () =>
      joinSignals(
        [new AbortController().signal, AbortSignal.timeout(DEADLINE_MS)],
        (joined) =>
          new Promise((resolve) => joined.addEventListener('abort', () => resolve(joined.reason))),
      );
    const waits = Array.from({ length: 20 }, begin);
    for (let times = 0; times < 5; times += 1) {
      await delay(DEADLINE_MS / 10);
      collect();
    }
    const late = delay(PATIENCE_MS, 'lost', { ref: false });
    const reasons = await Promise.race([Promise.all(waits), late]);
    expect(reasons).toEqual(waits.map(() => expect.objectContaining({ name: 'TimeoutError' })));
  });

  it('is fired from the start by a part that has fired, and by the first alone', async () => {
    const [first, second] = [new AbortController(), new AbortController()];
    first.abort('first');
    await joinSignals([first.signal, second.signal], async (joined) => {
      expect(joined.reason).toBe('first');
      second.abort('second');
      expect(joined.reason).toBe('first');
    });
  });

  it('leaves nothing in memory of a call whose library leaves its listener', async () => {
    const collect = exposeCollector();
    const parts = [new AbortController().signal, AbortSignal.timeout(PATIENCE_MS)];
    const left: WeakRef<AbortSignal>[] = [];
    for (let times = 0; times < 20; times += 1) {
      await joinSignals(parts, async (joined) => {
        joined.addEventListener('abort', () => undefined, { once: true });
        left.push(new WeakRef(joined));
      });
    }
    expect(parts.flatMap((part) => getEventListeners(part, 'abort'))).toEqual([]);
    // What a WeakRef answered stays until the turn is over.
    await delay(0);
    collect();
    expect(left.filter((ref) => ref.deref())).toEqual([]);
  });

  it('answers what the work does, and passes on its fault', async () => {
    const parts = [new AbortController().signal];
    expect(await joinSignals(parts, () => Promise.resolve(7))).toBe(7);
    const fault = new Error('mine');
    await expect(joinSignals(parts, () => Promise.reject(fault))).rejects.toBe(fault);
    expect(getEventListeners(parts[0]!, 'abort')).toEqual([]);
  });
});
