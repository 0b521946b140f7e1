import { type DataSource, MigrationExecutor } from 'typeorm';

/** Which advisory lock stands for "the schema is being changed"; the same number in every version. */
const SCHEMA_LOCK = 4_021_790;
/** A migration of a large table, and the wait for another process that runs one. */
const MIGRATION_TIMEOUT_MS = 15 * 60_000;

/**
 * Brings the schema up to date: all pending migrations in one transaction, under a lock that many processes may
 * queue for, so that either everything is applied, once, or nothing is.
 */
export async function migrate(dataSource: DataSource): Promise<string[]> {
  const names = await applyPending(dataSource);
  // New tables have no statistics, and the embedded engine has nobody who gathers them.
  if (names.length > 0) await dataSource.query('ANALYZE');
  return names;
}

async function applyPending(dataSource: DataSource): Promise<string[]> {
  const runner = dataSource.createQueryRunner();
  try {
    await runner.startTransaction();
    await runner.query(`SET LOCAL statement_timeout = ${MIGRATION_TIMEOUT_MS}`);
    await runner.query(`SELECT pg_advisory_xact_lock(${SCHEMA_LOCK})`);
    const executor = new MigrationExecutor(dataSource, runner);
    executor.transaction = 'none';
    const applied = await executor.executePendingMigrations();
    await runner.commitTransaction();
    return applied.map(({ name }) => name);
  } catch (error) {
    if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
    throw error;
  } finally {
    await runner.release();
  }
}
