import { Module, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Clock } from '../common/clock.js';
import { AppConfig } from '../config/app-config.js';
import { ConnectionsModule } from '../connections/connections.module.js';
import { WorkRegistry } from '../persistence/work-registry.js';
import { ProvidersModule } from '../providers/providers.module.js';
import { UpstreamModule } from '../upstream/upstream.module.js';
import { InProcessStickySessions } from './adapters/in-process-sticky-sessions.js';
import { KeptSpacePreferences } from './adapters/kept-space-preferences.js';
import { RedisStickySessions } from './adapters/redis-sticky-sessions.js';
import { SqlRoutesReader } from './adapters/sql-routes.reader.js';
import { TypeormRoutesRepository } from './adapters/typeorm-routes.repository.js';
import { AutoCandidates } from './auto-candidates.js';
import { CandidateGatherer } from './candidate-gatherer.js';
import { ConnectionChooser } from './connection-chooser.js';
import { RoutesReader } from './domain/routes.reader.port.js';
import { RoutesRepository } from './domain/routes.repository.port.js';
import { RoutesController } from './http/routes.controller.js';
import { ModelsService } from './models.service.js';
import { PlanGathering } from './plan-gathering.js';
import { RoutePlanner } from './route-planner.js';
import { RoutesService } from './routes.service.js';
import { RoutingService } from './routing.service.js';
import { RoutingState } from './routing-state.js';
import { SpacePreferences } from './space-preferences.port.js';
import { StickySessions } from './sticky-sessions.port.js';
import { WishList } from './wish-list.js';

/** From a public model name to the models and connections that may run. `REDIS_URL` shares sessions between processes. */
@Module({
  imports: [ProvidersModule, ConnectionsModule, UpstreamModule],
  controllers: [RoutesController],
  providers: [
    { provide: RoutesReader, useClass: SqlRoutesReader },
    { provide: SpacePreferences, useClass: KeptSpacePreferences },
    {
      provide: StickySessions,
      inject: [AppConfig, Clock],
      useFactory: ({ queue }: AppConfig, clock: Clock) =>
        queue.redisUrl
          ? new RedisStickySessions(queue.redisUrl, queue.redisPrefix)
          : new InProcessStickySessions(clock),
    },
    AutoCandidates,
    CandidateGatherer,
    ConnectionChooser,
    ModelsService,
    PlanGathering,
    RoutePlanner,
    RoutesService,
    RoutingService,
    RoutingState,
    WishList,
  ],
  exports: [ModelsService, RoutingService],
})
export class RoutingModule implements OnModuleInit {
  constructor(private readonly registry: WorkRegistry) {}

  onModuleInit(): void {
    this.registry.register({
      port: RoutesRepository,
      create: (manager: EntityManager) => new TypeormRoutesRepository(manager),
    });
  }
}
