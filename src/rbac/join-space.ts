import type { AuditEntry, AuditState } from '../audit/domain/audit-event.js';
import { newId } from '../common/ids.js';
import type { WorkScope } from '../persistence/unit-of-work.port.js';
import type { Member } from './domain/membership.js';
import type { Role } from './domain/role.js';
import { RolesRepository } from './domain/roles.repository.port.js';

/** Makes the user a member of the role's space, in the caller's transaction; false for a member. */
export function joinSpace(
  scope: WorkScope,
  role: Pick<Role, 'id' | 'searchSpaceId'>,
  userId: string,
  now: Date,
): Promise<boolean> {
  return scope.get(RolesRepository).addMember({
    id: newId(),
    searchSpaceId: role.searchSpaceId,
    userId,
    roleId: role.id,
    isOwner: false,
    joinedAt: now,
  });
}

/** What the audit trail keeps of a change of one member: found by the user's id. */
export function toMemberEntry(
  action: string,
  { searchSpaceId }: { searchSpaceId: string },
  userId: string,
  before: AuditState | null,
  after: AuditState | null,
): AuditEntry {
  return { action, target: { type: 'member', id: userId }, searchSpaceId, before, after };
}

/** The role that is given or held, as the trail names it. */
export function toRoleState(source: Role | Member): AuditState {
  return 'roleId' in source
    ? { role: source.roleName, role_id: source.roleId }
    : { role: source.name, role_id: source.id };
}
