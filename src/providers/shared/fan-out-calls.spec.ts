// Proves that pictures of single requests come in order, and what is kept, stopped and said when some fail.
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createImageCall } from '../../../test/contract/image-call.factory.js';
import { ProviderError, type ProviderErrorOptions } from '../spec/provider.errors.js';
import { fanOutCalls, type SingleCall, toSeedOf } from './fan-out-calls.js';

const fault = (options: Partial<ProviderErrorOptions> = {}) =>
  new ProviderError('failed', { provider: 'p', model: 'm', ...options });

/** A request that takes longer the earlier its picture is. */
async function make(single: SingleCall): Promise<number> {
  const { index, n } = single;
  await wait((8 - index) * 3);
  await single.deliver({ index, kind: 'url', url: `https://a.example/${index}` });
  return index * n;
}

describe('fanOutCalls', () => {
  it('delivers in order, however late a picture comes, and at most four requests at once', async () => {
    const { call, received } = createImageCall({ n: 7 });
    let running = 0;
    let runningMax = 0;
    const { made, warnings } = await fanOutCalls(call, async (single) => {
      runningMax = Math.max(runningMax, (running += 1));
      return make(single).finally(() => (running -= 1));
    });
    expect(received.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(made).toEqual([0, 1, 2, 3, 4, 5, 6].map((index) => ({ index, facts: index })));
    expect(warnings).toEqual([]);
    expect(runningMax).toBe(4);
  });

  it('asks for no more after a failure, and keeps what is there', async () => {
    const { call, received } = createImageCall({ n: 9 });
    const asked: number[] = [];
    const { made, warnings } = await fanOutCalls(call, async (single) => {
      asked.push(single.index);
      if (single.index === 1) throw fault();
      return make(single);
    });
    expect(asked).toEqual([0, 1, 2, 3]);
    expect(made.map(({ index }) => index)).toEqual([0, 2, 3]);
    expect(received.map(({ index }) => index)).toEqual([0, 2, 3]);
    expect(warnings).toMatchObject([{ code: 'fewer_images', field: 'n' }]);
    expect(warnings[0]?.message).toMatch(
      /^the provider made 3 of 9 pictures\. The provider failed/,
    );
  });

  it('fails with the failure that may have cost money when none came', async () => {
    const { call } = createImageCall({ n: 3 });
    const paid = fault({ mayHaveBeenPaid: true });
    const ended = fanOutCalls(call, ({ index }) => Promise.reject(index === 2 ? paid : fault()));
    await expect(ended).rejects.toBe(paid);
  });

  it('fails when the call was ended from our side, though some came', async () => {
    const controller = new AbortController();
    const { call, received } = createImageCall({ n: 2, signal: controller.signal });
    const ended = fanOutCalls(call, async (single) => {
      if (single.index === 0) return make(single);
      controller.abort();
      throw fault();
    });
    await expect(ended).rejects.toMatchObject({ kind: 'failed' });
    expect(received).toHaveLength(1);
  });

  it('ends all requests when one ends with what is nobody’s fault there', async () => {
    const { call } = createImageCall({ n: 6 });
    const full = new Error('disk full');
    const aborted: number[] = [];
    const ended = fanOutCalls(call, ({ index, signal }) => {
      if (index === 0) return Promise.reject(full);
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          aborted.push(index);
          reject(fault());
        });
      });
    });
    await expect(ended).rejects.toBe(full);
    expect(aborted).toEqual([1, 2, 3]);
  });

  it('gives each picture a seed of its own, within what the vendor takes', () => {
    expect([0, 1, 2].map((index) => toSeedOf(9, index, 10))).toEqual([9, 10, 0]);
    expect(toSeedOf(null, 3, 10)).toBeNull();
  });
});
