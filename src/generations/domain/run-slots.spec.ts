// Proves that runs and waiters are bounded, served in order, and that a slot is freed exactly once.
import { describe, expect, it } from 'vitest';
import { RunSlots, type RunTicket } from './run-slots.js';

const LONG_MS = 5_000;

describe('RunSlots', () => {
  it('lets waiters in one by one, in order', async () => {
    const slots = new RunSlots(1, 2);
    const order: string[] = [];
    const [first, second, third] = [
      slots.reserve('space'),
      slots.reserve('space'),
      slots.reserve('space'),
    ];
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
    slots.reserve('space');
    slots.reserve('space');
    expect(() => slots.reserve('space')).toThrow(/Too many generations/);
  });

  it('lets waiters of one space in by their rank, then in order', async () => {
    const slots = new RunSlots(1, 3);
    const order: string[] = [];
    const holder = slots.reserve('space');
    await holder.begin(LONG_MS);
    const begin = async (name: string, rank: number) => {
      const ticket = slots.reserve('space', rank);
      await ticket.begin(LONG_MS);
      order.push(name);
      ticket.end();
    };
    const all = [begin('low', 2), begin('high', 0), begin('normal', 1)];
    holder.end();
    await Promise.all(all);
    expect(order).toEqual(['high', 'normal', 'low']);
  });

  it('gives up a wait after its time and frees the place', async () => {
    const slots = new RunSlots(1, 1);
    const holder = slots.reserve('space');
    await holder.begin(LONG_MS);
    const late = slots.reserve('space');
    await expect(late.begin(5)).rejects.toMatchObject({ code: 'request.busy' });
    late.end();
    expect(slots.waitingCount).toBe(0);
    expect(() => slots.reserve('space')).not.toThrow();
  });

  it('frees a slot once, however often its end is told', async () => {
    const slots = new RunSlots(2, 0);
    const [first, second] = [slots.reserve('space'), slots.reserve('space')];
    await first.begin(LONG_MS);
    await second.begin(LONG_MS);
    first.end();
    first.end();
    expect(slots.runningCount).toBe(1);
  });

  it('keeps an eighth from whoever sends most, and gives what comes free to who has least', async () => {
    const slots = new RunSlots(16, 16);
    const crowd = Array.from({ length: 28 }, () => slots.reserve('crowd'));
    expect(() => slots.reserve('crowd')).toThrow(/Too many generations/);
    const begun: string[] = [];
    const begin = (ticket: RunTicket, name: string) =>
      void ticket.begin(60_000).then(() => begun.push(name));
    crowd.forEach((ticket) => begin(ticket, 'crowd'));
    await Promise.resolve();
    expect(slots.runningCount).toBe(14);
    const quiet = Array.from({ length: 4 }, () => slots.reserve('quiet'));
    quiet.forEach((ticket) => begin(ticket, 'quiet'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(slots.runningCount).toBe(16);
    expect(begun.filter((name) => name === 'quiet')).toHaveLength(2);
    crowd[0]!.end();
    await new Promise((resolve) => setImmediate(resolve));
    expect(begun.at(-1)).toBe('quiet');
    for (const ticket of [...crowd, ...quiet]) {
      ticket.end();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect([slots.runningCount, slots.waitingCount]).toEqual([0, 0]);
  });
});
