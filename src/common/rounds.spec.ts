/** Rounds come one at a time, a failed one is told and followed, and the stop waits and lets none begin. */
import { describe, expect, it, vi } from 'vitest';
import { Rounds } from './rounds.js';

describe('rounds', () => {
  it('run one at a time, and joiners wait for the same one', async () => {
    let open = () => {};
    const gate = new Promise<void>((resolve) => (open = resolve));
    const work = vi.fn(() => gate);
    const round = new Rounds(() => {}).of('failed', work);
    const both = Promise.all([round.begin(), round.begin()]);
    expect(work).toHaveBeenCalledTimes(1);
    open();
    await both;
    await round.begin();
    expect(work).toHaveBeenCalledTimes(2);
  });

  it('begin anew after the one under way when a whole one is asked for', async () => {
    const ends: (() => void)[] = [];
    const work = vi.fn(() => new Promise<void>((resolve) => void ends.push(resolve)));
    const round = new Rounds(() => {}).of('failed', work);
    void round.begin();
    const again = round.again();
    ends[0]!();
    await vi.waitFor(() => expect(work).toHaveBeenCalledTimes(2));
    ends[1]!();
    await again;
  });

  it('survive work that throws before it waits', async () => {
    const work = vi.fn(() => {
      throw new Error('at once');
    });
    const round = new Rounds(() => {}).of('failed', work);
    await round.begin();
    await round.begin();
    expect(work).toHaveBeenCalledTimes(2);
  });

  it('tell a failure and go on', async () => {
    const told: string[] = [];
    const work = vi.fn().mockRejectedValueOnce(new Error('away')).mockResolvedValue(undefined);
    const round = new Rounds((message) => told.push(message)).of('not looked at', work);
    await round.begin();
    await round.begin();
    expect(told).toEqual(['not looked at: Error: away']);
    expect(work).toHaveBeenCalledTimes(2);
  });

  it('come by the timer until the stop', async () => {
    vi.useFakeTimers();
    try {
      const work = vi.fn(() => Promise.resolve());
      const rounds = new Rounds(() => {});
      rounds.of('failed', work).every(1_000);
      await vi.advanceTimersByTimeAsync(2_500);
      expect(work).toHaveBeenCalledTimes(2);
      await rounds.stop();
      await vi.advanceTimersByTimeAsync(5_000);
      expect(work).toHaveBeenCalledTimes(2);
    } finally {
      vi.useRealTimers();
    }
  });

  it('are told of the stop, waited for, and followed by none', async () => {
    const rounds = new Rounds(() => {});
    const work = vi.fn(
      () =>
        new Promise<void>((resolve) => rounds.signal.addEventListener('abort', () => resolve())),
    );
    const round = rounds.of('failed', work);
    const first = round.begin();
    await rounds.stop();
    await first;
    await round.begin();
    expect(work).toHaveBeenCalledTimes(1);
  });
});
