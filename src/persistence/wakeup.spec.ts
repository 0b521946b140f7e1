/** Proves that no wake is lost, whether it comes before the wait or during it. */
import { describe, expect, it } from 'vitest';
import { Wakeup } from './wakeup.js';

const LONG_MS = 60_000;

async function measure(wait: Promise<void>): Promise<number> {
  const startedAtMs = performance.now();
  await wait;
  return performance.now() - startedAtMs;
}

describe('Wakeup', () => {
  it('ends a wait', async () => {
    const wakeup = new Wakeup();
    const waiting = measure(wakeup.wait(LONG_MS));
    setTimeout(() => wakeup.wake(), 10);
    expect(await waiting).toBeLessThan(1_000);
  });

  it('ends the next wait when nobody waited', async () => {
    const wakeup = new Wakeup();
    wakeup.wake();
    wakeup.wake();
    expect(await measure(wakeup.wait(LONG_MS))).toBeLessThan(1_000);
    expect(await measure(wakeup.wait(30))).toBeGreaterThanOrEqual(25);
  });

  it('ends by itself when the time is up', async () => {
    expect(await measure(new Wakeup().wait(30))).toBeGreaterThanOrEqual(25);
  });
});
