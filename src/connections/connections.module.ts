import { Module, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { OutboundModule } from '../outbound/outbound.module.js';
import { WorkRegistry } from '../persistence/work-registry.js';
import { ProvidersModule } from '../providers/providers.module.js';
import { SecretsModule } from '../secrets/secrets.module.js';
import { SqlConnectionStateReader } from './adapters/sql-connection-state.reader.js';
import { SqlConnectionsReader } from './adapters/sql-connections.reader.js';
import { TypeormConnectionsRepository } from './adapters/typeorm-connections.repository.js';
import { ConnectionAssembler } from './connection-assembler.js';
import { ConnectionAuthority } from './connection-authority.js';
import { ConnectionModelsService } from './connection-models.service.js';
import { ConnectionOpener } from './connection-opener.js';
import { ConnectionProbesService } from './connection-probes.service.js';
import { ConnectionState } from './connection-state.js';
import { ConnectionWork } from './connection-work.js';
import { ConnectionsDirectory } from './connections-directory.port.js';
import { ConnectionsService } from './connections.service.js';
import { CredentialChanges } from './credential-changes.js';
import { ConnectionStateReader } from './domain/connection-state.reader.port.js';
import { ConnectionsReader } from './domain/connections.reader.port.js';
import { ConnectionsRepository } from './domain/connections.repository.port.js';
import { ConnectionModelsController } from './http/connection-models.controller.js';
import { ConnectionProbesController } from './http/connection-probes.controller.js';
import { ConnectionsController } from './http/connections.controller.js';
import { ModelPreferencesController } from './http/model-preferences.controller.js';
import { KeptConnectionsDirectory } from './kept-connections.directory.js';
import { ModelPreferences } from './model-preferences.js';
import { ModelPreferencesService } from './model-preferences.service.js';
import { ModelTrialsService } from './model-trials.service.js';

/** Credentials at vendors, and the models each serves. */
@Module({
  imports: [OutboundModule, ProvidersModule, SecretsModule],
  controllers: [
    ConnectionProbesController,
    ConnectionModelsController,
    ConnectionsController,
    ModelPreferencesController,
  ],
  providers: [
    { provide: ConnectionStateReader, useClass: SqlConnectionStateReader },
    { provide: ConnectionsReader, useClass: SqlConnectionsReader },
    { provide: ConnectionsDirectory, useClass: KeptConnectionsDirectory },
    ConnectionAssembler,
    ConnectionAuthority,
    ConnectionModelsService,
    ConnectionOpener,
    ConnectionProbesService,
    ConnectionState,
    ConnectionsService,
    ConnectionWork,
    CredentialChanges,
    ModelPreferences,
    ModelPreferencesService,
    ModelTrialsService,
  ],
  exports: [ConnectionsDirectory, CredentialChanges, ModelPreferences],
})
export class ConnectionsModule implements OnModuleInit {
  constructor(private readonly registry: WorkRegistry) {}

  onModuleInit(): void {
    this.registry.register({
      port: ConnectionsRepository,
      create: (manager: EntityManager) => new TypeormConnectionsRepository(manager),
    });
  }
}
