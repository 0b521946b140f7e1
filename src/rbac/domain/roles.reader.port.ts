import type { PageRequest } from '../../common/page.js';
import type { Member } from './membership.js';
import type { Role } from './role.js';

/** A space cannot have more roles; so its roles are one page. */
export const ROLES_PER_SPACE_MAX = 100;

/** Questions about roles and members, outside any transaction. */
export abstract class RolesReader {
  /** All roles of the space by name, at most `ROLES_PER_SPACE_MAX`. */
  abstract listRoles(searchSpaceId: string): Promise<Role[]>;

  /** The role of this id; null when the space has none such. */
  abstract findRole(searchSpaceId: string, roleId: string): Promise<Role | null>;

  /** Newest first; one row more than `limit` when there are more. */
  abstract listMembers(searchSpaceId: string, page: PageRequest): Promise<Member[]>;

  abstract findMember(searchSpaceId: string, userId: string): Promise<Member | null>;

  /** Those of the users who are members, in any order. */
  abstract listMembersOf(searchSpaceId: string, userIds: readonly string[]): Promise<Member[]>;
}
