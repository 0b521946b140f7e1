import { Injectable } from '@nestjs/common';
import type { AuditEntry, AuditState } from '../audit/domain/audit-event.js';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import type { Caller } from '../common/caller.js';
import { Clock } from '../common/clock.js';
import { DomainError } from '../common/domain-error.js';
import { isId, newId } from '../common/ids.js';
import { UnitOfWork, type WorkScope } from '../persistence/unit-of-work.port.js';
import { InvitesRepository } from './domain/invites.repository.port.js';
import { toPermissionList } from './domain/permission-list.js';
import {
  ownerRoleImmutable,
  roleInUse,
  roleNameTaken,
  roleNotFound,
} from './domain/rbac.errors.js';
import { isOwnerRole, type Role } from './domain/role.js';
import { ROLES_PER_SPACE_MAX } from './domain/roles.reader.port.js';
import { RolesRepository } from './domain/roles.repository.port.js';
import { assertCovers, assertHolds, lockRights } from './lock-rights.js';

export interface NewRole {
  name: string;
  description?: string;
  /** As written by the caller; checked here. */
  permissions: readonly string[];
  isDefault?: boolean;
}

export type RoleChanges = Partial<NewRole>;

/**
 * Making and changing a space's own roles. Whoever does so holds, at that moment, every permission the role had and
 * will have: a role is never a way to more rights, nor to another's.
 */
@Injectable()
export class ChangeRolesService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /**
   * @throws DomainError `request.invalid` for what is no permission, `rbac.permission_denied` for one the caller
   * lacks, `request.conflict` for a name in use and for one role too many
   */
  create(caller: Caller, searchSpaceId: string, input: NewRole): Promise<Role> {
    const role: Role = {
      id: newId(),
      searchSpaceId,
      name: toRoleName(input.name),
      description: input.description ?? '',
      permissions: toPermissionList(input.permissions),
      isDefault: input.isDefault ?? false,
      isSystem: false,
    };
    return this.unitOfWork.run(async (scope) => {
      const repository = scope.get(RolesRepository);
      const held = await lockRights(repository, caller, searchSpaceId);
      assertHolds(held, ['roles:create']);
      assertCovers(held, role.permissions);
      await assertNameFree(repository, role);
      if ((await repository.countRoles(searchSpaceId)) >= ROLES_PER_SPACE_MAX) throw tooManyRoles();
      const moved = role.isDefault ? await takeDefault(repository, searchSpaceId) : [];
      await repository.addRoles([role]);
      await scope.get(AuditTrail).record(...moved, toEntry('role.created', null, role));
      return role;
    });
  }

  /** @throws DomainError as `create`, `request.not_found`, and `request.invalid` for what a system role keeps */
  update(
    caller: Caller,
    searchSpaceId: string,
    roleId: string,
    changes: RoleChanges,
  ): Promise<Role> {
    const { name, description, permissions, isDefault } = changes;
    const given = {
      ...(name !== undefined && { name: toRoleName(name) }),
      ...(description !== undefined && { description }),
      ...(permissions !== undefined && { permissions: toPermissionList(permissions) }),
      ...(isDefault !== undefined && { isDefault }),
    };
    return this.unitOfWork.run(async (scope) => {
      const repository = scope.get(RolesRepository);
      const held = await lockRights(repository, caller, searchSpaceId);
      assertHolds(held, ['roles:update']);
      const before = await lockRole(repository, searchSpaceId, roleId);
      const after = { ...before, ...given };
      assertChangeAllowed(before, after);
      assertCovers(held, [...before.permissions, ...after.permissions]);
      if (isSame(before, after)) return before;
      await assertNameFree(repository, after);
      await this.store(scope, before, after);
      return after;
    });
  }

  /** @throws DomainError `request.invalid` for a system role, `request.conflict` while the role is in use */
  async remove(caller: Caller, searchSpaceId: string, roleId: string): Promise<void> {
    await this.unitOfWork.run(async (scope) => {
      const repository = scope.get(RolesRepository);
      const held = await lockRights(repository, caller, searchSpaceId);
      assertHolds(held, ['roles:delete']);
      const role = await lockRole(repository, searchSpaceId, roleId);
      if (role.isSystem) throw DomainError.invalid('role', 'is made with the space and stays');
      assertCovers(held, role.permissions);
      await this.assertUnused(scope, role);
      await scope.get(InvitesRepository).removeClosedOf(role.id);
      await repository.removeRole(role.id);
      await scope.get(AuditTrail).record(toEntry('role.deleted', role, null));
    });
  }

  private async store(scope: WorkScope, before: Role, after: Role): Promise<void> {
    const repository = scope.get(RolesRepository);
    const isNewDefault = after.isDefault && !before.isDefault;
    const moved = isNewDefault ? await takeDefault(repository, after.searchSpaceId) : [];
    await repository.updateRole(after);
    await scope.get(AuditTrail).record(...moved, toEntry('role.updated', before, after));
  }

  private async assertUnused(scope: WorkScope, role: Role): Promise<void> {
    if (role.isDefault) {
      throw roleInUse('It is the default role. Make another the default (is_default) first.');
    }
    if (await scope.get(RolesRepository).isRoleHeld(role.searchSpaceId, role.id)) {
      throw roleInUse('Members hold it. Give them another role first.');
    }
    if (await scope.get(InvitesRepository).isRoleOffered(role.id, this.clock.now())) {
      throw roleInUse('Open invites give it. Revoke them first.');
    }
  }
}

