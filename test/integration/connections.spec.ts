/** Proves that lost and silent connections to a server cost a statement, never the pool; and that a new table gets its statistics. */
import { Pool } from 'pg';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PgSql } from '../../src/persistence/pg-sql.js';
import { toPoolOptions } from '../../src/persistence/pool-options.js';
import { findSqlState } from '../../src/persistence/sql-error.js';
import { TableCare } from '../../src/persistence/table-care.js';
import { createTestDatabase, type TestDatabase } from '../setup/database.js';
import { databaseKinds } from '../setup/services.js';
import { createTcpGate } from '../setup/tcp-gate.js';

function noEngine(): never {
  throw new Error('there is no embedded engine here');
}

for (const kind of databaseKinds().filter((name) => name === 'postgres')) {
  describe('connections to a server', () => {
    let database: TestDatabase;

    beforeEach(async () => {
      database = await createTestDatabase(kind);
    });

    afterEach(() => database.drop());

    it('hangs up on a server that fell silent, and dials anew', async () => {
      const url = new URL(database.config.url!);
      const gate = await createTcpGate({ host: url.hostname, port: Number(url.port || '5432') });
      url.host = `127.0.0.1:${gate.port}`;
      const options = toPoolOptions({ ...database.config, url: url.href }, noEngine, 1);
      const pool = new Pool({ ...options, query_timeout: 300 });
      pool.on('error', () => undefined);
      const client = await pool.connect();
      client.on('error', () => undefined);
      await client.query('SELECT 1');
      gate.freeze();
      await expect(client.query('SELECT 1')).rejects.toThrow('timeout');
      // As TypeORM does it: without a word about the error.
      client.release();
      expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
      await pool.end();
      await gate.shut();
    });

    it('survives the loss of every connection, in use and idle', async () => {
      const dataSource = await database.open();
      const sql = new PgSql(dataSource);
      const other = await database.open();
      const lost = sql
        .query('test_sleep', 'SELECT pg_sleep(10)', [])
        .catch((error: unknown) => error);
      await dataSource.query('SELECT 1');
      await vi.waitFor(async () => {
        const busy = await other.query<object[]>(
          "SELECT pid FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(10)'",
        );
        expect(busy).toHaveLength(1);
      });
      await other.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE datname = current_database() AND pid <> pg_backend_pid()`,
      );
      expect(findSqlState(await lost)).toBe('57P01');
      const one = [{ one: 1 }];
      await vi.waitFor(async () => {
        expect(await sql.query('test_one', 'SELECT 1 AS one', [])).toEqual(one);
        expect(await dataSource.query('SELECT 1 AS one')).toEqual(one);
      });
    });

    it('bounds statements, idle transactions and says who it is', async () => {
      const dataSource = await database.open();
      const [row] = await dataSource.query<object[]>(
        `SELECT current_setting('statement_timeout') AS statement, current_setting('application_name') AS name,
                current_setting('idle_in_transaction_session_timeout') AS idle`,
      );
      expect(row).toEqual({ statement: '30s', name: 'atelier', idle: '30s' });
    });

    it('gives a table that filled up its first statistics', async () => {
      const dataSource = await database.open();
      await dataSource.query('CREATE TABLE busy (id integer)');
      await dataSource.query('INSERT INTO busy SELECT generate_series(1, 2000)');
      const care = new TableCare(dataSource, kind, {
        lookEveryMs: 50,
        repeatAfterMs: 60_000,
        checkpointEveryMs: 60_000,
      });
      await vi.waitFor(
        async () => {
          const [row] = await dataSource.query<{ rows: number }[]>(
            "SELECT reltuples AS rows FROM pg_class WHERE relname = 'busy'",
          );
          expect(row?.rows).toBe(2_000);
        },
        { timeout: 15_000 },
      );
      await care.stop();
    });
  });
}

if (!databaseKinds().includes('postgres')) {
  describe('connections to the embedded engine', () => {
    it('needs no password and keeps its connections, which cost nothing', () => {
      const config = { kind: 'embedded' as const, url: null, dir: 'unused', poolMax: 3 };
      expect(toPoolOptions(config, noEngine, 3)).toMatchObject({ max: 3, idleTimeoutMillis: 0 });
    });
  });
}
