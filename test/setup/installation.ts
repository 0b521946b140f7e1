/** All that the processes of one service share: settings, database, Redis keys and pictures. */
import { join } from 'node:path';
import type { Environment } from '../../src/config/read-settings.js';
import { createTestDatabase, type TestDatabase, type TestDatabaseOptions } from './database.js';
import { createTestRedis } from './redis.js';
import type { InstallationKind } from './services.js';

export const ADMIN_PASSWORD = 'correct horse battery staple';
export const API_KEY = 'atl_testkeys_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ';
/** Rows of a question to the database. */
export type Query = <R>(text: string, values?: unknown[]) => Promise<R[]>;

export interface Installation {
  kind: InstallationKind;
  /** What every process of it is started with. */
  settings: Environment;
  database: TestDatabase;
  mediaDir: string;
  /** Looks into the database. The embedded one opens only while no process runs. */
  inspect<T>(look: (query: Query) => Promise<T>): Promise<T>;
  drop(): Promise<void>;
}

/** A fresh one. Call `drop` when all of its processes have ended. */
export async function createInstallation(
  kind: InstallationKind,
  settings: Environment = {},
  options: TestDatabaseOptions = {},
): Promise<Installation> {
  const engine = kind === 'embedded' ? 'embedded' : 'postgres';
  // Processes that are killed and measured stand on a real disk.
  const database = await createTestDatabase(engine, { isOnDisk: true, ...options });
  const redis = kind === 'large' ? createTestRedis() : null;
  const mediaDir = join(database.dataDir, 'media');
  return {
    kind,
    database,
    mediaDir,
    settings: {
      ...database.environment,
      ...redis?.environment,
      MEDIA_DIR: mediaDir,
      THROTTLE_RPM: '10000000',
      BOOTSTRAP_ADMIN_PASSWORD: ADMIN_PASSWORD,
      BOOTSTRAP_API_KEY: API_KEY,
      ...settings,
    },
    async inspect(look) {
      const dataSource = await database.open();
      try {
        return await look((text, values) => dataSource.query(text, values));
      } finally {
        await dataSource.destroy();
      }
    },
    async drop() {
      await database.drop();
      await redis?.drop();
    },
  };
}
