/** Proves that the migrations of retention go down and up again over rows, with the same sums, and that a warning is one. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import type { ManagedDataSource } from '../../src/persistence/managed-data-source.js';
import { migrate } from '../../src/persistence/migrate.js';
import { MIGRATIONS } from '../../src/persistence/migrations/index.js';
import { createTestDatabase, type TestDatabase } from '../setup/database.js';
import { databaseKinds } from '../setup/services.js';

const placeOf = (migration: string) =>
  MIGRATIONS.findIndex(({ name }) => name.startsWith(migration));
const TABLES = [
  'legal_holds',
  'retention_lease',
  'retention_policies',
  'storage_changes',
  'storage_cleanup_items',
  'storage_cleanups',
  'storage_quota_notices',
  'storage_quotas',
  'storage_scan_findings',
  'storage_scan_rounds',
  'storage_scans',
  'storage_sums',
];

describe.each(databaseKinds())('what retention keeps on %s', (kind) => {
  let database: TestDatabase;
  let dataSource: ManagedDataSource;
  const [space, collection, user, generation] = [newId(), newId(), newId(), newId()];

  const sql = <R extends object>(text: string, values: unknown[] = []): Promise<R[]> =>
    dataSource.query<R[]>(text, values);

  beforeAll(async () => {
    database = await createTestDatabase(kind);
    dataSource = await database.open();
    await sql(`INSERT INTO search_spaces (id, name, created_at) VALUES ($1, 'Space', now())`, [
      space,
    ]);
    await sql(
      `INSERT INTO collections (id, search_space_id, name, created_by, created_at)
       VALUES ($1, $2, 'Spring', $3, now())`,
      [collection, space, user],
    );
  });
  afterAll(() => database.drop());

  const toHash = (at: number) => String(at).padStart(64, '0');

  /** An upload of so many bytes, as the service records it. */
  async function upload(at: number, sizeBytes: number, into: string | null): Promise<void> {
    const member = {
      id: newId(),
      search_space_id: space,
      role: 'upload',
      index: 0,
      sha256: toHash(at),
      format: 'png',
      storage_key: `${space}/00/${toHash(at)}.png`,
      width_px: 1,
      height_px: 1,
      size_bytes: sizeBytes,
      created_at: new Date().toISOString(),
      created_by: user,
      collection_id: into,
    };
    await sql('SELECT media_upload($1, NULL, now())', [JSON.stringify([member])]);
  }

  const fold = (houseMax: number | null = null) =>
    sql<{ folded: string; told: number }>('SELECT * FROM storage_fold_watched(1000, $1)', [
      houseMax,
    ]);

  async function undoFrom(migration: string): Promise<void> {
    for (const _ of MIGRATIONS.slice(placeOf(migration))) {
      await dataSource.undoLastMigration({ transaction: 'all' });
    }
  }

  const readSums = () =>
    sql('SELECT kind, role, format, pictures, bytes FROM storage_sums ORDER BY 1, 2, 3');

  const listTables = async () =>
    (
      await sql<{ name: string }>(
        `SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relname = ANY ($1) ORDER BY 1`,
        [TABLES],
      )
    ).map(({ name }) => name);

  it('goes down over rows of every table, leaves what is older whole, and comes up with the same sums', async () => {
    await upload(1, 100, collection);
    await upload(2, 50, null);
    await upload(1, 100, null);
    await fold();
    const sums = await readSums();
    expect(sums).toEqual([
      { kind: 'asset', role: 'upload', format: 'png', pictures: '3', bytes: '250' },
      { kind: 'blob', role: '', format: 'png', pictures: '2', bytes: '150' },
      { kind: 'collection', role: collection, format: '', pictures: '1', bytes: '100' },
    ]);
    for (const [text, values] of [
      [
        `INSERT INTO retention_policies (search_space_id, keeps_favourites, updated_at) VALUES ($1, true, now())`,
        [space],
      ],
      [
        `INSERT INTO legal_holds (id, search_space_id, reason, scope, placed_by, placed_at)
         VALUES ($1, $2, 'Case 1', 'space', $3, now())`,
        [newId(), space, user],
      ],
      [
        `WITH made AS (
           INSERT INTO storage_cleanups (id, search_space_id, filters, state, generations, pictures, bytes, held_back,
             asked_by, created_at)
           VALUES ($1, $2, '{}', 'running', 1, 1, 1, 0, $3, now()) RETURNING id)
         INSERT INTO storage_cleanup_items (cleanup_id, generation_id, search_space_id) SELECT id, $4, $2 FROM made`,
        [newId(), space, user, generation],
      ],
      [
        `INSERT INTO storage_quotas (search_space_id, max_bytes, updated_by, updated_at) VALUES ($1, 151, $2, now())`,
        [space, user],
      ],
      [
        `WITH made AS (
           INSERT INTO storage_scans (id, state, grace_before, created_at)
           VALUES ($1, 'scanning', now(), now()) RETURNING id)
         INSERT INTO storage_scan_findings (id, scan_id, kind, storage_key, size_bytes, changed_at)
         SELECT id, id, 'orphan', 'key', 1, now() FROM made`,
        [newId()],
      ],
    ] as const) {
      await sql(text, [...values]);
    }
    await sql('SELECT storage_watch_quotas($1, NULL)', [[space]]);
    await upload(3, 7, collection);
    expect(await listTables()).toEqual(TABLES);
    const erase = 'DELETE FROM media_assets WHERE sha256 = $1';
    await expect(sql(erase, [toHash(3)])).rejects.toThrow('Legal hold');

    await undoFrom('CreateRetention');
    expect(await listTables()).toEqual([]);
    // Neither holds nor sums are in the way of those who are older.
    await upload(4, 9, collection);
    await sql(erase, [toHash(3)]);
    await sql('UPDATE media_blobs SET refs = 0 WHERE sha256 = $1', [toHash(3)]);
    await sql('DELETE FROM media_blobs WHERE refs = 0');

    await migrate(dataSource);
    expect(await listTables()).toEqual(TABLES);
    expect(await readSums()).toEqual([
      { kind: 'asset', role: 'upload', format: 'png', pictures: '4', bytes: '259' },
      { kind: 'blob', role: '', format: 'png', pictures: '3', bytes: '159' },
      { kind: 'collection', role: collection, format: '', pictures: '2', bytes: '109' },
    ]);
  });

  it('goes down one at a time, and what was added up before goes on being so', async () => {
    await undoFrom('SumCollections');
    await upload(5, 1, collection);
    await sql('SELECT storage_fold(1000)');
    const kinds = (await readSums()) as { kind: string; bytes: string }[];
    expect(kinds.map(({ kind: one, bytes }) => [one, bytes])).toEqual([
      ['asset', '260'],
      ['blob', '160'],
    ]);
    await migrate(dataSource);
    const sums = (await readSums()) as { kind: string; bytes: string }[];
    expect(sums.map(({ kind: one, bytes }) => [one, bytes])).toEqual([
      ['asset', '260'],
      ['blob', '160'],
      ['collection', '110'],
    ]);
  });

  it('warns once, however many look at once, and anew when it was below', async () => {
    const readTold = async () =>
      (await sql(`SELECT payload FROM outbox_events WHERE kind = 'storage.quota_reached'`)).length;
    const look = (houseMax: number) =>
      Promise.all(
        Array.from({ length: 5 }, () =>
          sql('SELECT storage_watch_quotas($1, $2)', [[space], houseMax]),
        ),
      );
    await sql('DELETE FROM outbox_events');
    await sql('DELETE FROM storage_quotas');
    await look(177);
    expect(await readTold()).toBe(1);
    await look(178);
    await Promise.all(Array.from({ length: 10 }, (_none, at) => upload(100 + at, 5, null)));
    expect(await readTold()).toBe(1);
    const folds = await Promise.all(Array.from({ length: 5 }, () => fold(200)));
    expect(folds.flat().reduce((sum, { told }) => sum + told, 0)).toBe(1);
    expect(await readTold()).toBe(2);
    expect(await sql('SELECT id FROM storage_changes')).toEqual([]);
  });
});
