import type { AuditState } from '../audit/domain/audit-event.js';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import { newId } from '../common/ids.js';
import type { WorkScope } from '../persistence/unit-of-work.port.js';
import { RolesRepository } from '../rbac/domain/roles.repository.port.js';
import { IdentitiesRepository } from './domain/identities.repository.port.js';
import type { IdentityProvider } from './domain/identity-provider.js';
import {
  type HeldMembership,
  type MappedRole,
  type MembershipPlan,
  planMemberships,
} from './domain/plan-memberships.js';

export interface SyncedPerson {
  provider: Pick<IdentityProvider, 'id' | 'slug'>;
  userId: string;
  groups: readonly string[];
  now: Date;
}

/** Makes, changes and ends the memberships that a person's groups give, in the transaction of their sign-in. */
export async function syncGroups(scope: WorkScope, person: SyncedPerson): Promise<void> {
  const identities = scope.get(IdentitiesRepository);
  const { provider, userId, groups } = person;
  const mapped = groups.length === 0 ? [] : await identities.listMappedRoles(provider.id, groups);
  const plan = planMemberships(mapped, await identities.listHeld(userId, provider.id));
  for (const role of plan.add) await add(scope, person, role);
  for (const { held, to } of plan.change) await change(scope, person, held, to);
  await removeAll(scope, person, plan);
}

async function add(scope: WorkScope, person: SyncedPerson, role: MappedRole): Promise<void> {
  const { userId, provider } = person;
  const { searchSpaceId, roleId } = role;
  const membershipId = newId();
  const isAdded = await scope.get(RolesRepository).addMember({
    id: membershipId,
    searchSpaceId,
    userId,
    roleId,
    isOwner: false,
    joinedAt: person.now,
  });
  // Somebody made them a member by hand a moment ago: that one is left alone.
  if (!isAdded) return;
  const membership = { membershipId, searchSpaceId, userId };
  await scope.get(IdentitiesRepository).markManaged(membership, provider.id);
  await record(scope, person, 'member.added', searchSpaceId, null, {
    role: role.roleName,
    role_id: roleId,
  });
}

async function change(
  scope: WorkScope,
  person: SyncedPerson,
  { membershipId, searchSpaceId, roleId }: HeldMembership,
  to: MappedRole,
): Promise<void> {
  await scope.get(RolesRepository).changeRole(membershipId, to.roleId);
  const after = { role: to.roleName, role_id: to.roleId };
  await record(scope, person, 'member.role_changed', searchSpaceId, { role_id: roleId }, after);
}

async function removeAll(
  scope: WorkScope,
  person: SyncedPerson,
  { remove }: MembershipPlan,
): Promise<void> {
  for (const { membershipId, searchSpaceId, roleId } of remove) {
    await scope.get(RolesRepository).removeMember(membershipId);
    await record(scope, person, 'member.removed', searchSpaceId, { role_id: roleId }, null);
  }
}

/** The system acts, by the mapping; nobody in person does. */
function record(
  scope: WorkScope,
  { userId, provider }: SyncedPerson,
  action: string,
  searchSpaceId: string,
  before: AuditState | null,
  after: AuditState | null,
): Promise<void> {
  return scope.get(AuditTrail).record({
    action,
    target: { type: 'member', id: userId },
    searchSpaceId,
    before,
    after: { ...after, managed_by: `identity_provider:${provider.slug}` },
  });
}
