import { Module, type OnModuleInit } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { EntityManager } from 'typeorm';
import { AuthModule } from '../auth/auth.module.js';
import { CacheEpoch } from '../persistence/cache-epoch.js';
import { WorkRegistry } from '../persistence/work-registry.js';
import { RbacModule } from '../rbac/rbac.module.js';
import { SearchSpaceEntity } from './adapters/search-space.entity.js';
import { SqlSpacesReader } from './adapters/sql-spaces.reader.js';
import { StdoutFirstStartPrinter } from './adapters/stdout-first-start-printer.js';
import { TypeormFirstStartLock } from './adapters/typeorm-first-start-lock.js';
import { TypeormSpacesRepository } from './adapters/typeorm-spaces.repository.js';
import { FirstStartLock } from './domain/first-start-lock.port.js';
import { FirstStartPrinter } from './domain/first-start-printer.port.js';
import { SpacesReader } from './domain/spaces.reader.port.js';
import { SpacesRepository } from './domain/spaces.repository.port.js';
import { FirstStartAnnouncer } from './first-start.announcer.js';
import { FirstStartService } from './first-start.service.js';
import { SearchSpacesController } from './http/search-spaces.controller.js';
import { SpaceHooks } from './space-hooks.js';
import { SpacesService } from './spaces.service.js';

/** The tenants, and the first of them. Rooms above add to a new space through `SpaceHooks`. */
@Module({
  imports: [AuthModule, RbacModule, TypeOrmModule.forFeature([SearchSpaceEntity])],
  controllers: [SearchSpacesController],
  providers: [
    { provide: SpacesReader, useClass: SqlSpacesReader },
    { provide: FirstStartPrinter, useClass: StdoutFirstStartPrinter },
    FirstStartAnnouncer,
    FirstStartService,
    SpaceHooks,
    SpacesService,
  ],
  exports: [SpaceHooks, SpacesService],
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
      port: FirstStartLock,
      create: (manager: EntityManager) => new TypeormFirstStartLock(manager),
    });
  }
}
