// Proves that runs and waiters are bounded, served in order, and that a slot is freed exactly once.
import { describe, expect, it } from 'vitest';
import { RunSlots } from './run-slots.js';

const LONG_MS = 5_000;

describe('RunSlots', () => {
  it('lets waiters in one by one, in order', async () => {
    const slots = new RunSlots(1, 2);
    const order: string[] = [];
    const [first, second, third] = [slots.reserve(), slots.reserve(), slots.reserve()];
    await first.begin(LONG_MS);
    const waits = [
      second.begin(LONG_MS).then(() => order.push('second')),
      third.begin(LONG_MS).then(() => order.push('third')),
    ];
    expect(slots.waitingCount).toBe(2);
    first.end();
    await waits[0];
    expect(order).toEqual(['second']);
    second.end();
    await waits[1];
    third.end();
    expect(order).toEqual(['second', 'third']);
    expect(slots.runningCount).toBe(0);
  });

  it('refuses at once when running and waiting are full', () => {
    const slots = new RunSlots(1, 1);
    slots.reserve();
    slots.reserve();
    expect(() => slots.reserve()).toThrow(/Too many generations/);
  });

  it('gives up a wait after its time and frees the place', async () => {
    const slots = new RunSlots(1, 1);
    const holder = slots.reserve();
    await holder.begin(LONG_MS);
    const late = slots.reserve();
    await expect(late.begin(5)).rejects.toMatchObject({ code: 'request.busy' });
    late.end();
    expect(slots.waitingCount).toBe(0);
    expect(() => slots.reserve()).not.toThrow();
  });

  it('frees a slot once, however often its end is told', async () => {
    const slots = new RunSlots(2, 0);
    const [first, second] = [slots.reserve(), slots.reserve()];
    await first.begin(LONG_MS);
    await second.begin(LONG_MS);
    first.end();
    first.end();
    expect(slots.runningCount).toBe(1);
  });
});
