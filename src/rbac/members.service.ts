import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import { UsersService } from '../auth/users.service.js';
import { assert } from '../common/assert.js';
import type { Caller } from '../common/caller.js';
import { Clock } from '../common/clock.js';
import { DomainError } from '../common/domain-error.js';
import { isId } from '../common/ids.js';
import type { PageRequest } from '../common/page.js';
import { UnitOfWork } from '../persistence/unit-of-work.port.js';
import type { Member } from './domain/membership.js';
import { ownerCannotLeave, spaceNotFound } from './domain/rbac.errors.js';
import { RolesReader } from './domain/roles.reader.port.js';
import { RolesRepository } from './domain/roles.repository.port.js';
import { joinSpace, toMemberEntry, toRoleState } from './join-space.js';
import { assertHolds, assertMayTouch, lockBoth, lockGrantable, lockRights } from './lock-rights.js';

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

  /** @throws DomainError `request.not_found` for who is no member here */
  async get(searchSpaceId: string, userId: string): Promise<NamedMember> {
    const member = isId(userId) ? await this.roles.findMember(searchSpaceId, userId) : null;
    const [named] = await this.toNamed(member ? [member] : []);
    if (!named) throw DomainError.notFound('member');
    return named;
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
      const isAdded = await joinSpace(scope, granted, user.id, this.clock.now());
      if (!isAdded) throw new DomainError('request.conflict', 'This user is a member already.');
      await scope
        .get(AuditTrail)
        .record(toMemberEntry('member.added', granted, user.id, null, toRoleState(granted)));
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
      if (granted.id === member.roleId) return;
      await repository.changeRole(member.id, granted.id);
      const [before, after] = [toRoleState(member), toRoleState(granted)];
      await scope
        .get(AuditTrail)
        .record(toMemberEntry('member.role_changed', member, member.userId, before, after));
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
      await scope
        .get(AuditTrail)
        .record(toMemberEntry('member.removed', member, member.userId, toRoleState(member), null));
    });
  }

  /** Takes the caller out of the space. @throws DomainError `request.invalid` for the owner */
  async leave(caller: Caller, searchSpaceId: string): Promise<void> {
    await this.unitOfWork.run(async (scope) => {
      const repository = scope.get(RolesRepository);
      if (!(await repository.lockSpace(searchSpaceId))) throw spaceNotFound();
      const [own] = await repository.lockMembers(searchSpaceId, [caller.userId]);
      if (!own) throw spaceNotFound();
      if (own.isOwner) throw ownerCannotLeave();
      await repository.removeMember(own.id);
      await scope
        .get(AuditTrail)
        .record(toMemberEntry('member.left', own, own.userId, toRoleState(own), null));
    });
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
