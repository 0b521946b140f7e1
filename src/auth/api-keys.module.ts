import { Module, type OnModuleInit } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { EntityManager } from 'typeorm';
import { CacheEpoch } from '../persistence/cache-epoch.js';
import { WorkRegistry } from '../persistence/work-registry.js';
import { ApiKeySecretEntity } from './adapters/api-key-secret.entity.js';
import { ApiKeyEntity } from './adapters/api-key.entity.js';
import { SqlApiKeysReader } from './adapters/sql-api-keys.reader.js';
import { SqlCredentialsReader } from './adapters/sql-credentials.reader.js';
import { SqlKeyUsageWriter } from './adapters/sql-key-usage.writer.js';
import { SqlServiceAccountsReader } from './adapters/sql-service-accounts.reader.js';
import { TypeormApiKeysRepository } from './adapters/typeorm-api-keys.repository.js';
import { TypeormServiceAccountsRepository } from './adapters/typeorm-service-accounts.repository.js';
import { ApiKeyChangesService } from './api-key-changes.service.js';
import { ApiKeysService } from './api-keys.service.js';
import { ApiKeysReader } from './domain/api-keys.reader.port.js';
import { ApiKeysRepository } from './domain/api-keys.repository.port.js';
import { CredentialsReader } from './domain/credentials.reader.port.js';
import { KeyUsageWriter } from './domain/key-usage.writer.port.js';
import { ServiceAccountsReader } from './domain/service-accounts.reader.port.js';
import { ServiceAccountsRepository } from './domain/service-accounts.repository.port.js';
import { ApiKeysController } from './http/api-keys.controller.js';
import { KeyUsageRecorder } from './key-usage.recorder.js';
import { KeyVerifier } from './key-verifier.js';

/** API keys and the accounts that have nothing else. Part of AuthModule, which hands it on. */
@Module({
  imports: [TypeOrmModule.forFeature([ApiKeyEntity, ApiKeySecretEntity])],
  controllers: [ApiKeysController],
  providers: [
    { provide: ApiKeysReader, useClass: SqlApiKeysReader },
    { provide: CredentialsReader, useClass: SqlCredentialsReader },
    { provide: KeyUsageWriter, useClass: SqlKeyUsageWriter },
    { provide: ServiceAccountsReader, useClass: SqlServiceAccountsReader },
    ApiKeyChangesService,
    ApiKeysService,
    KeyUsageRecorder,
    KeyVerifier,
  ],
  exports: [ApiKeysReader, ApiKeysService, KeyVerifier, ServiceAccountsReader],
})
export class ApiKeysModule implements OnModuleInit {
  constructor(
    private readonly registry: WorkRegistry,
    private readonly epoch: CacheEpoch,
  ) {}

  onModuleInit(): void {
    const { registry, epoch } = this;
    registry.register({
      port: ApiKeysRepository,
      create: (manager: EntityManager) => new TypeormApiKeysRepository(manager, epoch),
    });
    registry.register({
      port: ServiceAccountsRepository,
      create: (manager: EntityManager) => new TypeormServiceAccountsRepository(manager, epoch),
    });
  }
}
