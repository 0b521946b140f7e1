// Proves that a deadline that is part of another signal fires, however often memory is cleaned up meanwhile.
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { whileHolding } from './while-holding.js';

const DEADLINE_MS = 200;
const PATIENCE_MS = 30_000;

function exposeCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

describe('whileHolding', () => {
  it('lets a deadline fire that only a joined signal refers to', async () => {
    const collect = exposeCollector();
    const begin = () => {
      const deadline = AbortSignal.timeout(DEADLINE_MS);
      const joined = AbortSignal.any([new AbortController().signal, deadline]);
      return whileHolding(
        deadline,
        () => new Promise((resolve) => joined.addEventListener('abort', () => resolve('fired'))),
      );
    };
    const waits = Array.from({ length: 20 }, begin);
    for (let times = 0; times < 5; times += 1) {
      await delay(DEADLINE_MS / 10);
      collect();
    }
    const late = delay(PATIENCE_MS, 'lost', { ref: false });
    expect(await Promise.race([Promise.all(waits), late])).toEqual(waits.map(() => 'fired'));
  });

  it('answers what the work does, and passes on its fault', async () => {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    expect(await whileHolding(signal, () => Promise.resolve(7))).toBe(7);
    const fault = new Error('mine');
    await expect(whileHolding(signal, () => Promise.reject(fault))).rejects.toBe(fault);
  });
});
