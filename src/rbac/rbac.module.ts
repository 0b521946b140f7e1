import { Global, Module, type OnModuleInit } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { EntityManager } from 'typeorm';
import { AuthModule } from '../auth/auth.module.js';
import { KeyAuthority } from '../auth/domain/key-authority.port.js';
import { CacheEpoch } from '../persistence/cache-epoch.js';
import { WorkRegistry } from '../persistence/work-registry.js';
import { AcceptInviteService } from './accept-invite.service.js';
import { AccessService } from './access.service.js';
import { InviteEntity } from './adapters/invite.entity.js';
import { MembershipEntity } from './adapters/membership.entity.js';
import { RoleEntity } from './adapters/role.entity.js';
import { SqlAccessReader } from './adapters/sql-access.reader.js';
import { SqlInvitesReader } from './adapters/sql-invites.reader.js';
import { SqlRolesReader } from './adapters/sql-roles.reader.js';
import { TypeormInvitesRepository } from './adapters/typeorm-invites.repository.js';
import { TypeormRolesRepository } from './adapters/typeorm-roles.repository.js';
import { ChangeRolesService } from './change-roles.service.js';
import { AccessReader } from './domain/access.reader.port.js';
import { InvitesReader } from './domain/invites.reader.port.js';
import { InvitesRepository } from './domain/invites.repository.port.js';
import { RolesReader } from './domain/roles.reader.port.js';
import { RolesRepository } from './domain/roles.repository.port.js';
import { AcceptInviteController } from './http/accept-invite.controller.js';
import { AccessController } from './http/access.controller.js';
import { InvitesController } from './http/invites.controller.js';
import { MembersController } from './http/members.controller.js';
import { PermissionsGuard } from './http/permissions.guard.js';
import { RolesController } from './http/roles.controller.js';
import { ServiceAccountsController } from './http/service-accounts.controller.js';
import { InvitesService } from './invites.service.js';
import { MembersService } from './members.service.js';
import { OwnershipService } from './ownership.service.js';
import { RoleKeyAuthority } from './role-key-authority.js';
import { RolesService } from './roles.service.js';
import { ServiceAccountsService } from './service-accounts.service.js';

/**
 * What a caller may do in a search space. Global, because the auth room below asks through its own port
 * `KeyAuthority`. Brings the guard of all routes, which stands where this module stands in `app.module.ts`.
 */
@Global()
@Module({
  imports: [AuthModule, TypeOrmModule.forFeature([RoleEntity, MembershipEntity, InviteEntity])],
  controllers: [
    MembersController,
    RolesController,
    AccessController,
    InvitesController,
    AcceptInviteController,
    ServiceAccountsController,
  ],
  providers: [
    { provide: AccessReader, useClass: SqlAccessReader },
    { provide: RolesReader, useClass: SqlRolesReader },
    { provide: InvitesReader, useClass: SqlInvitesReader },
    { provide: KeyAuthority, useClass: RoleKeyAuthority },
    { provide: APP_GUARD, useClass: PermissionsGuard },
    AccessService,
    AcceptInviteService,
    ChangeRolesService,
    InvitesService,
    MembersService,
    OwnershipService,
    RolesService,
    ServiceAccountsService,
  ],
  exports: [AccessService, KeyAuthority, RolesService],
})
export class RbacModule implements OnModuleInit {
  constructor(
    private readonly registry: WorkRegistry,
    private readonly epoch: CacheEpoch,
  ) {}

  onModuleInit(): void {
    this.registry.register({
      port: RolesRepository,
      create: (manager: EntityManager) => new TypeormRolesRepository(manager, this.epoch),
    });
    this.registry.register({
      port: InvitesRepository,
      create: (manager: EntityManager) => new TypeormInvitesRepository(manager),
    });
  }
}
