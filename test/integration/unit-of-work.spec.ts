/** Proves that a unit of work commits whole or not at all, retries what the database asks to retry, and cannot be misused silently. */
import { setTimeout as delay } from 'node:timers/promises';
import type { EntityManager } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ManagedDataSource } from '../../src/persistence/managed-data-source.js';
import { PgSql } from '../../src/persistence/pg-sql.js';
import {
  findConstraint,
  findSqlState,
  isUniqueViolation,
} from '../../src/persistence/sql-error.js';
import { TypeormUnitOfWork } from '../../src/persistence/typeorm-unit-of-work.js';
import type { WorkScope } from '../../src/persistence/unit-of-work.port.js';
import { WorkRegistry } from '../../src/persistence/work-registry.js';
import { createTestDatabase, type TestDatabase } from '../setup/database.js';
import { databaseKinds } from '../setup/services.js';

class Numbers {
  constructor(private readonly manager: EntityManager) {}

  async add(id: number, value: number): Promise<void> {
    await this.manager.query('INSERT INTO numbers VALUES ($1, $2)', [id, value]);
  }

  async increase(id: number): Promise<void> {
    await this.manager.query('UPDATE numbers SET value = value + 1 WHERE id = $1', [id]);
  }

  async run(statement: string): Promise<unknown> {
    return this.manager.query(statement);
  }
}

