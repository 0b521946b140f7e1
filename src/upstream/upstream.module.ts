import { Module, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Clock } from '../common/clock.js';
import { AppConfig } from '../config/app-config.js';
import { ConnectionsModule } from '../connections/connections.module.js';
import { WorkRegistry } from '../persistence/work-registry.js';
import { ProvidersModule } from '../providers/providers.module.js';
import { InProcessSlotStore } from './adapters/in-process-slot.store.js';
import { InProcessUpstreamBoard } from './adapters/in-process-upstream-board.js';
import { RedisSlotStore } from './adapters/redis-slot.store.js';
import { RedisUpstreamBoard } from './adapters/redis-upstream-board.js';
import { SqlErrorRulesReader } from './adapters/sql-error-rules.reader.js';
import { SqlUpstreamStatisticsStore } from './adapters/sql-upstream-statistics.store.js';
import { TypeormErrorRulesRepository } from './adapters/typeorm-error-rules.repository.js';
import { UpstreamRedis } from './adapters/upstream-redis.js';
import { CallerSlots } from './caller-slots.port.js';
import { ConnectionCooldownsService } from './connection-cooldowns.service.js';
import { ConnectionGate } from './connection-gate.js';
import { ConnectionMarks } from './connection-marks.js';
import { ConnectionSlots } from './connection-slots.js';
import { ErrorRulesReader } from './domain/error-rules.reader.port.js';
import { ErrorRulesRepository } from './domain/error-rules.repository.port.js';
import { ErrorRulesService } from './error-rules.service.js';
import { ErrorRulesState } from './error-rules-state.js';
import { ErrorRules } from './error-rules.js';
import { ConnectionCooldownsController } from './http/connection-cooldowns.controller.js';
import { ErrorRulesController } from './http/error-rules.controller.js';
import { OfferedProvidersController } from './http/offered-providers.controller.js';
import { LimitedCallerSlots } from './limited-caller-slots.js';
import { MendedConnections } from './mended-connections.js';
import { ObservedUpstreamHealth } from './observed-upstream-health.js';
import { OfferedProvidersService } from './offered-providers.service.js';
import { ResilientUpstreamCalls } from './resilient-upstream-calls.js';
import { SlotLines } from './slot-lines.js';
import { SlotStore } from './slot-store.port.js';
import { UpstreamAnalyticsService } from './upstream-analytics.service.js';
import { UpstreamBoard } from './upstream-board.port.js';
import { UpstreamCalls } from './upstream-calls.port.js';
import { UpstreamFigures } from './upstream-figures.js';
import { UpstreamGauges } from './upstream-gauges.js';
import { UpstreamHealth } from './upstream-health.port.js';
import { UpstreamMetrics } from './upstream-metrics.js';
import { UpstreamStatistics } from './upstream-statistics.js';
import { UpstreamStatisticsStore } from './upstream-statistics.store.port.js';
import { UpstreamStatusService } from './upstream-status.service.js';
import { UpstreamTally } from './upstream-tally.js';

const STORES = [
  {
    provide: UpstreamRedis,
    inject: [AppConfig],
    useFactory: ({ queue }: AppConfig) =>
      queue.redisUrl ? new UpstreamRedis(queue.redisUrl, queue.redisPrefix) : null,
  },
  {
    provide: SlotStore,
    inject: [UpstreamRedis],
    useFactory: (redis: UpstreamRedis | null) =>
      redis ? new RedisSlotStore(redis) : new InProcessSlotStore(),
  },
  {
    provide: UpstreamBoard,
    inject: [UpstreamRedis, Clock],
    useFactory: (redis: UpstreamRedis | null, clock: Clock) =>
      redis ? new RedisUpstreamBoard(redis, clock) : new InProcessUpstreamBoard(),
  },
  { provide: ErrorRulesReader, useClass: SqlErrorRulesReader },
  { provide: UpstreamStatisticsStore, useClass: SqlUpstreamStatisticsStore },
];

/**
 * The way to vendors: who may call how much at once, what is tried again, and how connections fare. `REDIS_URL` makes
 * all processes count slots and leave connections out together.
 */
@Module({
  imports: [ProvidersModule, ConnectionsModule],
  controllers: [OfferedProvidersController, ConnectionCooldownsController, ErrorRulesController],
  providers: [
    ...STORES,
    SlotLines,
    ConnectionSlots,
    ConnectionMarks,
    ConnectionGate,
    UpstreamTally,
    UpstreamMetrics,
    UpstreamGauges,
    UpstreamFigures,
    UpstreamStatistics,
    UpstreamStatusService,
    UpstreamAnalyticsService,
    OfferedProvidersService,
    ConnectionCooldownsService,
    ErrorRules,
    ErrorRulesService,
    ErrorRulesState,
    MendedConnections,
    { provide: CallerSlots, useClass: LimitedCallerSlots },
    { provide: UpstreamCalls, useClass: ResilientUpstreamCalls },
    { provide: UpstreamHealth, useClass: ObservedUpstreamHealth },
  ],
  exports: [CallerSlots, ErrorRules, UpstreamCalls, UpstreamHealth],
})
export class UpstreamModule implements OnModuleInit {
  constructor(private readonly registry: WorkRegistry) {}

  onModuleInit(): void {
    this.registry.register({
      port: ErrorRulesRepository,
      create: (manager: EntityManager) => new TypeormErrorRulesRepository(manager),
    });
  }
}
