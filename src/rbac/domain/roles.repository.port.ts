import type { Member, Membership } from './membership.js';
import type { Role } from './role.js';

/** A change of owner: both memberships and the roles they end up with. */
export interface OwnershipChange {
  formerMembershipId: string;
  formerRoleId: string;
  nextMembershipId: string;
  ownerRoleId: string;
}

/** Changes to roles and memberships, inside a unit of work. Every change makes all processes forget rights. */
export abstract class RolesRepository {
  /**
   * Lets changes of rights in one space wait for one another, until the transaction ends. Before any other lock.
   * False when there is no such space, or it is being deleted.
   */
  abstract lockSpace(searchSpaceId: string): Promise<boolean>;

  abstract addRoles(roles: readonly Role[]): Promise<void>;

  /**
   * False when the user is a member already; nothing is written then.
   * @throws DomainError `request.not_found` when the space is being deleted
   */
  abstract addMember(membership: Membership): Promise<boolean>;

  /**
   * Finds a role of the space by name or id, or the default role for null, and keeps it from changing
   * until the transaction ends.
   */
  abstract lockRole(searchSpaceId: string, nameOrId: string | null): Promise<Role | null>;

  /** The role of this id, to be changed or deleted; null when the space has none such. */
  abstract lockRoleForChange(searchSpaceId: string, roleId: string): Promise<Role | null>;

  abstract countRoles(searchSpaceId: string): Promise<number>;

  /** Whether a role of the space other than `exceptId` has exactly this name. */
  abstract isNameTaken(searchSpaceId: string, name: string, exceptId: string): Promise<boolean>;

  /** Takes the mark of the default role away and tells from which; null when no role had it. */
  abstract clearDefault(searchSpaceId: string): Promise<Role | null>;

  abstract updateRole(role: Role): Promise<void>;

  /** To be asked before: nobody holds it, and no invite names it. */
  abstract removeRole(roleId: string): Promise<void>;

  abstract isRoleHeld(searchSpaceId: string, roleId: string): Promise<boolean>;

  /** Those of the users who are members, locked in one order, so that rivals wait and do not deadlock. */
  abstract lockMembers(searchSpaceId: string, userIds: readonly string[]): Promise<Member[]>;

  abstract changeRole(membershipId: string, roleId: string): Promise<void>;

  abstract removeMember(membershipId: string): Promise<void>;

  abstract changeOwner(change: OwnershipChange): Promise<void>;
}
