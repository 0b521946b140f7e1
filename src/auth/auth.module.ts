import { Module, type OnModuleInit } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { EntityManager } from 'typeorm';
import { Authenticator } from '../http/authenticator.port.js';
import { OutboundModule } from '../outbound/outbound.module.js';
import { CacheEpoch } from '../persistence/cache-epoch.js';
import { WorkRegistry } from '../persistence/work-registry.js';
import { AccessTokens } from './access-tokens.js';
import { Argon2PasswordHasher } from './adapters/argon2-password-hasher.js';
import { FileCommonPasswords } from './adapters/file-common-passwords.js';
import { PasswordResetEntity } from './adapters/password-reset.entity.js';
import { RangeBreachedPasswords } from './adapters/range-breached-passwords.js';
import { RefreshTokenEntity } from './adapters/refresh-token.entity.js';
import { SessionEntity } from './adapters/session.entity.js';
import { SqlCredentialsReader } from './adapters/sql-credentials.reader.js';
import { SqlSessionsReader } from './adapters/sql-sessions.reader.js';
import { SqlUsersReader } from './adapters/sql-users.reader.js';
import { TypeormPasswordResetsRepository } from './adapters/typeorm-password-resets.repository.js';
import { TypeormSessionsRepository } from './adapters/typeorm-sessions.repository.js';
import { TypeormUsersRepository } from './adapters/typeorm-users.repository.js';
import { UserEntity } from './adapters/user.entity.js';
import { ApiKeysModule } from './api-keys.module.js';
import { BreachedPasswords } from './domain/breached-passwords.port.js';
import { CommonPasswords } from './domain/common-passwords.port.js';
import { CredentialsReader } from './domain/credentials.reader.port.js';
import { PasswordHasher } from './domain/password-hasher.port.js';
import { PasswordResetsRepository } from './domain/password-resets.repository.port.js';
import { SessionsReader } from './domain/sessions.reader.port.js';
import { SessionsRepository } from './domain/sessions.repository.port.js';
import { UsersReader } from './domain/users.reader.port.js';
import { UsersRepository } from './domain/users.repository.port.js';
import { AuthController } from './http/auth.controller.js';
import { CallerAuthenticator } from './http/caller.authenticator.js';
import { JwtStrategy } from './http/jwt.strategy.js';
import { LoginLimitInterceptor } from './http/login-limit.interceptor.js';
import { PasswordsController } from './http/passwords.controller.js';
import { SessionsController } from './http/sessions.controller.js';
import { UsersController } from './http/users.controller.js';
import { LoginService } from './login.service.js';
import { LoginLimiter } from './login-limiter.js';
import { OwnSessionsService } from './own-sessions.service.js';
import { PasswordChangesService } from './password-changes.service.js';
import { PasswordsService } from './passwords.service.js';
import { SessionVerifier } from './session-verifier.js';
import { SessionsService } from './sessions.service.js';
import { UserAdministrationService } from './user-administration.service.js';
import { UsersService } from './users.service.js';
import { WhoAmIService } from './who-am-i.service.js';

/** Who is calling. `KeyAuthority`, what roles say about keys, is provided globally by the rbac room. */
@Module({
  imports: [
    TypeOrmModule.forFeature([UserEntity, SessionEntity, RefreshTokenEntity, PasswordResetEntity]),
    JwtModule.register({}),
    ApiKeysModule,
    OutboundModule,
  ],
  controllers: [AuthController, PasswordsController, SessionsController, UsersController],
  providers: [
    { provide: PasswordHasher, useClass: Argon2PasswordHasher },
    { provide: CommonPasswords, useClass: FileCommonPasswords },
    { provide: BreachedPasswords, useClass: RangeBreachedPasswords },
    { provide: UsersReader, useClass: SqlUsersReader },
    { provide: SessionsReader, useClass: SqlSessionsReader },
    { provide: CredentialsReader, useClass: SqlCredentialsReader },
    { provide: Authenticator, useClass: CallerAuthenticator },
    AccessTokens,
    JwtStrategy,
    LoginLimiter,
    LoginLimitInterceptor,
    LoginService,
    OwnSessionsService,
    PasswordChangesService,
    PasswordsService,
    SessionsService,
    SessionVerifier,
    UserAdministrationService,
    UsersService,
    WhoAmIService,
  ],
  exports: [Authenticator, ApiKeysModule, SessionsService, UsersService],
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
      port: PasswordResetsRepository,
      create: (manager: EntityManager) => new TypeormPasswordResetsRepository(manager),
    });
  }
}
