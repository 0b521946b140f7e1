/** Proves the lane: batches grow with the load, keep their bounds, fail alone, and never lose a member. */
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { GroupCommit, type GroupCommitBounds } from './group-commit.js';

class MemberError extends Error {}
class StoreError extends Error {}

const BOUNDS: GroupCommitBounds = {
  batchMax: 4,
  batchCharactersMax: 100,
  waitingMax: 10,
  waitingCharactersMax: 1_000,
  timeoutMs: 200,
};

/** A store that notes its batches and refuses what it is told to refuse. */
function makeLane(
  more: Partial<GroupCommitBounds> = {},
  isBad: (member: string) => boolean = () => false,
) {
  const batches: string[][] = [];
  const gate = { isOpen: true, open: () => {}, fault: null as Error | null };
  const lane = new GroupCommit<string>(
    { ...BOUNDS, ...more },
    {
      async commit(members) {
        batches.push([...members]);
        if (!gate.isOpen) await new Promise<void>((resolve) => (gate.open = resolve));
        if (gate.fault) throw gate.fault;
        if (members.some(isBad)) throw new MemberError(members.join());
        return members.map((member) => member.toUpperCase());
      },
      isMemberFault: (error) => error instanceof MemberError,
      toFull: () => new StoreError('full'),
      toTimeout: () => new StoreError('late'),
    },
  );
  return { lane, batches, gate };
}

describe('group commit', () => {
  it('writes a lone member at once and gives everybody their own result', async () => {
    const { lane, batches } = makeLane();
    expect(await lane.submit('a')).toBe('A');
    expect(await Promise.all(['b', 'c'].map((member) => lane.submit(member)))).toEqual(['B', 'C']);
    expect(batches).toEqual([['a'], ['b', 'c']]);
  });

  it('gathers what comes in while a batch is under way', async () => {
    const { lane, batches, gate } = makeLane();
    gate.isOpen = false;
    const first = lane.submit('a');
    await delay(1);
    const others = ['b', 'c', 'd'].map((member) => lane.submit(member));
    expect(lane.depth).toBe(3);
    gate.isOpen = true;
    gate.open();
    expect(await Promise.all([first, ...others])).toEqual(['A', 'B', 'C', 'D']);
    expect(batches).toEqual([['a'], ['b', 'c', 'd']]);
  });

  it('keeps a batch within its members and its characters', async () => {
    const { lane, batches } = makeLane({ batchCharactersMax: 5 });
    await Promise.all(
      ['a', 'b', 'c', 'd', 'e', 'xxxx', 'yy', 'zzzzzzzzz'].map((m) => lane.submit(m)),
    );
    expect(batches).toEqual([['a', 'b', 'c', 'd'], ['e', 'xxxx'], ['yy'], ['zzzzzzzzz']]);
  });

  it('refuses members beyond its room to wait, and takes more when there is room again', async () => {
    const { lane } = makeLane({ waitingMax: 2 });
    const ends = await Promise.allSettled(['a', 'b', 'c'].map((member) => lane.submit(member)));
    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect(await lane.submit('d')).toBe('D');
  });

  it('counts the characters that wait', async () => {
    const { lane } = makeLane({ waitingCharactersMax: 4 });
    const ends = await Promise.allSettled(['aaa', 'bb', 'c'].map((member) => lane.submit(member)));
    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await lane.submit('dddd')).toBe('DDDD');
  });

  it('runs a batch again one by one, so that only the member at fault fails', async () => {
    const { lane, batches } = makeLane({}, (member) => member === 'bad');
    const ends = await Promise.allSettled(['a', 'bad', 'c'].map((member) => lane.submit(member)));
    expect(ends).toMatchObject([
      { status: 'fulfilled', value: 'A' },
      { status: 'rejected', reason: expect.any(MemberError) },
      { status: 'fulfilled', value: 'C' },
    ]);
    expect(batches).toEqual([['a', 'bad', 'c'], ['a'], ['bad'], ['c']]);
  });

  it('fails a whole batch at once when the store is at fault, and goes on afterwards', async () => {
    const { lane, batches, gate } = makeLane();
    gate.fault = new StoreError('down');
    const ends = await Promise.allSettled(['a', 'b'].map((member) => lane.submit(member)));
    expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    gate.fault = null;
    expect(await lane.submit('c')).toBe('C');
    expect(batches).toEqual([['a', 'b'], ['c']]);
  });

  it('gives up a batch that does not answer in time, with all who wait behind it, and goes on', async () => {
    const { lane, batches, gate } = makeLane({ timeoutMs: 20, batchMax: 1 });
    gate.isOpen = false;
    const ends = await Promise.allSettled(['a', 'b', 'c'].map((member) => lane.submit(member)));
    for (const end of ends) expect(end).toMatchObject({ reason: { message: 'late' } });
    expect(batches).toEqual([['a']]);
    gate.isOpen = true;
    expect(await lane.submit('d')).toBe('D');
    expect(lane.depth).toBe(0);
  });

  it('drains: what was submitted has ended', async () => {
    const { lane, gate } = makeLane();
    await lane.drain();
    gate.isOpen = false;
    let isDone = false;
    const submitted = lane.submit('a').then(() => (isDone = true));
    const drained = lane.drain();
    await delay(1);
    expect(isDone).toBe(false);
    gate.isOpen = true;
    gate.open();
    await drained;
    await submitted;
    expect(lane.depth).toBe(0);
  });
});