describe.each(databaseKinds())('unit of work on %s', (kind) => {
  let database: TestDatabase;
  let dataSource: ManagedDataSource;
  let unitOfWork: TypeormUnitOfWork;

  beforeAll(async () => {
    database = await createTestDatabase(kind);
    dataSource = await database.open();
    await dataSource.query(
      'CREATE TABLE numbers (id integer CONSTRAINT numbers_once PRIMARY KEY, value integer)',
    );
    const registry = new WorkRegistry();
    registry.register({ port: Numbers, create: (manager) => new Numbers(manager) });
    unitOfWork = new TypeormUnitOfWork(dataSource, registry);
  });

  afterAll(() => database.drop());

  beforeEach(async () => {
    await dataSource.query('TRUNCATE numbers');
    await dataSource.query('INSERT INTO numbers VALUES (1, 0), (2, 0)');
  });

  async function read(): Promise<Record<number, number>> {
    const rows = await dataSource.query<{ id: number; value: number }[]>(
      'SELECT id, value FROM numbers',
    );
    return Object.fromEntries(rows.map(({ id, value }) => [id, value]));
  }

  it('commits all that was done, and answers what the work answered', async () => {
    const answer = await unitOfWork.run(async (scope) => {
      await scope.get(Numbers).add(3, 3);
      await scope.get(Numbers).increase(1);
      return 'done';
    });
    expect(answer).toBe('done');
    expect(await read()).toEqual({ 1: 1, 2: 0, 3: 3 });
  });

  it('undoes all of it when the work throws, and lets the error through as it is', async () => {
    const error = new Error('on purpose');
    const result = unitOfWork.run(async (scope) => {
      await scope.get(Numbers).add(3, 3);
      throw error;
    });
    await expect(result).rejects.toBe(error);
    expect(await read()).toEqual({ 1: 0, 2: 0 });
  });

  it('hands out one repository per port and transaction', async () => {
    const seen: Numbers[] = [];
    for (let times = 0; times < 2; times += 1) {
      await unitOfWork.run(async (scope) => {
        seen.push(scope.get(Numbers), scope.get(Numbers));
      });
    }
    expect(seen[0]).toBe(seen[1]);
    expect(seen[2]).not.toBe(seen[0]);
  });

  it('refuses a port that nobody registered', async () => {
    await expect(unitOfWork.run(async (scope) => scope.get(PgSql))).rejects.toThrow('PgSql');
  });

  it('refuses a scope that is over', async () => {
    let kept!: WorkScope;
    await unitOfWork.run(async (scope) => {
      kept = scope;
    });
    expect(() => kept.get(Numbers)).toThrow('had ended');
  });

  it('refuses a unit of work inside another one, and undoes the outer one', async () => {
    const result = unitOfWork.run(async (scope) => {
      await scope.get(Numbers).increase(1);
      await unitOfWork.run(async (inner) => inner.get(Numbers).increase(2));
    });
    await expect(result).rejects.toThrow('inside a unit of work');
    expect(await read()).toEqual({ 1: 0, 2: 0 });
  });

  it('does not report success when a failed statement was swallowed', async () => {
    const result = unitOfWork.run(async (scope) => {
      await scope.get(Numbers).increase(1);
      await scope
        .get(Numbers)
        .add(1, 1)
        .catch(() => undefined);
    });
    await expect(result).rejects.toThrow('failed statement was ignored');
    expect(await read()).toEqual({ 1: 0, 2: 0 });
  });

  it.each(['serialization_failure', 'deadlock_detected'])(
    'runs the work again after a %s',
    async (condition) => {
      let attempts = 0;
      await unitOfWork.run(async (scope) => {
        attempts += 1;
        await scope.get(Numbers).increase(1);
        if (attempts < 3) await scope.get(Numbers).run(raise(condition));
      });
      expect(attempts).toBe(3);
      expect(await read()).toMatchObject({ 1: 1 });
    },
  );

  it('gives up after some attempts, with the error of the last', async () => {
    const work = vi.fn(async (scope: WorkScope) =>
      scope.get(Numbers).run(raise('deadlock_detected')),
    );
    const error: unknown = await unitOfWork.run(work).catch((caught: unknown) => caught);
    expect(findSqlState(error)).toBe('40P01');
    expect(work.mock.calls.length).toBeGreaterThan(1);
    expect(work.mock.calls.length).toBeLessThan(10);
  });

  it('does not run the work again after any other error', async () => {
    const work = vi.fn(async (scope: WorkScope) => scope.get(Numbers).add(1, 1));
    const error: unknown = await unitOfWork.run(work).catch((caught: unknown) => caught);
    expect(isUniqueViolation(error)).toBe(true);
    expect(isUniqueViolation(error, 'numbers_once')).toBe(true);
    expect(isUniqueViolation(error, 'another')).toBe(false);
    expect(work).toHaveBeenCalledOnce();
  });

  it('calls back after the commit, and not after a rollback', async () => {
    const seen: Record<number, number>[] = [];
    await unitOfWork.run(async (scope) => {
      await scope.get(Numbers).increase(1);
      scope.afterCommit(() => seen.push({}));
      expect(seen).toEqual([]);
    });
    expect(seen).toHaveLength(1);
    const failed = unitOfWork.run(async (scope) => {
      scope.afterCommit(() => seen.push({}));
      throw new Error('on purpose');
    });
    await expect(failed).rejects.toThrow('on purpose');
    expect(seen).toHaveLength(1);
  });

  it('loses no update when many run at once', async () => {
    await Promise.all(
      Array.from({ length: 40 }, () =>
        unitOfWork.run(async (scope) => {
          await scope.get(Numbers).increase(1);
          await scope.get(Numbers).increase(2);
        }),
      ),
    );
    expect(await read()).toEqual({ 1: 40, 2: 40 });
  });

  // Only a server lets two transactions wait for each other.
  if (kind === 'postgres') {
    it('gets through a real deadlock', async () => {
      const cross = (first: number, second: number) =>
        unitOfWork.run(async (scope) => {
          await scope.get(Numbers).increase(first);
          await delay(50);
          await scope.get(Numbers).increase(second);
        });
      await Promise.all([cross(1, 2), cross(2, 1)]);
      expect(await read()).toEqual({ 1: 2, 2: 2 });
    });
  }

  describe('Sql', () => {
    it('answers rows of a named statement, again and again, from many at once', async () => {
      const sql = new PgSql(dataSource);
      const ask = (value: number) =>
        sql.query<{ answer: number }>('test_double', 'SELECT $1::integer * 2 AS answer', [value]);
      const answers = await Promise.all(Array.from({ length: 50 }, (_, value) => ask(value)));
      expect(answers).toEqual(Array.from({ length: 50 }, (_, value) => [{ answer: value * 2 }]));
    });

    it('keeps code and constraint of an error, and the connection', async () => {
      const sql = new PgSql(dataSource);
      const pids = new Set<number>();
      for (let times = 0; times < 5; times += 1) {
        const error: unknown = await sql
          .query('test_insert', 'INSERT INTO numbers VALUES ($1, 0)', [1])
          .catch((caught: unknown) => caught);
        expect([findSqlState(error), findConstraint(error)]).toEqual(['23505', 'numbers_once']);
        const [row] = await sql.query<{ pid: number }>(
          'test_pid',
          'SELECT pg_backend_pid() AS pid',
          [],
        );
        pids.add(row!.pid);
      }
      expect(pids.size).toBe(1);
    });

    it('recovers when the schema changed under a prepared statement', async () => {
      const sql = new PgSql(dataSource);
      const ask = () => sql.query('test_stale', 'SELECT * FROM changing', []);
      await dataSource.query('CREATE TABLE changing (id integer)');
      await ask();
      await dataSource.query('ALTER TABLE changing ADD COLUMN name text');
      await vi.waitFor(async () => expect(await ask()).toEqual([]), { timeout: 30_000 });
      await dataSource.query('DROP TABLE changing');
    });

    it('refuses a name that the server would cut', async () => {
      const sql = new PgSql(dataSource);
      await expect(sql.query('x'.repeat(60), 'SELECT 1', [])).rejects.toThrow('too long');
    });
  });
});

function raise(condition: string): string {
  return `DO $$ BEGIN RAISE EXCEPTION 'on purpose' USING ERRCODE = '${condition}'; END $$`;
}
