/** Proves that no value outlives the epoch it was loaded in, however loads and bumps fall together. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { CacheEpoch } from './cache-epoch.js';
import { EpochCache } from './epoch-cache.js';

class FakeEpoch extends CacheEpoch {
  epoch: number | null = 1;

  async bump(): Promise<void> {}

  current(): number | null {
    return this.epoch;
  }

  last(): number | null {
    return this.epoch;
  }

  hasten(): void {}
}

/** A load that ends when the test says so. */
function hold<V>() {
  let end!: (value: V) => void;
  let fail!: (error: Error) => void;
  const promise = new Promise<V>((resolve, reject) => {
    end = resolve;
    fail = reject;
  });
  return { load: vi.fn(() => promise), end, fail };
}

describe('EpochCache', () => {
  let epoch: FakeEpoch;
  let cache: EpochCache<string>;

  beforeEach(() => {
    epoch = new FakeEpoch();
    cache = new EpochCache(epoch, { entriesMax: 3 });
  });

  const put = (key: string, value: string) => cache.get(key, async () => value);

  it('loads once and keeps the value while the epoch stands still', async () => {
    const load = vi.fn(async () => 'value');
    expect([await cache.get('key', load), await cache.get('key', load)]).toEqual([
      'value',
      'value',
    ]);
    expect(load).toHaveBeenCalledOnce();
    expect(cache.peek('key')).toBe('value');
  });

  it('loads anew after the epoch has moved', async () => {
    await put('key', 'old');
    epoch.epoch = 2;
    expect(cache.peek('key')).toBeUndefined();
    expect(await put('key', 'new')).toBe('new');
  });

  it('does not keep a value whose load the epoch overtook', async () => {
    const slow = hold<string>();
    const answer = cache.get('key', slow.load);
    epoch.epoch = 2;
    slow.end('old');
    expect(await answer).toBe('old');
    expect(cache.peek('key')).toBeUndefined();
    expect(await put('key', 'new')).toBe('new');
  });

  it('lets nobody join a load that began in an earlier epoch', async () => {
    const slow = hold<string>();
    const first = cache.get('key', slow.load);
    epoch.epoch = 2;
    expect(await put('key', 'new')).toBe('new');
    slow.end('old');
    expect(await first).toBe('old');
    expect(cache.peek('key')).toBe('new');
  });

  it('shares one load between those who miss together', async () => {
    const slow = hold<string>();
    const answers = [1, 2, 3].map(() => cache.get('key', slow.load));
    slow.end('value');
    expect(await Promise.all(answers)).toEqual(['value', 'value', 'value']);
    expect(slow.load).toHaveBeenCalledOnce();
  });

  it('serves nothing and keeps nothing while the epoch is unknown', async () => {
    await put('key', 'value');
    epoch.epoch = null;
    const load = vi.fn(async () => 'fresh');
    expect([await cache.get('key', load), await cache.get('key', load)]).toEqual([
      'fresh',
      'fresh',
    ]);
    expect(load).toHaveBeenCalledTimes(2);
    expect(cache.peek('key')).toBeUndefined();
    epoch.epoch = 1;
    expect(cache.peek('key')).toBe('value');
  });

  it('does not keep a value when the epoch became unknown during its load', async () => {
    const slow = hold<string>();
    const answer = cache.get('key', slow.load);
    epoch.epoch = null;
    slow.end('value');
    expect(await answer).toBe('value');
    epoch.epoch = 1;
    expect(cache.peek('key')).toBeUndefined();
  });

  it('passes a failed load on to all who waited, and tries again', async () => {
    const slow = hold<string>();
    const answers = [1, 2].map(() => cache.get('key', slow.load));
    slow.fail(new Error('broken'));
    const results = await Promise.allSettled(answers);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await put('key', 'value')).toBe('value');
  });

  it('makes room by forgetting what was used longest ago', async () => {
    for (const key of ['a', 'b', 'c']) await put(key, key);
    await put('a', 'a');
    await put('d', 'd');
    expect(['a', 'b', 'c', 'd'].map((key) => cache.peek(key))).toEqual(['a', undefined, 'c', 'd']);
  });

  it('keeps null as a value: knowing that there is nothing', async () => {
    const absent = new EpochCache<string | null>(epoch, { entriesMax: 1 });
    const load = vi.fn(async () => null);
    expect([await absent.get('key', load), await absent.get('key', load)]).toEqual([null, null]);
    expect(load).toHaveBeenCalledOnce();
  });
});
