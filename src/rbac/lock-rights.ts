import type { Caller } from '../common/caller.js';
import { DomainError } from '../common/domain-error.js';
import { isId } from '../common/ids.js';
import { isGranted, type Permission } from '../common/permission.js';
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
import type { RolesRepository } from './domain/roles.repository.port.js';

/*
 * Rights as they are at this moment, kept from changing until the transaction ends. The space is locked first, so
 * that two changes of rights in one space are made one after the other, and neither decides on what the other takes.
 */

/** What the caller holds in the space. */
export async function lockRights(
  repository: RolesRepository,
  caller: Caller,
  searchSpaceId: string,
): Promise<readonly Grant[]> {
  const { own } = await lockOwn(repository, caller, searchSpaceId);
  return toPermissions(own.isOwner, own.permissions);
}

/** The caller's membership, and that of another user. */
export async function lockBoth(
  repository: RolesRepository,
  caller: Caller,
  searchSpaceId: string,
  userId: string,
): Promise<{ own: Member; held: readonly Grant[]; member: Member }> {
  if (!isId(userId)) throw DomainError.notFound('member');
  const { own, others } = await lockOwn(repository, caller, searchSpaceId, userId);
  const member = others.find((candidate) => candidate.userId === userId.toLowerCase());
  if (!member) throw DomainError.notFound('member');
  return { own, held: toPermissions(own.isOwner, own.permissions), member };
}

async function lockOwn(
  repository: RolesRepository,
  caller: Caller,
  searchSpaceId: string,
  ...userIds: string[]
): Promise<{ own: Member; others: Member[] }> {
  if (!(await repository.lockSpace(searchSpaceId))) throw spaceNotFound();
  const members = await repository.lockMembers(searchSpaceId, [caller.userId, ...userIds]);
  const own = members.find((candidate) => candidate.userId === caller.userId);
  if (!own) throw spaceNotFound();
  return { own, others: members };
}

/** The role to be given, kept from changing meanwhile: none that holds more than its giver. */
export async function lockGrantable(
  repository: RolesRepository,
  searchSpaceId: string,
  held: readonly Grant[],
  nameOrId: string | null,
): Promise<Role> {
  const role = await repository.lockRole(searchSpaceId, nameOrId);
  if (!role) throw DomainError.invalid('role', 'must be the name of a role of this space');
  assertCovers(held, role.permissions);
  if (isOwnerRole(role)) throw ownerRoleNotGrantable();
  return role;
}

/** @throws DomainError `rbac.permission_denied` naming the first, when none of them is held */
export function assertHolds(held: readonly Grant[], oneOf: readonly Permission[]): void {
  if (oneOf.some((permission) => isGranted(held, permission))) return;
  throw permissionDenied(oneOf[0] ?? '');
}

/** @throws DomainError `rbac.permission_denied` naming what is wanted and not held */
export function assertCovers(held: readonly Grant[], wanted: readonly Grant[]): void {
  const excess = findExcess(held, wanted);
  if (excess !== null) throw escalationDenied(excess);
}

/** The owner stays, and nobody has power over who holds more than they do. */
export function assertMayTouch(held: readonly Grant[], member: Member): void {
  if (member.isOwner) throw ownerUntouchable();
  assertCovers(held, member.permissions);
}