async function lockRole(
  repository: RolesRepository,
  searchSpaceId: string,
  roleId: string,
): Promise<Role> {
  const role = isId(roleId) ? await repository.lockRoleForChange(searchSpaceId, roleId) : null;
  if (!role) throw roleNotFound();
  return role;
}

/** A name is what people and `role` fields say; one that reads as an id would stand in for another role. */
function toRoleName(text: string): string {
  const name = text.trim();
  if (isId(name)) throw DomainError.invalid('name', 'must not be written as an id');
  return name;
}

function assertChangeAllowed(before: Role, after: Role): void {
  if (isOwnerRole(before)) throw ownerRoleImmutable();
  if (before.isSystem && before.name !== after.name) {
    throw DomainError.invalid('name', 'of a role made with the space stays as it is');
  }
  if (before.isSystem && before.description !== after.description) {
    throw DomainError.invalid('description', 'of a role made with the space stays as it is');
  }
  if (before.isDefault && !after.isDefault) {
    throw DomainError.invalid('is_default', 'stays true until another role is made the default');
  }
}

async function assertNameFree(repository: RolesRepository, role: Role): Promise<void> {
  if (await repository.isNameTaken(role.searchSpaceId, role.name, role.id)) throw roleNameTaken();
}

/** The default role of before stops being it, and the trail says so. */
async function takeDefault(
  repository: RolesRepository,
  searchSpaceId: string,
): Promise<AuditEntry[]> {
  const former = await repository.clearDefault(searchSpaceId);
  return former ? [toEntry('role.updated', { ...former, isDefault: true }, former)] : [];
}

function isSame(before: Role, after: Role): boolean {
  return JSON.stringify(toState(before)) === JSON.stringify(toState(after));
}

function tooManyRoles(): DomainError {
  return new DomainError(
    'request.conflict',
    `This search space has ${ROLES_PER_SPACE_MAX} roles, the most there can be. Delete one first.`,
  );
}

function toEntry(action: string, before: Role | null, after: Role | null): AuditEntry {
  const role = after ?? before;
  return {
    action,
    target: { type: 'role', id: role?.id ?? null },
    searchSpaceId: role?.searchSpaceId ?? null,
    before: before && toState(before),
    after: after && toState(after),
  };
}

function toState({ name, description, permissions, isDefault }: Role): AuditState {
  return { name, description, permissions: permissions.toSorted(), is_default: isDefault };
}
