import type { Caller } from '../../common/caller.js';
import {
  ALL_PERMISSIONS,
  isGranted,
  listScopesOf,
  type Permission,
  PERMISSIONS,
  type Scope,
} from '../../common/permission.js';
import type { Grant } from './role.js';

/** What one user may do in one space, as stored. */
export interface Access {
  searchSpaceId: string;
  userId: string;
  isOwner: boolean;
  roleName: string;
  /** `['*']` for the owner. */
  permissions: readonly Grant[];
  /** Whether API keys work in the space at all. */
  isApiAccessEnabled: boolean;
}

/** Why a member is refused; null when the permission is theirs. */
export type Refusal =
  | { kind: 'api_access_disabled' }
  | { kind: 'session_required' }
  | { kind: 'scope_missing'; scope: Scope }
  | { kind: 'permission_missing'; permission: Permission };

/** The space a caller means to act in can be theirs only if a key is not bound to another. */
export function isWithinReach(caller: Caller, searchSpaceId: string): boolean {
  return caller.boundSpaceId === null || caller.boundSpaceId === searchSpaceId;
}

/** A key is held to its space's switch, to one of the scopes and, last, to its maker's role. */
export function findRefusal(
  caller: Caller,
  access: Access,
  permission: Permission,
  scopes: readonly Scope[] = listScopesOf(permission),
): Refusal | null {
  if (caller.kind === 'api_key') {
    if (!access.isApiAccessEnabled) return { kind: 'api_access_disabled' };
    const [scope] = scopes;
    if (!scope) return { kind: 'session_required' };
    if (!scopes.some((one) => caller.scopes?.includes(one)))
      return { kind: 'scope_missing', scope };
  }
  if (isGranted(access.permissions, permission)) return null;
  return { kind: 'permission_missing', permission };
}

/** What is left of the role for this caller: all of it for a session, what its scopes reach for a key. */
export function listEffectivePermissions(caller: Caller, access: Access): readonly Grant[] {
  if (caller.kind === 'user') return access.permissions;
  return PERMISSIONS.filter((permission) => findRefusal(caller, access, permission) === null);
}

/** Role and ownership as one list of permissions. */
export function toPermissions(isOwner: boolean, permissions: readonly Grant[]): readonly Grant[] {
  return isOwner ? [ALL_PERMISSIONS] : permissions;
}
