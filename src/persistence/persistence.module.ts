import { type DynamicModule, Global, Module, type Provider } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import type { AppConfig } from '../config/app-config.js';
import { CacheEpoch, CacheEpochMark } from './cache-epoch.js';
import { ManagedDataSource } from './managed-data-source.js';
import { openDatabase } from './open-database.js';
import { OUTBOX_DELIVERY_DEFAULTS, OutboxDelivery } from './outbox-delivery.js';
import { OutboxHandlers } from './outbox-handlers.js';
import { OutboxStore } from './outbox-store.js';
import { Outbox, OutboxSignal } from './outbox.port.js';
import { PgSql } from './pg-sql.js';
import { PolledCacheEpoch } from './polled-cache-epoch.js';
import { Sql } from './sql.port.js';
import { TypeormCacheEpochMark } from './typeorm-cache-epoch-mark.js';
import { TypeormOutboxRepository } from './typeorm-outbox.repository.js';
import { TypeormUnitOfWork } from './typeorm-unit-of-work.js';
import { UnitOfWork } from './unit-of-work.port.js';
import { WorkRegistry } from './work-registry.js';

const CONNECT_ATTEMPTS_MAX = 10;
const CONNECT_RETRY_MS = 1_000;
/** A server that is still starting, or a name that is not there yet: compose files start everything at once. */
const STARTING_CODES = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ECONNRESET', '57P03'];

/** The database of the whole application, on either engine. `DATABASE_URL` selects Postgres. */
@Global()
@Module({})
export class PersistenceModule {
  static register(config: AppConfig): DynamicModule {
    const providers = toProviders(config);
    return {
      module: PersistenceModule,
      imports: [
        TypeOrmModule.forRootAsync({
          useFactory: () => ({
            type: 'postgres',
            autoLoadEntities: true,
            retryAttempts: CONNECT_ATTEMPTS_MAX,
            retryDelay: CONNECT_RETRY_MS,
            toRetry: isStarting,
          }),
          dataSourceFactory: (options) => openDatabase(config, options?.entities),
        }),
      ],
      providers,
      exports: [
        CacheEpoch,
        ManagedDataSource,
        OutboxHandlers,
        OutboxSignal,
        Sql,
        TypeOrmModule,
        UnitOfWork,
        WorkRegistry,
      ],
    };
  }
}

function toProviders({ role }: AppConfig): Provider[] {
  return [
    { provide: ManagedDataSource, useExisting: DataSource },
    { provide: Sql, useClass: PgSql },
    { provide: UnitOfWork, useClass: TypeormUnitOfWork },
    { provide: CacheEpoch, useClass: PolledCacheEpoch },
    { provide: OutboxSignal, useExisting: OutboxDelivery },
    OutboxHandlers,
    OutboxStore,
    {
      provide: WorkRegistry,
      useFactory: toWorkRegistry,
      inject: [CacheEpoch, OutboxSignal],
    },
    {
      provide: OutboxDelivery,
      useFactory: (store: OutboxStore, handlers: OutboxHandlers) =>
        new OutboxDelivery(store, handlers, { ...OUTBOX_DELIVERY_DEFAULTS, isOn: role !== 'api' }),
      inject: [OutboxStore, OutboxHandlers],
    },
  ];
}

function toWorkRegistry(epoch: CacheEpoch, signal: OutboxSignal): WorkRegistry {
  const registry = new WorkRegistry();
  registry.register({
    port: Outbox,
    create: (manager: EntityManager) => new TypeormOutboxRepository(manager, signal),
  });
  registry.register({
    port: CacheEpochMark,
    create: (manager: EntityManager) => new TypeormCacheEpochMark(manager, epoch),
  });
  return registry;
}

function isStarting(error: unknown): boolean {
  return STARTING_CODES.includes(String((error as { code?: unknown }).code));
}
