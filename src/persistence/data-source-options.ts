import type { DataSourceOptions, MixedList } from 'typeorm';
import type { DatabaseConfig } from '../config/app-config.js';
import { AfterCommitSubscriber } from './after-commit.js';
import type { EmbeddedDatabase } from './embedded-database.js';
import { MIGRATIONS } from './migrations/index.js';
import { toPoolOptions } from './pool-options.js';

export type EntityList = MixedList<
  string | (new () => object) | ((...parameters: never[]) => unknown)
>;

export interface PoolFaultListener {
  (error: Error): void;
}

/**
 * TypeORM's options for both engines; the only place that makes them.
 * @param embedded hands out the open embedded database; never called on a Postgres server.
 */
export function toDataSourceOptions(
  config: DatabaseConfig,
  embedded: () => EmbeddedDatabase,
  onPoolFault: PoolFaultListener,
): DataSourceOptions {
  return {
    type: 'postgres',
    entities: [],
    subscribers: [AfterCommitSubscriber],
    migrations: [...MIGRATIONS],
    migrationsTableName: 'schema_migrations',
    migrationsRun: false,
    synchronize: false,
    logging: false,
    // No extension is needed or wanted: ids are made by the application.
    installExtensions: false,
    uuidExtension: 'pgcrypto',
    poolSize: config.poolMax,
    poolErrorHandler: onPoolFault,
    extra: toPoolOptions(config, embedded, config.poolMax),
  };
}
