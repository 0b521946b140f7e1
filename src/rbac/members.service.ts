import { Injectable } from '@nestjs/common';
import { UsersService } from '../auth/users.service.js';
import { assert } from '../common/assert.js';
import type { Caller } from '../common/caller.js';
import { Clock } from '../common/clock.js';
import { DomainError } from '../common/domain-error.js';
import { isId, newId } from '../common/ids.js';
import type { PageRequest } from '../common/page.js';
import { isGranted, type Permission } from '../common/permission.js';
import { UnitOfWork, type WorkScope } from '../persistence/unit-of-work.port.js';
import { toPermissions } from './domain/access.js';
import type { Member } from './domain/membership.js';
import {
  escalationDenied,
  ownerRoleNotGrantable,
  ownerUntouchable,
  permissionDenied,
  spaceNotFound,
} from './domain/rbac.errors.js';
import { findExcess, type Grant, isOwnerRole, type Role } from './domain/role.js';
import { RolesReader } from './domain/roles.reader.port.js';
import { RolesRepository } from './domain/roles.repository.port.js';

/** A member with the name and address of their account. */
export interface NamedMember extends Member {
  email: string;
  name: string;
}

/**
 * Who is in a space, and under which role. Rights are read anew inside each transaction, under lock: who was
 * demoted a moment ago gives nothing away any more.
 */
@Injectable()
export class MembersService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly roles: RolesReader,
    private readonly users: UsersService,
    private readonly clock: Clock,
  ) {}

  /** Newest first; one row more than `limit` when there are more. */
  async list(searchSpaceId: string, page: PageRequest): Promise<NamedMember[]> {
    return this.toNamed(await this.roles.listMembers(searchSpaceId, page));
  }

  /**
   * Adds the user with this e-mail address.
   * @param role name or id; undefined for the space's default role
   * @throws DomainError `rbac.permission_denied` for a role beyond the caller's own, `request.not_found` for an
   * unknown address, `request.conflict` for a member, `request.invalid` for a role that cannot be given
   */
  async add(
    caller: Caller,
    searchSpaceId: string,
    { email, role }: { email: string; role?: string },
  ): Promise<NamedMember> {
    const user = await this.users.findByEmail(email);
    await this.unitOfWork.run(async (scope) => {
      const repository = scope.get(RolesRepository);
      const held = await lockRights(repository, caller, searchSpaceId);
      assertHolds(held, ['members:invite', 'members:manage_roles']);
      const granted = await lockGrantable(repository, searchSpaceId, held, role ?? null);
      if (user?.status !== 'active') throw DomainError.notFound('user');
      await this.join(scope, searchSpaceId, user.id, granted.id);
    });
    assert(user, 'a member without a user');
    return this.get(searchSpaceId, user.id);
  }

  /** @throws DomainError as `add`, and `request.invalid` for the owner */
  async changeRole(
    caller: Caller,
    searchSpaceId: string,
    userId: string,
    role: string,
  ): Promise<NamedMember> {
    await this.unitOfWork.run(async (scope) => {
      const repository = scope.get(RolesRepository);
      const { held, member } = await lockBoth(repository, caller, searchSpaceId, userId);
      assertHolds(held, ['members:manage_roles']);
      assertMayTouch(held, member);
      const granted = await lockGrantable(repository, searchSpaceId, held, role);
      await repository.changeRole(member.id, granted.id);
    });
    return this.get(searchSpaceId, userId);
  }

  /** @throws DomainError `rbac.permission_denied`, `request.not_found`, `request.invalid` for the owner */
  async remove(caller: Caller, searchSpaceId: string, userId: string): Promise<void> {
    await this.unitOfWork.run(async (scope) => {
      const repository = scope.get(RolesRepository);
      const { held, member } = await lockBoth(repository, caller, searchSpaceId, userId);
      assertHolds(held, ['members:remove']);
      assertMayTouch(held, member);
      await repository.removeMember(member.id);
    });
  }

  private async join(
    scope: WorkScope,
    searchSpaceId: string,
    userId: string,
    roleId: string,
  ): Promise<void> {
    const isAdded = await scope.get(RolesRepository).addMember({
      id: newId(),
      searchSpaceId,
      userId,
      roleId,
      isOwner: false,
      joinedAt: this.clock.now(),
    });
    if (!isAdded) throw new DomainError('request.conflict', 'This user is a member already.');
  }

  private async get(searchSpaceId: string, userId: string): Promise<NamedMember> {
    const member = await this.roles.findMember(searchSpaceId, userId);
    const [named] = await this.toNamed(member ? [member] : []);
    if (!named) throw DomainError.notFound('member');
    return named;
  }

  private async toNamed(members: readonly Member[]): Promise<NamedMember[]> {
    const users = await this.users.listByIds(members.map(({ userId }) => userId));
    const byId = new Map(users.map((user) => [user.id, user]));
    return members.map((member) => {
      const user = byId.get(member.userId);
      assert(user, 'a membership without its user');
      return { ...member, email: user.email, name: user.name };
    });
  }
}

/** What the caller holds in the space at this moment. */
async function lockRights(
  repository: RolesRepository,
  caller: Caller,
  searchSpaceId: string,
): Promise<readonly Grant[]> {
  const [own] = await repository.lockMembers(searchSpaceId, [caller.userId]);
  if (!own) throw spaceNotFound();
  return toPermissions(own.isOwner, own.permissions);
}

async function lockBoth(
  repository: RolesRepository,
  caller: Caller,
  searchSpaceId: string,
  userId: string,
): Promise<{ held: readonly Grant[]; member: Member }> {
  if (!isId(userId)) throw DomainError.notFound('member');
  const members = await repository.lockMembers(searchSpaceId, [caller.userId, userId]);
  const own = members.find((candidate) => candidate.userId === caller.userId);
  if (!own) throw spaceNotFound();
  const member = members.find((candidate) => candidate.userId === userId);
  if (!member) throw DomainError.notFound('member');
  return { held: toPermissions(own.isOwner, own.permissions), member };
}

/** The role to be given, kept from changing meanwhile: none that holds more than its giver. */
async function lockGrantable(
  repository: RolesRepository,
  searchSpaceId: string,
  held: readonly Grant[],
  nameOrId: string | null,
): Promise<Role> {
  const role = await repository.lockRole(searchSpaceId, nameOrId);
  if (!role) throw DomainError.invalid('role', 'must be the name of a role of this space');
  const excess = findExcess(held, role.permissions);
  if (excess !== null) throw escalationDenied(excess);
  if (isOwnerRole(role)) throw ownerRoleNotGrantable();
  return role;
}

/** @throws DomainError `rbac.permission_denied` naming the first, when none of them is held */
function assertHolds(held: readonly Grant[], oneOf: readonly Permission[]): void {
  if (oneOf.some((permission) => isGranted(held, permission))) return;
  throw permissionDenied(oneOf[0] ?? '');
}

/** The owner stays, and nobody has power over who holds more than they do. */
function assertMayTouch(held: readonly Grant[], member: Member): void {
  if (member.isOwner) throw ownerUntouchable();
  const excess = findExcess(held, member.permissions);
  if (excess !== null) throw escalationDenied(excess);
}
