import { Logger } from '@nestjs/common';
import type { DataSourceOptions } from 'typeorm';
import type { AppConfig } from '../config/app-config.js';
import { ManagedDataSource } from './managed-data-source.js';
import { migrate } from './migrate.js';
import { ProcessLease } from './process-lease.js';
import { TableCare } from './table-care.js';

const LEASE_NAME = 'single_process';
const LEASE_TABLE = 'process_leases';

/** The database as the application needs it: open, alone where it must be, and with today's schema. */
export async function openDatabase(
  config: Pick<AppConfig, 'database' | 'queue'>,
  entities: DataSourceOptions['entities'],
): Promise<ManagedDataSource> {
  const dataSource = new ManagedDataSource(config.database, entities);
  await dataSource.initialize();
  try {
    await prepare(dataSource, config);
    return dataSource;
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
}

async function prepare(
  dataSource: ManagedDataSource,
  { database, queue }: Pick<AppConfig, 'database' | 'queue'>,
): Promise<void> {
  // A server that no Redis stands beside serves one process. The embedded engine has its folder lock.
  const needsLease = database.kind === 'postgres' && queue.kind === 'in_process';
  // Before the schema changes under a living process, if the table is there already.
  const isLeased = needsLease && (await hasLeaseTable(dataSource));
  if (isLeased) await takeLease(dataSource);
  const applied = await migrate(dataSource);
  for (const name of applied) new Logger('Database').log(`migration applied: ${name}`);
  if (needsLease && !isLeased) await takeLease(dataSource);
  const care = new TableCare(dataSource, database.kind);
  dataSource.beforeDestroy(() => care.stop());
}

async function hasLeaseTable(dataSource: ManagedDataSource): Promise<boolean> {
  const [row] = await dataSource.query<{ found: string | null }[]>(
    `SELECT to_regclass('${LEASE_TABLE}') AS found`,
  );
  return Boolean(row?.found);
}

async function takeLease(dataSource: ManagedDataSource): Promise<void> {
  const lease = await ProcessLease.acquire(dataSource.sidePool(), LEASE_NAME, stopProcess);
  dataSource.beforeDestroy(() => lease.release());
}

/** Another process took over: this one ends as if it had been told to. */
function stopProcess(): void {
  new Logger('Database').error('another process took the database lease over; stopping');
  process.kill(process.pid, 'SIGTERM');
}
