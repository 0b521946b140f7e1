// Proves how long a user the backend vouched for is believed unasked, and what ends it early.
import { beforeEach, describe, expect, it } from 'vitest';
import { StillClock } from '../../test/fakes/still-clock.js';
import { StillEpoch } from '../../test/fakes/still-epoch.js';
import type { Caller } from '../common/caller.js';
import { type Verification, VerificationCache } from './verification-cache.js';

const TTL_MS = 60_000;
const CALLER = { kind: 'api_key', id: 'shadow' } as Caller;

let clock: StillClock;
let epoch: StillEpoch;
let cache: VerificationCache;
let loads: number;

beforeEach(() => {
  clock = new StillClock();
  epoch = new StillEpoch();
  cache = new VerificationCache(epoch, clock, { entriesMax: 2, ttlMs: TTL_MS });
  loads = 0;
});

async function load(externalId = 'shopper'): Promise<Verification> {
  loads += 1;
  const askedAtMs = clock.now().getTime();
  return { externalId, caller: CALLER, epoch: epoch.current(), askedAtMs };
}

/** How often the key is loaded when it is asked for now. */
async function countLoads(key = 'key'): Promise<number> {
  loads = 0;
  expect(await cache.get(key, load)).toBe(CALLER);
  return loads;
}

describe('a verification', () => {
  it('is kept from the question for as long as set, and not a millisecond more', async () => {
    expect(await countLoads()).toBe(1);
    clock.move(TTL_MS - 1);
    expect(await countLoads()).toBe(0);
    clock.move(1);
    expect(await countLoads()).toBe(1);
  });

  it('ends with the cache epoch, and is not kept while nobody knows the epoch', async () => {
    await countLoads();
    epoch.hasten();
    expect(await countLoads()).toBe(1);
    epoch.epoch = null;
    expect([await countLoads(), await countLoads()]).toEqual([1, 1]);
  });

  it('that began before a change is answered but not kept', async () => {
    const late = cache.get('key', async () => {
      const found = await load();
      epoch.hasten();
      return found;
    });
    expect(await late).toBe(CALLER);
    expect(await countLoads()).toBe(1);
  });

  it('is dropped with its user under every key, and nobody else’s is', async () => {
    await cache.get('one', () => load('shopper'));
    await cache.get('other', () => load('somebody else'));
    cache.drop('shopper');
    expect([await countLoads('one'), await countLoads('other')]).toEqual([1, 0]);
  });

  it('that was under way when its user was dropped is not kept', async () => {
    await cache.get('key', async () => {
      const found = await load();
      cache.drop('shopper');
      return found;
    });
    expect(await countLoads()).toBe(1);
  });

  it('is shared by all who ask meanwhile', async () => {
    await Promise.all(Array.from({ length: 10 }, () => cache.get('key', load)));
    expect(loads).toBe(1);
  });

  it('makes room for one more', async () => {
    for (const key of ['a', 'b', 'c']) await countLoads(key);
    expect([await countLoads('c'), await countLoads('a')]).toEqual([0, 1]);
  });

  it('is never kept when it was a no or a failure', async () => {
    expect(await cache.get('key', async () => null)).toBeNull();
    await expect(cache.get('key', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
    expect(await countLoads()).toBe(1);
  });
});
