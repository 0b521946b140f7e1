/** Proves that plans to clear storage that nobody begins do not pile up, and that those which were begun stay. */
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { SqlCleanupsStore } from '../../src/retention/adapters/sql-cleanups.store.js';
import { type CleanupFilters, PLANS_MAX } from '../../src/retention/domain/cleanup.js';
import { createTestDatabase, type TestDatabase } from '../setup/database.js';
import { databaseKinds } from '../setup/services.js';

const OF_ALL_SPACES: CleanupFilters = {
  searchSpaceId: null,
  madeBefore: new Date(),
  statuses: ['failed'],
  roles: ['output'],
  keepsFavourites: true,
  includesOrphans: false,
  after: null,
};

describe.each(databaseKinds())('plans to clear storage on %s', (kind) => {
  let database: TestDatabase;
  let pool: Pool;
  let store: SqlCleanupsStore;

  beforeAll(async () => {
    database = await createTestDatabase(kind);
    pool = (await database.open()).sidePool();
    const sql = {
      query: async (_name: string, text: string, values: unknown[]) =>
        (await pool.query(text, values)).rows,
    };
    store = new SqlCleanupsStore(sql);
  });
  afterAll(() => database.drop());

  const plan = () => store.plan(newId(), OF_ALL_SPACES, newId(), new Date());

  it('are kept up to a bound, the newest of them, beside those that were begun', async () => {
    const begun = await plan();
    await pool.query(`UPDATE storage_cleanups SET state = 'running' WHERE id = $1`, [begun.id]);
    const planned = [];
    for (let count = 0; count < PLANS_MAX + 3; count += 1) planned.push((await plan()).id);
    const kept = await pool.query<{ id: string }>('SELECT id FROM storage_cleanups ORDER BY id');
    expect(kept.rows.map(({ id }) => id)).toEqual([begun.id, ...planned.slice(3)]);
  });
});
