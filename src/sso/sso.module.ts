import { Global, Module, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuthModule } from '../auth/auth.module.js';
import { ExternalTokens } from '../auth/domain/external-tokens.port.js';
import { SignInPolicy } from '../auth/domain/sign-in-policy.port.js';
import { OutboundModule } from '../outbound/outbound.module.js';
import { CacheEpoch } from '../persistence/cache-epoch.js';
import { WorkRegistry } from '../persistence/work-registry.js';
import { SecretsModule } from '../secrets/secrets.module.js';
import { OpenidIssuers } from './adapters/openid-issuers.js';
import { SqlGroupMappingsReader } from './adapters/sql-group-mappings.reader.js';
import { SqlIdentitiesReader } from './adapters/sql-identities.reader.js';
import { SqlProvidersReader } from './adapters/sql-providers.reader.js';
import { TypeormGroupMappingsRepository } from './adapters/typeorm-group-mappings.repository.js';
import { TypeormIdentitiesRepository } from './adapters/typeorm-identities.repository.js';
import { TypeormProvidersRepository } from './adapters/typeorm-providers.repository.js';
import { TypeormSignInsRepository } from './adapters/typeorm-sign-ins.repository.js';
import { GroupMappingsReader } from './domain/group-mappings.reader.port.js';
import { GroupMappingsRepository } from './domain/group-mappings.repository.port.js';
import { IdentitiesReader } from './domain/identities.reader.port.js';
import { IdentitiesRepository } from './domain/identities.repository.port.js';
import { Issuers } from './domain/issuers.port.js';
import { ProvidersReader } from './domain/providers.reader.port.js';
import { ProvidersRepository } from './domain/providers.repository.port.js';
import { SignInsRepository } from './domain/sign-ins.repository.port.js';
import { ExternalTokenVerifier } from './external-token.verifier.js';
import { ForcedSignInPolicy } from './forced-sign-in.policy.js';
import { GroupMappingsService } from './group-mappings.service.js';
import { GroupMappingsController } from './http/group-mappings.controller.js';
import { ProvidersController } from './http/providers.controller.js';
import { SignInController } from './http/sign-in.controller.js';
import { KnownProviders } from './known-providers.js';
import { LoginCodesService } from './login-codes.service.js';
import { ProvidersService } from './providers.service.js';
import { ProvisioningService } from './provisioning.service.js';
import { ReturnAddresses } from './return-addresses.js';
import { SignInService } from './sign-in.service.js';

/**
 * Single sign-on with OpenID Connect. Global, because the auth room below asks through its own ports `SignInPolicy`
 * and `ExternalTokens`.
 */
@Global()
@Module({
  imports: [AuthModule, OutboundModule, SecretsModule],
  controllers: [SignInController, ProvidersController, GroupMappingsController],
  providers: [
    { provide: Issuers, useClass: OpenidIssuers },
    { provide: ProvidersReader, useClass: SqlProvidersReader },
    { provide: IdentitiesReader, useClass: SqlIdentitiesReader },
    { provide: GroupMappingsReader, useClass: SqlGroupMappingsReader },
    { provide: SignInPolicy, useClass: ForcedSignInPolicy },
    { provide: ExternalTokens, useClass: ExternalTokenVerifier },
    GroupMappingsService,
    KnownProviders,
    LoginCodesService,
    ProvidersService,
    ProvisioningService,
    ReturnAddresses,
    SignInService,
  ],
  exports: [ExternalTokens, SignInPolicy],
})
export class SsoModule implements OnModuleInit {
  constructor(
    private readonly registry: WorkRegistry,
    private readonly epoch: CacheEpoch,
  ) {}

  onModuleInit(): void {
    const { registry, epoch } = this;
    registry.register({
      port: ProvidersRepository,
      create: (manager: EntityManager) => new TypeormProvidersRepository(manager, epoch),
    });
    registry.register({
      port: SignInsRepository,
      create: (manager: EntityManager) => new TypeormSignInsRepository(manager),
    });
    registry.register({
      port: IdentitiesRepository,
      create: (manager: EntityManager) => new TypeormIdentitiesRepository(manager, epoch),
    });
    registry.register({
      port: GroupMappingsRepository,
      create: (manager: EntityManager) => new TypeormGroupMappingsRepository(manager),
    });
  }
}
