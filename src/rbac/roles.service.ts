import { Injectable } from '@nestjs/common';
import { assert } from '../common/assert.js';
import { isId, newId } from '../common/ids.js';
import type { WorkScope } from '../persistence/unit-of-work.port.js';
import { roleNotFound } from './domain/rbac.errors.js';
import { OWNER_ROLE, type Role, SYSTEM_ROLES } from './domain/role.js';
import { RolesReader } from './domain/roles.reader.port.js';
import { RolesRepository } from './domain/roles.repository.port.js';

/** The roles of a space. */
@Injectable()
export class RolesService {
  constructor(private readonly roles: RolesReader) {}

  list(searchSpaceId: string): Promise<Role[]> {
    return this.roles.listRoles(searchSpaceId);
  }

  /** @throws DomainError `request.not_found` for a role of another space too */
  async get(searchSpaceId: string, roleId: string): Promise<Role> {
    const role = isId(roleId) ? await this.roles.findRole(searchSpaceId, roleId) : null;
    if (!role) throw roleNotFound();
    return role;
  }

  /** Gives a new space its three system roles and its owner, in the transaction that makes it. */
  async establishIn(
    scope: WorkScope,
    { searchSpaceId, ownerId, now }: { searchSpaceId: string; ownerId: string; now: Date },
  ): Promise<void> {
    const repository = scope.get(RolesRepository);
    const roles = SYSTEM_ROLES.map((template) => ({
      ...template,
      id: newId(),
      searchSpaceId,
      isSystem: true,
    }));
    const ownerRole = roles.find(({ name }) => name === OWNER_ROLE);
    assert(ownerRole, 'no role for the owner');
    await repository.addRoles(roles);
    await repository.addMember({
      id: newId(),
      searchSpaceId,
      userId: ownerId,
      roleId: ownerRole.id,
      isOwner: true,
      joinedAt: now,
    });
  }
}
