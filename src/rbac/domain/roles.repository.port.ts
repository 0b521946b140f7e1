import type { Member, Membership } from './membership.js';
import type { Role } from './role.js';

/** Changes to roles and memberships, inside a unit of work. Every change makes all processes forget rights. */
export abstract class RolesRepository {
  abstract addRoles(roles: readonly Role[]): Promise<void>;

  /** False when the user is a member already; nothing is written then. */
  abstract addMember(membership: Membership): Promise<boolean>;

  /**
   * Finds a role of the space by name or id, or the default role for null, and keeps it from changing
   * until the transaction ends.
   */
  abstract lockRole(searchSpaceId: string, nameOrId: string | null): Promise<Role | null>;

  /** Those of the users who are members, locked in one order, so that rivals wait and do not deadlock. */
  abstract lockMembers(searchSpaceId: string, userIds: readonly string[]): Promise<Member[]>;

  abstract changeRole(membershipId: string, roleId: string): Promise<void>;

  abstract removeMember(membershipId: string): Promise<void>;
}
