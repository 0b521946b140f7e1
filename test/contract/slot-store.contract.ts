/** What every store of slots keeps to, wherever it counts. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import type { SlotStore } from '../../src/upstream/slot-store.port.js';

const SLOTS = 5;
const WAITERS = 3;

export interface SlotStoreBench {
  store: SlotStore;
  /** What a second process counts with; the same one when counts live in one process. */
  second: SlotStore;
  close(): Promise<void>;
}

export function describeSlotStore(kind: string, open: () => Promise<SlotStoreBench>): void {
  describe(`slot store ${kind}`, () => {
    let bench: SlotStoreBench;
    let key: string;

    beforeEach(async () => {
      bench = await open();
      key = `caller:${newId()}`;
    });
    afterEach(() => bench.close());

    async function ask(store = bench.store, member = newId(), slotsMax = SLOTS) {
      const answer = await store.ask({ key, member, slotsMax, waitersMax: WAITERS });
      return { member, ...answer };
    }

    async function fill(count: number) {
      const taken = [];
      for (let index = 0; index < count; index += 1) taken.push(await ask());
      return taken;
    }

    it('gives the slots there are, then counts who waits, then refuses', async () => {
      const states = (await fill(SLOTS + WAITERS + 2)).map(({ state }) => state);
      expect(states).toEqual([
        ...Array.from({ length: SLOTS }, () => 'taken'),
        ...Array.from({ length: WAITERS }, () => 'waiting'),
        'full',
        'full',
      ]);
    });

    it('gives exactly the slots there are when all ask at once, by two ways', async () => {
      const both = [bench.store, bench.second];
      const answers = await Promise.all(
        Array.from({ length: 100 }, (_none, index) => ask(both[index % 2], newId(), 40)),
      );
      expect(answers.filter(({ state }) => state === 'taken')).toHaveLength(40);
      expect(answers.filter(({ state }) => state === 'waiting')).toHaveLength(WAITERS);
    });

    it('gives one who asks again the slot that came free, and counts it as waiting no more', async () => {
      const [first] = await fill(SLOTS);
      const waiter = await ask(bench.second);
      expect(waiter).toMatchObject({ state: 'waiting', waiting: 1 });
      expect((await ask(bench.second, waiter.member)).state).toBe('waiting');
      bench.store.release(key, first!.member);
      expect(await ask(bench.second, waiter.member)).toMatchObject({ state: 'taken', waiting: 0 });
      expect((await ask()).state).toBe('waiting');
    });

    it('frees one slot for one release, however often it is said', async () => {
      const [first] = await fill(SLOTS);
      bench.store.release(key, first!.member);
      bench.store.release(key, first!.member);
      expect((await ask()).state).toBe('taken');
      expect((await ask()).state).toBe('waiting');
    });

    it('frees the place of one who no longer waits', async () => {
      const asked = await fill(SLOTS + WAITERS);
      expect((await ask()).state).toBe('full');
      bench.store.release(key, asked.at(-1)!.member);
      expect((await ask()).state).toBe('waiting');
    });

    it('lets one who only queues take no slot, and counts nobody who does not wait', async () => {
      expect((await ask(bench.store, newId(), 0)).state).toBe('waiting');
      await fill(SLOTS);
      const claim = { key, member: newId(), slotsMax: SLOTS, waitersMax: 0 };
      expect(await bench.store.ask(claim)).toMatchObject({ state: 'full', waiting: 1 });
    });

    it('counts each key by itself, and a bound that was lowered for whoever comes next', async () => {
      await fill(SLOTS);
      const other = { key: `caller:${newId()}`, member: newId(), slotsMax: 1, waitersMax: 0 };
      expect((await bench.store.ask(other)).state).toBe('taken');
      const [one] = await fill(1);
      expect((await ask(bench.store, one!.member, SLOTS - 1)).state).toBe('waiting');
    });
  });
}
