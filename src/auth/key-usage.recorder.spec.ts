// Proves that uses of keys are written rarely, together, and again after a failure.
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { StillClock } from '../../test/fakes/still-clock.js';
import { KeyUsageRecorder } from './key-usage.recorder.js';

const TEN_MINUTES_MS = 600_000;

describe('KeyUsageRecorder', () => {
  const write = vi.fn(async (_uses: ReadonlyMap<string, Date>) => undefined);
  let clock: StillClock;
  let recorder: KeyUsageRecorder;

  beforeEach(() => {
    write.mockReset();
    clock = new StillClock();
    recorder = new KeyUsageRecorder({ write }, clock);
  });

  it('writes many keys in one statement, each with its moment', async () => {
    const first = clock.now();
    recorder.touch('a');
    clock.move(1_000);
    recorder.touch('b');
    recorder.touch('a');
    await recorder.flush();
    await recorder.flush();
    expect(write.mock.calls).toEqual([
      [
        new Map([
          ['a', first],
          ['b', clock.now()],
        ]),
      ],
    ]);
  });

  it('writes a busy key every ten minutes', async () => {
    recorder.touch('a');
    await recorder.flush();
    clock.move(TEN_MINUTES_MS - 1);
    recorder.touch('a');
    await recorder.flush();
    expect(write).toHaveBeenCalledTimes(1);
    clock.move(1);
    recorder.touch('a');
    await recorder.flush();
    expect(write).toHaveBeenCalledTimes(2);
  });

  it('notes the next use again when a write failed', async () => {
    write.mockRejectedValueOnce(new Error('no database'));
    recorder.touch('a');
    await recorder.flush();
    recorder.touch('a');
    await recorder.flush();
    expect(write).toHaveBeenCalledTimes(2);
  });

  it('remembers a bounded number of keys', async () => {
    for (let index = 0; index <= 10_000; index += 1) recorder.touch(`key-${index}`);
    await recorder.flush();
    const [uses] = write.mock.calls[0] ?? [];
    expect(uses?.size).toBe(10_000);
    expect(uses?.has('key-0')).toBe(false);
  });

  it('writes what waits when the service stops', async () => {
    recorder.onModuleInit();
    recorder.touch('a');
    await recorder.onModuleDestroy();
    expect(write).toHaveBeenCalledTimes(1);
  });
});
