import {
  type DynamicModule,
  Global,
  Module,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuthModule } from '../auth/auth.module.js';
import { DelegatedKeys } from '../auth/domain/delegated-keys.port.js';
import { CreditGate } from '../billing/domain/credit-gate.port.js';
import { OpenCreditGate } from '../billing/open-credit-gate.js';
import { Clock } from '../common/clock.js';
import type { AppConfig, DelegatedConfig } from '../config/app-config.js';
import { MediaModule } from '../media/media.module.js';
import { createGuardedDispatcher } from '../outbound/guarded-dispatcher.js';
import { OutboundGuard } from '../outbound/outbound-guard.js';
import { OutboundModule } from '../outbound/outbound.module.js';
import { CacheEpoch } from '../persistence/cache-epoch.js';
import { WorkRegistry } from '../persistence/work-registry.js';
import { SpacesModule } from '../spaces/spaces.module.js';
import { SpacesService } from '../spaces/spaces.service.js';
import { AddressLimiter } from '../throttle/address-limiter.js';
import { SqlDelegatedUsersReader } from './adapters/sql-delegated-users.reader.js';
import { TypeormDelegatedUsersRepository } from './adapters/typeorm-delegated-users.repository.js';
import { BackendConnections } from './backend-connections.js';
import { BackendExchange } from './backend-exchange.js';
import { DelegatedBackend } from './delegated-backend.js';
import { DelegatedStartCheck } from './delegated.start-check.js';
import { DelegatedUsersReader } from './domain/delegated-users.reader.port.js';
import { DelegatedUsersRepository } from './domain/delegated-users.repository.port.js';
import { NoDelegatedKeys } from './no-delegated-keys.js';
import { RemoteCreditGate } from './remote-credit-gate.js';
import { RemoteDelegatedKeys } from './remote-delegated-keys.js';
import { ShadowUsersService } from './shadow-users.service.js';
import { UsageListener } from './usage.listener.js';
import { VerificationCache } from './verification-cache.js';

const VERIFICATIONS_CACHED_MAX = 10_000;

/**
 * Accounts that a remote backend keeps. Global, because the rooms below ask through ports of their own:
 * `DelegatedKeys` of auth and `CreditGate` of billing. Without a backend both answer at once, and nothing else is here.
 */
@Global()
@Module({})
export class DelegatedModule {
  static register({ delegated }: Pick<AppConfig, 'delegated'>): DynamicModule {
    return {
      module: DelegatedModule,
      imports: delegated ? [RemoteAccountsModule.register(delegated)] : [],
      providers: delegated
        ? []
        : [
            { provide: DelegatedKeys, useClass: NoDelegatedKeys },
            { provide: CreditGate, useClass: OpenCreditGate },
          ],
      exports: delegated ? [RemoteAccountsModule] : [DelegatedKeys, CreditGate],
    };
  }
}

/** The rooms' ports, answered by the backend. */
@Module({})
class RemoteAccountsModule implements OnModuleInit {
  constructor(private readonly registry: WorkRegistry) {}

  static register(config: DelegatedConfig): DynamicModule {
    return {
      module: RemoteAccountsModule,
      imports: [AuthModule, MediaModule, OutboundModule, SpacesModule],
      providers: [
        ...toBackend(config),
        ...toAccounts(config),
        { provide: DelegatedUsersReader, useClass: SqlDelegatedUsersReader },
        { provide: CreditGate, useClass: RemoteCreditGate },
        ShadowUsersService,
        UsageListener,
      ],
      exports: [DelegatedKeys, CreditGate],
    };
  }

  onModuleInit(): void {
    this.registry.register({
      port: DelegatedUsersRepository,
      create: (manager: EntityManager) => new TypeormDelegatedUsersRepository(manager),
    });
  }
}

function toBackend(config: DelegatedConfig): Provider[] {
  return [
    {
      provide: BackendConnections,
      useFactory: (guard: OutboundGuard) => new BackendConnections(createGuardedDispatcher(guard)),
      inject: [OutboundGuard],
    },
    {
      provide: DelegatedBackend,
      useFactory: ({ dispatcher }: BackendConnections, clock: Clock) =>
        new DelegatedBackend(config, new BackendExchange(config, dispatcher, clock), clock),
      inject: [BackendConnections, Clock],
    },
    {
      provide: DelegatedStartCheck,
      useFactory: (guard: OutboundGuard, spaces: SpacesService) =>
        new DelegatedStartCheck(config, guard, spaces),
      inject: [OutboundGuard, SpacesService],
    },
  ];
}

function toAccounts(config: DelegatedConfig): Provider[] {
  return [
    {
      provide: VerificationCache,
      useFactory: (epoch: CacheEpoch, clock: Clock) =>
        new VerificationCache(epoch, clock, {
          entriesMax: VERIFICATIONS_CACHED_MAX,
          ttlMs: config.cacheMs,
        }),
      inject: [CacheEpoch, Clock],
    },
    {
      provide: DelegatedKeys,
      useFactory: (
        backend: DelegatedBackend,
        shadows: ShadowUsersService,
        cache: VerificationCache,
        limiter: AddressLimiter,
        epoch: CacheEpoch,
        clock: Clock,
      ) => new RemoteDelegatedKeys(config, { backend, shadows, cache, limiter, epoch, clock }),
      inject: [
        DelegatedBackend,
        ShadowUsersService,
        VerificationCache,
        AddressLimiter,
        CacheEpoch,
        Clock,
      ],
    },
  ];
}
