import { Module, type OnModuleInit } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { EntityManager } from 'typeorm';
import { AuthModule } from '../auth/auth.module.js';
import { CacheEpoch } from '../persistence/cache-epoch.js';
import { WorkRegistry } from '../persistence/work-registry.js';
import { RbacModule } from '../rbac/rbac.module.js';
import { SearchSpaceEntity } from './adapters/search-space.entity.js';
import { SqlCollectionsReader } from './adapters/sql-collections.reader.js';
import { SqlSpacesReader } from './adapters/sql-spaces.reader.js';
import { StdoutFirstStartPrinter } from './adapters/stdout-first-start-printer.js';
import { TypeormCollectionsRepository } from './adapters/typeorm-collections.repository.js';
import { TypeormFirstStartLock } from './adapters/typeorm-first-start-lock.js';
import { TypeormSpaceDeletions } from './adapters/typeorm-space-deletions.js';
import { TypeormSpacesRepository } from './adapters/typeorm-spaces.repository.js';
import { CollectionsService } from './collections.service.js';
import { DeleteSpaceService } from './delete-space.service.js';
import { CollectionsReader } from './domain/collections.reader.port.js';
import { CollectionsRepository } from './domain/collections.repository.port.js';
import { FirstStartLock } from './domain/first-start-lock.port.js';
import { FirstStartPrinter } from './domain/first-start-printer.port.js';
import { SpaceDeletions } from './domain/space-deletions.port.js';
import { SpacesReader } from './domain/spaces.reader.port.js';
import { SpacesRepository } from './domain/spaces.repository.port.js';
import { FirstStartAnnouncer } from './first-start.announcer.js';
import { FirstStartService } from './first-start.service.js';
import { CollectionsController } from './http/collections.controller.js';
import { SearchSpacesController } from './http/search-spaces.controller.js';
import { RemoveSpaceService } from './remove-space.service.js';
import { SpaceHooksModule } from './space-hooks.module.js';
import { SpaceRemovalsWorker } from './space-removals.worker.js';
import { SpacesService } from './spaces.service.js';

/**
 * The tenants, from the first of them to the end of each, and the collections inside. Rooms above add to a new space,
 * and remove what they keep of a deleted one, through `SpaceHooks`.
 */
@Module({
  imports: [
    AuthModule,
    RbacModule,
    SpaceHooksModule,
    TypeOrmModule.forFeature([SearchSpaceEntity]),
  ],
  controllers: [SearchSpacesController, CollectionsController],
  providers: [
    { provide: SpacesReader, useClass: SqlSpacesReader },
    { provide: CollectionsReader, useClass: SqlCollectionsReader },
    { provide: FirstStartPrinter, useClass: StdoutFirstStartPrinter },
    CollectionsService,
    DeleteSpaceService,
    FirstStartAnnouncer,
    FirstStartService,
    RemoveSpaceService,
    SpaceRemovalsWorker,
    SpacesService,
  ],
  exports: [CollectionsService, SpaceHooksModule, SpacesService],
})
export class SpacesModule implements OnModuleInit {
  constructor(
    private readonly registry: WorkRegistry,
    private readonly epoch: CacheEpoch,
  ) {}

  onModuleInit(): void {
    this.registry.register({
      port: SpacesRepository,
      create: (manager: EntityManager) => new TypeormSpacesRepository(manager, this.epoch),
    });
    this.registry.register({
      port: SpaceDeletions,
      create: (manager: EntityManager) => new TypeormSpaceDeletions(manager, this.epoch),
    });
    this.registry.register({
      port: CollectionsRepository,
      create: (manager: EntityManager) => new TypeormCollectionsRepository(manager),
    });
    this.registry.register({
      port: FirstStartLock,
      create: (manager: EntityManager) => new TypeormFirstStartLock(manager),
    });
  }
}
