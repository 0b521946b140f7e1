import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import type { UserCredentials } from '../auth/domain/user.js';
import { UsersService } from '../auth/users.service.js';
import { Clock } from '../common/clock.js';
import { newId } from '../common/ids.js';
import { isUniqueViolation } from '../persistence/sql-error.js';
import { UnitOfWork, type WorkScope } from '../persistence/unit-of-work.port.js';
import type { Role } from '../rbac/domain/role.js';
import { RolesRepository } from '../rbac/domain/roles.repository.port.js';
import { DELEGATED_ROLE } from './domain/delegated-user.js';
import { DelegatedUsersReader } from './domain/delegated-users.reader.port.js';
import { DelegatedUsersRepository } from './domain/delegated-users.repository.port.js';

/** `.invalid` is reserved (RFC 2606): no mailbox, no identity provider will ever own such an address. */
const EMAIL_DOMAIN = 'delegated.invalid';
const NAME_PREFIX = 'delegated:';
/** More than once two processes do not make the same account or role at the same time. */
const ATTEMPTS_MAX = 3;

/** Another process made the account a moment before. */
class AccountTakenError extends Error {
  override readonly name = 'AccountTakenError';
}

/** The local accounts of delegated users: members of one space, without a password. */
@Injectable()
export class ShadowUsersService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly reader: DelegatedUsersReader,
    private readonly users: UsersService,
    private readonly clock: Clock,
  ) {}

  /** The account of a user the backend vouches for, made when there is none; null for a disabled one. */
  async findOrCreate(searchSpaceId: string, externalId: string): Promise<string | null> {
    for (let attempt = 1; ; attempt += 1) {
      const found = await this.reader.find(searchSpaceId, externalId);
      if (found) return found.isActive ? found.userId : null;
      try {
        await this.create(searchSpaceId, externalId);
      } catch (error) {
        if (attempt >= ATTEMPTS_MAX || !isRivalry(error)) throw error;
      }
    }
  }

  private async create(searchSpaceId: string, externalId: string): Promise<void> {
    const id = newId();
    const user: UserCredentials = {
      id,
      email: `${id}@${EMAIL_DOMAIN}`,
      name: `${NAME_PREFIX}${externalId}`,
      isOperator: false,
      status: 'active',
      version: 1,
      createdAt: this.clock.now(),
      passwordHash: null,
    };
    await this.unitOfWork.run((scope) => this.addIn(scope, searchSpaceId, externalId, user));
  }

  private async addIn(
    scope: WorkScope,
    searchSpaceId: string,
    externalId: string,
    user: UserCredentials,
  ): Promise<void> {
    await this.users.addIn(scope, user);
    const account = { userId: user.id, searchSpaceId, externalId, createdAt: user.createdAt };
    const isAdded = await scope.get(DelegatedUsersRepository).add(account);
    if (!isAdded) throw new AccountTakenError();
    await scope.get(AuditTrail).record({
      action: 'delegated_user.created',
      target: { type: 'user', id: user.id },
      searchSpaceId,
      after: { external_id: externalId, role: DELEGATED_ROLE },
    });
    await this.joinIn(scope, searchSpaceId, user.id);
  }

  private async joinIn(scope: WorkScope, searchSpaceId: string, userId: string): Promise<void> {
    const roles = scope.get(RolesRepository);
    let role = await roles.lockRole(searchSpaceId, DELEGATED_ROLE);
    if (!role) {
      role = toRole(searchSpaceId);
      await roles.addRoles([role]);
    }
    await roles.addMember({
      id: newId(),
      searchSpaceId,
      userId,
      roleId: role.id,
      isOwner: false,
      joinedAt: this.clock.now(),
    });
  }
}

function toRole(searchSpaceId: string): Role {
  return {
    id: newId(),
    searchSpaceId,
    name: DELEGATED_ROLE,
    description: 'Users of the remote backend: make pictures, and nothing else.',
    permissions: ['image_generations:create', 'image_generations:read'],
    isDefault: false,
    isSystem: true,
  };
}

function isRivalry(error: unknown): boolean {
  return error instanceof AccountTakenError || isUniqueViolation(error);
}
