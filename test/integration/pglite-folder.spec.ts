/** Proves that the embedded database keeps what it was given, stays alone in its folder, and looks after its tables. */
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Entity } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FolderLockedError } from '../../src/persistence/folder-lock.js';
import { ManagedDataSource } from '../../src/persistence/managed-data-source.js';
import { TableCare } from '../../src/persistence/table-care.js';
import { createTestDatabase, type TestDatabase } from '../setup/database.js';

const TIMING = { lookEveryMs: 50, repeatAfterMs: 60_000, checkpointEveryMs: 100 };

/** TypeORM refuses it, after the database has been opened. */
@Entity('without_key')
class KeylessEntity {}

describe('the folder of the embedded database', () => {
  let database: TestDatabase;

  beforeEach(async () => {
    database = await createTestDatabase('embedded');
  });

  afterEach(() => database.drop());

  it('keeps rows through a stop and a start', async () => {
    const first = await database.open();
    await first.query('CREATE TABLE kept (id integer)');
    await first.query('INSERT INTO kept VALUES (7)');
    await first.destroy();
    const second = await database.open();
    expect(await second.query('SELECT id FROM kept')).toEqual([{ id: 7 }]);
  });

  it('is locked while it is open, and free afterwards', async () => {
    const first = await database.open();
    const second = new ManagedDataSource(database.config);
    await expect(second.initialize()).rejects.toBeInstanceOf(FolderLockedError);
    await first.destroy();
    expect(readdirSync(database.config.dir)).toEqual(['pgdata']);
    await second.initialize();
    await second.destroy();
  });

  it('is made anew after a first start that was killed half-way', async () => {
    const dir = join(database.config.dir, 'fresh');
    const draft = join(dir, 'pgdata.draft');
    mkdirSync(draft, { recursive: true });
    writeFileSync(join(draft, 'PG_VERSION'), '18');
    const dataSource = new ManagedDataSource({ ...database.config, dir });
    await dataSource.initialize();
    expect(await dataSource.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await dataSource.destroy();
    expect(readdirSync(dir)).toEqual(['pgdata']);
    expect(statSync(join(dir, 'pgdata')).mode & 0o077).toBe(0);
  });

  it('is free again when the start failed half-way', async () => {
    const broken = new ManagedDataSource(database.config, [KeylessEntity]);
    await expect(broken.initialize()).rejects.toThrow(/primary column/);
    const dataSource = await database.open();
    expect(await dataSource.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('ends what was hung on it before its connections, last first', async () => {
    const dataSource = await database.open();
    const ends: string[] = [];
    const end = (name: string) => async () => {
      await dataSource.query('SELECT 1');
      ends.push(name);
    };
    dataSource.beforeDestroy(end('first'));
    dataSource.beforeDestroy(async () => {
      throw new Error('on purpose');
    });
    dataSource.beforeDestroy(end('last'));
    await dataSource.destroy();
    expect(ends).toEqual(['last', 'first']);
    expect(existsSync(join(database.config.dir, 'atelier.lock'))).toBe(false);
  });

  it('gathers statistics and sweeps up after a thousand changes, and not before', async () => {
    const dataSource = await database.open();
    for (const table of ['busy', 'calm'])
      await dataSource.query(`CREATE TABLE ${table} (id integer)`);
    await dataSource.query('INSERT INTO busy SELECT generate_series(1, 2000)');
    await dataSource.query('DELETE FROM busy WHERE id > 500');
    await dataSource.query('INSERT INTO calm SELECT generate_series(1, 100)');
    const care = new TableCare(dataSource, 'embedded', TIMING);
    const read = async (name: string) => {
      const [row] = await dataSource.query<{ analyzed: boolean; dead: string }[]>(
        'SELECT last_analyze IS NOT NULL AS analyzed, n_dead_tup AS dead FROM pg_stat_user_tables WHERE relname = $1',
        [name],
      );
      return row;
    };
    await vi.waitFor(
      async () => expect(await read('busy')).toEqual({ analyzed: true, dead: '0' }),
      {
        timeout: 30_000,
      },
    );
    expect(await read('calm')).toMatchObject({ analyzed: false });
    await care.stop();
  });

  it('writes checkpoints, so that the next start has little to replay', async () => {
    const dataSource = await database.open();
    const readRedo = async () => {
      const [row] = await dataSource.query<{ redo: string }[]>(
        'SELECT redo_lsn::text AS redo FROM pg_control_checkpoint()',
      );
      return row!.redo;
    };
    const before = await readRedo();
    await dataSource.query('CREATE TABLE written (id integer)');
    const care = new TableCare(dataSource, 'embedded', TIMING);
    await vi.waitFor(async () => expect(await readRedo()).not.toBe(before), { timeout: 30_000 });
    await care.stop();
  });
});
