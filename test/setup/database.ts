/** Fresh, migrated databases of either kind for the tests. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import type { DataSourceOptions } from 'typeorm';
import { newId } from '../../src/common/ids.js';
import type { DatabaseConfig } from '../../src/config/app-config.js';
import type { Environment } from '../../src/config/read-settings.js';
import { ManagedDataSource } from '../../src/persistence/managed-data-source.js';
import { copyMigrated } from './embedded-template.js';
import { createMigrated } from './server-template.js';
import { type DatabaseKind, readDatabaseUrl } from './services.js';
import { makeTestFolder } from './test-folder.js';

const POOL_MAX = 10;
const SECRET = 'a secret that only the tests know';

export interface TestDatabase {
  kind: DatabaseKind;
  /** What `DataSource`s and modules are opened with. */
  config: DatabaseConfig;
  /** A folder of this test alone. */
  dataDir: string;
  /** The settings that make a whole application use this database; to be spread into `loadConfig`. */
  environment: Environment;
  /** A DataSource on it, closed by `drop`. */
  open(entities?: DataSourceOptions['entities']): Promise<ManagedDataSource>;
  /** Closes what was opened, then removes database and folder. */
  drop(): Promise<void>;
}

export interface TestDatabaseOptions {
  /** False: no table in it. */
  isMigrated?: boolean;
  /** True: its folder is on the disk, slow as that may be. */
  isOnDisk?: boolean;
}

/** Makes a database of the kind. Call `drop` in `afterAll`. */
export async function createTestDatabase(
  kind: DatabaseKind,
  { isMigrated = true, isOnDisk = false }: TestDatabaseOptions = {},
): Promise<TestDatabase> {
  const dataDir = makeTestFolder('atelier-test-', isOnDisk);
  const config: DatabaseConfig = {
    kind,
    url: kind === 'postgres' ? await createOnServer(isMigrated) : null,
    dir: join(dataDir, 'database'),
    poolMax: POOL_MAX,
  };
  const opened: ManagedDataSource[] = [];
  const database: TestDatabase = {
    kind,
    config,
    dataDir,
    environment: toEnvironment(config, dataDir),
    async open(entities = []) {
      const dataSource = new ManagedDataSource(config, entities);
      opened.push(dataSource);
      return dataSource.initialize();
    },
    async drop() {
      for (const dataSource of opened) if (dataSource.isInitialized) await dataSource.destroy();
      if (config.url) await onServer(`DROP DATABASE "${nameOf(config.url)}" WITH (FORCE)`);
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
  if (isMigrated && kind === 'embedded') {
    await copyMigrated(config.dir).catch(async (error: unknown) => {
      await database.drop();
      throw error;
    });
  }
  return database;
}

function toEnvironment(config: DatabaseConfig, dataDir: string): Environment {
  const secrets = { JWT_SECRET: SECRET, LINK_SECRET: SECRET, ENCRYPTION_SECRET: SECRET };
  return { DATA_DIR: dataDir, DATABASE_URL: config.url ?? undefined, ...secrets };
}

async function createOnServer(isMigrated: boolean): Promise<string> {
  const url = new URL(readDatabaseUrl());
  url.pathname = `/atelier_test_${newId().replaceAll('-', '')}`;
  const name = nameOf(url.href);
  if (isMigrated) await createMigrated(readDatabaseUrl(), name);
  else await onServer(`CREATE DATABASE "${name}"`);
  return url.href;
}

function nameOf(url: string): string {
  return new URL(url).pathname.slice(1);
}

async function onServer(statement: string): Promise<void> {
  const client = new Client({ connectionString: readDatabaseUrl() });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
