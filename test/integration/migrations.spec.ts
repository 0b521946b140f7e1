/** Proves that every migration goes up, down and up again, that many processes may run them at once, and that a failed one leaves nothing. */
import type { MigrationInterface } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ManagedDataSource } from '../../src/persistence/managed-data-source.js';
import { migrate } from '../../src/persistence/migrate.js';
import { MIGRATIONS } from '../../src/persistence/migrations/index.js';
import { createTestDatabase, type TestDatabase } from '../setup/database.js';
import { databaseKinds } from '../setup/services.js';

const NAMES = MIGRATIONS.map((migration) => migration.name);
const PROCESSES = 5;
/** Every statement of every migration three times, on a machine that has other work. */
const UP_AND_DOWN_MS = 180_000;

class BrokenMigration9990000000000 implements MigrationInterface {
  async up(): Promise<void> {
    throw new Error('broken on purpose');
  }

  async down(): Promise<void> {}
}

/** What the migrations made: tables with their columns, functions, indexes, constraints. */
async function readSchema(dataSource: ManagedDataSource): Promise<string[]> {
  const rows: { part: string }[] = await dataSource.query(`
    SELECT 'column ' || table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable AS part
      FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL SELECT 'function ' || oid::regprocedure FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT 'type ' || typname FROM pg_type WHERE typnamespace = 'public'::regnamespace
    UNION ALL SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT 'constraint ' || conrelid::regclass || ' ' || pg_get_constraintdef(oid)
      FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT 'trigger ' || pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal`);
  return rows.map(({ part }) => part).toSorted();
}

describe.each(databaseKinds())('migrations on %s', (kind) => {
  let database: TestDatabase;

  beforeEach(async () => {
    database = await createTestDatabase(kind, { isMigrated: false });
  });

  afterEach(() => database.drop());

  it(
    'goes up, down and up again, and leaves the same schema',
    async () => {
      const dataSource = await database.open();
      expect(await migrate(dataSource)).toEqual(NAMES);
      const schema = await readSchema(dataSource);
      for (const _ of NAMES) await dataSource.undoLastMigration({ transaction: 'all' });
      const left = await readSchema(dataSource);
      expect(left.filter((part) => !part.includes('schema_migrations'))).toEqual([]);
      expect(await migrate(dataSource)).toEqual(NAMES);
      expect(await readSchema(dataSource)).toEqual(schema);
    },
    UP_AND_DOWN_MS,
  );

  it('does nothing when nothing is pending', async () => {
    const dataSource = await database.open();
    await migrate(dataSource);
    expect(await migrate(dataSource)).toEqual([]);
  });

  it('is in the order of its numbers', () => {
    const numbers = NAMES.map((name) => Number(name.slice(-13)));
    expect(numbers).toEqual(numbers.toSorted((left, right) => left - right));
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  it('applies each migration once when several callers start together', async () => {
    const dataSource = await database.open();
    const applied = await Promise.all(
      Array.from({ length: PROCESSES }, async () => migrate(dataSource)),
    );
    expect(applied.flat()).toEqual(NAMES);
  });

  it('leaves nothing of the others behind when one migration fails', async () => {
    const dataSource = await database.open();
    dataSource.migrations.push(new BrokenMigration9990000000000());
    await expect(migrate(dataSource)).rejects.toThrow('broken on purpose');
    expect(await readSchema(dataSource)).toEqual([]);
  });
});
