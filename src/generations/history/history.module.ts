import { Module, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { WorkRegistry } from '../../persistence/work-registry.js';
import { SpaceHooksModule } from '../../spaces/space-hooks.module.js';
import { SqlHistoryRepository } from '../adapters/sql-history.repository.js';
import { SqlLabelsReader } from '../adapters/sql-labels.reader.js';
import { TypeormLabelsRepository } from '../adapters/typeorm-labels.repository.js';
import { HistoryRepository } from '../domain/history.repository.port.js';
import { LabelsReader, LabelsRepository } from '../domain/labels.port.js';
import { HistoryIndexer } from './history-indexer.js';

/** What generations can be found by. */
@Module({
  imports: [SpaceHooksModule],
  providers: [
    { provide: HistoryRepository, useClass: SqlHistoryRepository },
    { provide: LabelsReader, useClass: SqlLabelsReader },
    HistoryIndexer,
  ],
  exports: [HistoryIndexer, HistoryRepository, LabelsReader],
})
export class HistoryModule implements OnModuleInit {
  constructor(private readonly registry: WorkRegistry) {}

  onModuleInit(): void {
    this.registry.register({
      port: LabelsRepository,
      create: (manager: EntityManager) => new TypeormLabelsRepository(manager),
    });
  }
}
