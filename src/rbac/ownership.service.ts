import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import { UsersService } from '../auth/users.service.js';
import { assert } from '../common/assert.js';
import type { Caller } from '../common/caller.js';
import { DomainError } from '../common/domain-error.js';
import { isId } from '../common/ids.js';
import { UnitOfWork } from '../persistence/unit-of-work.port.js';
import { ownerRequired } from './domain/rbac.errors.js';
import { EDITOR_ROLE, isOwnerRole, OWNER_ROLE } from './domain/role.js';
import { RolesRepository } from './domain/roles.repository.port.js';
import { lockBoth, lockGrantable } from './lock-rights.js';
import { MembersService, type NamedMember } from './members.service.js';

/** Whose a space is: one member's, at every moment. */
@Injectable()
export class OwnershipService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly users: UsersService,
    private readonly members: MembersService,
  ) {}

  /**
   * Makes another member the owner; the caller stays, under the role that is named.
   * @param role name or id of the caller's role from then on; undefined for Editor
   * @throws DomainError `rbac.permission_denied` for who is not the owner, `request.not_found` for who is no
   * member, `request.invalid` for the owner themselves, a disabled or service account and a role not to be given
   */
  async transfer(
    caller: Caller,
    searchSpaceId: string,
    { userId, role = EDITOR_ROLE }: { userId: string; role?: string },
  ): Promise<NamedMember> {
    const user = isId(userId) ? await this.users.findById(userId) : null;
    await this.unitOfWork.run(async (scope) => {
      const repository = scope.get(RolesRepository);
      const { own, held, member } = await lockBoth(repository, caller, searchSpaceId, userId);
      if (!own.isOwner) throw ownerRequired();
      if (member.id === own.id) throw DomainError.invalid('user_id', 'is the owner already');
      if (user?.status !== 'active') {
        throw DomainError.invalid('user_id', 'must be a person whose account is active');
      }
      const former = await lockGrantable(repository, searchSpaceId, held, role);
      const ownerRole = await repository.lockRole(searchSpaceId, OWNER_ROLE);
      assert(ownerRole && isOwnerRole(ownerRole), 'a space without its role for the owner');
      await repository.changeOwner({
        formerMembershipId: own.id,
        formerRoleId: former.id,
        nextMembershipId: member.id,
        ownerRoleId: ownerRole.id,
      });
      await scope.get(AuditTrail).record({
        action: 'space.ownership_transferred',
        target: { type: 'search_space', id: own.searchSpaceId },
        searchSpaceId: own.searchSpaceId,
        before: { owner_id: own.userId, role_of_next_owner: member.roleName },
        after: { owner_id: member.userId, role_of_former_owner: former.name },
      });
    });
    return this.members.get(searchSpaceId, userId);
  }
}
