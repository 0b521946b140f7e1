/** Proves on a real database that a change is never answered from a cache: in this process after its commit, in others within a second. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { EpochCache } from '../../src/persistence/epoch-cache.js';
import type { ManagedDataSource } from '../../src/persistence/managed-data-source.js';
import { PolledCacheEpoch } from '../../src/persistence/polled-cache-epoch.js';
import { createTestDatabase, type TestDatabase } from '../setup/database.js';
import { databaseKinds } from '../setup/services.js';

const KEY = 'right';
/** What design allows another process: a poll, and a bit for a loaded machine. */
const SEEN_WITHIN_MS = 1_000;

describe.each(databaseKinds())('cache epoch on %s', (kind) => {
  let database: TestDatabase;
  let dataSource: ManagedDataSource;
  let here: PolledCacheEpoch;
  let there: PolledCacheEpoch;

  beforeAll(async () => {
    database = await createTestDatabase(kind);
    dataSource = await database.open();
    await dataSource.query('CREATE TABLE rights (name text PRIMARY KEY, version integer NOT NULL)');
  });

  afterAll(() => database.drop());

  beforeEach(async () => {
    await dataSource.query('DELETE FROM rights');
    await dataSource.query('INSERT INTO rights VALUES ($1, 1)', [KEY]);
    // Two processes' views; they share nothing but the row.
    here = new PolledCacheEpoch(dataSource);
    there = new PolledCacheEpoch(dataSource);
    await Promise.all([here.onModuleInit(), there.onModuleInit()]);
  });

  afterEach(() =>
    Promise.all([here.beforeApplicationShutdown(), there.beforeApplicationShutdown()]),
  );

  async function load(): Promise<number> {
    const [row] = await dataSource.query<{ version: number }[]>(
      'SELECT version FROM rights WHERE name = $1',
      [KEY],
    );
    return row!.version;
  }

  async function change(epoch: PolledCacheEpoch): Promise<void> {
    await dataSource.transaction(async (manager) => {
      await manager.query('UPDATE rights SET version = version + 1 WHERE name = $1', [KEY]);
      await epoch.bump(manager);
    });
  }

  it('knows the epoch as soon as it has started', () => {
    expect(here.current()).toEqual(expect.any(Number));
    expect(here.current()).toBe(there.current());
  });

  it('shows a change to this process from the moment its commit answers', async () => {
    const cache = new EpochCache<number>(here, { entriesMax: 10 });
    for (let version = 1; version < 50; version += 1) {
      expect(await cache.get(KEY, load)).toBe(version);
      await change(here);
    }
  });

  it('shows a change to another process within a second', async () => {
    const cache = new EpochCache<number>(there, { entriesMax: 10 });
    expect(await cache.get(KEY, load)).toBe(1);
    await change(here);
    const changedAtMs = performance.now();
    await vi.waitFor(async () => expect(await cache.get(KEY, load)).toBe(2), {
      timeout: 30_000,
      interval: 5,
    });
    expect(performance.now() - changedAtMs).toBeLessThan(SEEN_WITHIN_MS);
  });

  it('never keeps an old value, when loads race with changes', async () => {
    const caches = [here, there].map((epoch) => new EpochCache<number>(epoch, { entriesMax: 10 }));
    const race = { isDone: false };
    const slowLoad = async () => {
      const version = await load();
      // The row was read; the change may commit, and be polled, before the value is kept.
      await delay(Math.random() * 20);
      return version;
    };
    const readers = caches.map(async (cache) => {
      while (!race.isDone) {
        await cache.get(KEY, slowLoad);
        await delay(1);
      }
    });
    for (let count = 0; count < 30; count += 1) {
      await change(count % 2 === 0 ? here : there);
      await delay(Math.random() * 30);
    }
    race.isDone = true;
    await Promise.all(readers);
    const version = await load();
    // Both have polled by now: what is kept, if anything, is the last word.
    await delay(SEEN_WITHIN_MS);
    for (const cache of caches) expect([undefined, version]).toContain(cache.peek(KEY));
    for (const cache of caches) expect(await cache.get(KEY, load)).toBe(version);
  });

  it('does not move when the change is rolled back', async () => {
    const before = here.current();
    await expect(
      dataSource.transaction(async (manager) => {
        await here.bump(manager);
        throw new Error('on purpose');
      }),
    ).rejects.toThrow('on purpose');
    expect(here.current()).toBe(before);
    await delay(500);
    expect(here.current()).toBe(before);
  });

  it('refuses a bump outside a transaction', async () => {
    await expect(here.bump(dataSource.manager)).rejects.toThrow('outside a transaction');
  });

  it('switches caches off when it cannot be read, and on again afterwards', async () => {
    const cache = new EpochCache<number>(here, { entriesMax: 10 });
    await cache.get(KEY, load);
    expect(cache.peek(KEY)).toBe(1);
    await dataSource.query('ALTER TABLE cache_epoch RENAME TO cache_epoch_away');
    await vi.waitFor(() => expect(here.current()).toBeNull(), { timeout: 30_000 });
    expect(cache.peek(KEY)).toBeUndefined();
    expect(await cache.get(KEY, load)).toBe(1);
    await dataSource.query('ALTER TABLE cache_epoch_away RENAME TO cache_epoch');
    await vi.waitFor(() => expect(here.current()).not.toBeNull(), { timeout: 30_000 });
  });
});
