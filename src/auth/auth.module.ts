import { Module, type OnModuleInit } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { EntityManager } from 'typeorm';
import { Authenticator } from '../http/authenticator.port.js';
import { CacheEpoch } from '../persistence/cache-epoch.js';
import { WorkRegistry } from '../persistence/work-registry.js';
import { AccessTokens } from './access-tokens.js';
import { ApiKeyEntity } from './adapters/api-key.entity.js';
import { Argon2PasswordHasher } from './adapters/argon2-password-hasher.js';
import { RefreshTokenEntity } from './adapters/refresh-token.entity.js';
import { SessionEntity } from './adapters/session.entity.js';
import { SqlApiKeysReader } from './adapters/sql-api-keys.reader.js';
import { SqlCredentialsReader } from './adapters/sql-credentials.reader.js';
import { SqlKeyUsageWriter } from './adapters/sql-key-usage.writer.js';
import { SqlUsersReader } from './adapters/sql-users.reader.js';
import { TypeormApiKeysRepository } from './adapters/typeorm-api-keys.repository.js';
import { TypeormSessionsRepository } from './adapters/typeorm-sessions.repository.js';
import { TypeormUsersRepository } from './adapters/typeorm-users.repository.js';
import { UserEntity } from './adapters/user.entity.js';
import { ApiKeysService } from './api-keys.service.js';
import { ApiKeysReader } from './domain/api-keys.reader.port.js';
import { ApiKeysRepository } from './domain/api-keys.repository.port.js';
import { CredentialsReader } from './domain/credentials.reader.port.js';
import { KeyUsageWriter } from './domain/key-usage.writer.port.js';
import { PasswordHasher } from './domain/password-hasher.port.js';
import { SessionsRepository } from './domain/sessions.repository.port.js';
import { UsersReader } from './domain/users.reader.port.js';
import { UsersRepository } from './domain/users.repository.port.js';
import { ApiKeysController } from './http/api-keys.controller.js';
import { AuthController } from './http/auth.controller.js';
import { CallerAuthenticator } from './http/caller.authenticator.js';
import { JwtStrategy } from './http/jwt.strategy.js';
import { UsersController } from './http/users.controller.js';
import { KeyUsageRecorder } from './key-usage.recorder.js';
import { KeyVerifier } from './key-verifier.js';
import { LoginService } from './login.service.js';
import { SessionVerifier } from './session-verifier.js';
import { SessionsService } from './sessions.service.js';
import { UsersService } from './users.service.js';
import { WhoAmIService } from './who-am-i.service.js';

/** Who is calling. `KeyAuthority`, what roles say about keys, is provided globally by the rbac room. */
@Module({
  imports: [
    TypeOrmModule.forFeature([UserEntity, SessionEntity, RefreshTokenEntity, ApiKeyEntity]),
    JwtModule.register({}),
  ],
  controllers: [AuthController, UsersController, ApiKeysController],
  providers: [
    { provide: PasswordHasher, useClass: Argon2PasswordHasher },
    { provide: UsersReader, useClass: SqlUsersReader },
    { provide: ApiKeysReader, useClass: SqlApiKeysReader },
    { provide: CredentialsReader, useClass: SqlCredentialsReader },
    { provide: KeyUsageWriter, useClass: SqlKeyUsageWriter },
    { provide: Authenticator, useClass: CallerAuthenticator },
    AccessTokens,
    ApiKeysService,
    JwtStrategy,
    KeyUsageRecorder,
    KeyVerifier,
    LoginService,
    SessionsService,
    SessionVerifier,
    UsersService,
    WhoAmIService,
  ],
  exports: [Authenticator, ApiKeysService, UsersService],
})
export class AuthModule implements OnModuleInit {
  constructor(
    private readonly registry: WorkRegistry,
    private readonly epoch: CacheEpoch,
  ) {}

  onModuleInit(): void {
    const { registry, epoch } = this;
    registry.register({
      port: UsersRepository,
      create: (manager: EntityManager) => new TypeormUsersRepository(manager, epoch),
    });
    registry.register({
      port: SessionsRepository,
      create: (manager: EntityManager) => new TypeormSessionsRepository(manager, epoch),
    });
    registry.register({
      port: ApiKeysRepository,
      create: (manager: EntityManager) => new TypeormApiKeysRepository(manager, epoch),
    });
  }
}
