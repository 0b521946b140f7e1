import { type EntityManager, Not } from 'typeorm';
import type { CacheEpoch } from '../../persistence/cache-epoch.js';
import { findConstraint } from '../../persistence/sql-error.js';
import type { Member, Membership } from '../domain/membership.js';
import { roleInUse, spaceNotFound } from '../domain/rbac.errors.js';
import { OWNER_ROLE, type Role } from '../domain/role.js';
import { type OwnershipChange, RolesRepository } from '../domain/roles.repository.port.js';
import {
  type MemberRow,
  type RoleRow,
  SELECT_MEMBERS,
  SELECT_ROLES,
  toMember,
  toRole,
} from './member-row.js';
import { MembershipEntity } from './membership.entity.js';
import { RoleEntity } from './role.entity.js';

/** One order for everybody. Two statements: the second reads what the holder of the lock committed. */
const LOCK_MEMBERS = `SELECT id FROM memberships
  WHERE search_space_id = $1 AND user_id = ANY ($2::uuid[]) ORDER BY id FOR UPDATE`;

const FIND_MEMBERS = `${SELECT_MEMBERS}
  WHERE m.search_space_id = $1 AND m.user_id = ANY ($2::uuid[]) ORDER BY m.id FOR SHARE OF r`;

const LOCK_ROLE = `${SELECT_ROLES}
  WHERE search_space_id = $1 AND CASE WHEN $2::text IS NULL THEN is_default ELSE name = $2 OR id::text = $2 END
  ORDER BY (name = $2) DESC LIMIT 1 FOR SHARE`;

/**
 * The role of the owner stands for its space: there is one, and it never changes. The row of the space itself is
 * for who spends and who deletes; they need not wait here.
 */
const LOCK_SPACE = `SELECT r.id FROM roles r JOIN search_spaces s ON s.id = r.search_space_id
  WHERE r.search_space_id = $1 AND r.is_system AND r.name = '${OWNER_ROLE}' AND s.state = 'active'
  FOR NO KEY UPDATE OF r`;

const LOCK_ROLE_FOR_CHANGE = `${SELECT_ROLES} WHERE search_space_id = $1 AND id = $2 FOR UPDATE`;

const CLEAR_DEFAULT = `UPDATE roles SET is_default = false WHERE search_space_id = $1 AND is_default
  RETURNING id, search_space_id, name, description, permissions, is_default, is_system`;

export class TypeormRolesRepository extends RolesRepository {
  constructor(
    private readonly manager: EntityManager,
    private readonly epoch: CacheEpoch,
  ) {
    super();
  }

  async lockSpace(searchSpaceId: string): Promise<boolean> {
    const rows = await this.manager.query<object[]>(LOCK_SPACE, [searchSpaceId]);
    return rows.length === 1;
  }

  async addRoles(roles: readonly Role[]): Promise<void> {
    const rows = roles.map((role) => ({ ...role, permissions: [...role.permissions] }));
    await this.manager.insert(RoleEntity, rows);
    await this.epoch.bump(this.manager);
  }

  async addMember(membership: Membership): Promise<boolean> {
    const isAdded = await this.insertMember(membership);
    if (isAdded) await this.epoch.bump(this.manager);
    return isAdded;
  }

  async lockRole(searchSpaceId: string, nameOrId: string | null): Promise<Role | null> {
    const [row] = await this.manager.query<RoleRow[]>(LOCK_ROLE, [searchSpaceId, nameOrId]);
    return row ? toRole(row) : null;
  }

  async lockRoleForChange(searchSpaceId: string, roleId: string): Promise<Role | null> {
    const values = [searchSpaceId, roleId];
    const [row] = await this.manager.query<RoleRow[]>(LOCK_ROLE_FOR_CHANGE, values);
    return row ? toRole(row) : null;
  }

  countRoles(searchSpaceId: string): Promise<number> {
    return this.manager.countBy(RoleEntity, { searchSpaceId });
  }

  isNameTaken(searchSpaceId: string, name: string, exceptId: string): Promise<boolean> {
    return this.manager.existsBy(RoleEntity, { searchSpaceId, name, id: Not(exceptId) });
  }

  async clearDefault(searchSpaceId: string): Promise<Role | null> {
    const [[row]] = await this.manager.query<[RoleRow[], number]>(CLEAR_DEFAULT, [searchSpaceId]);
    return row ? toRole(row) : null;
  }

  async updateRole({ id, name, description, permissions, isDefault }: Role): Promise<void> {
    const values = { name, description, permissions: [...permissions], isDefault };
    await this.manager.update(RoleEntity, { id }, values);
    await this.epoch.bump(this.manager);
  }

  async removeRole(roleId: string): Promise<void> {
    await this.manager.delete(RoleEntity, { id: roleId }).catch(refuseMapped);
    await this.epoch.bump(this.manager);
  }

  isRoleHeld(searchSpaceId: string, roleId: string): Promise<boolean> {
    return this.manager.existsBy(MembershipEntity, { searchSpaceId, roleId });
  }

  async lockMembers(searchSpaceId: string, userIds: readonly string[]): Promise<Member[]> {
    await this.manager.query(LOCK_MEMBERS, [searchSpaceId, userIds]);
    const rows = await this.manager.query<MemberRow[]>(FIND_MEMBERS, [searchSpaceId, userIds]);
    return rows.map(toMember);
  }

  async changeRole(membershipId: string, roleId: string): Promise<void> {
    await this.manager.update(MembershipEntity, { id: membershipId }, { roleId });
    await this.epoch.bump(this.manager);
  }

  async removeMember(membershipId: string): Promise<void> {
    await this.manager.delete(MembershipEntity, { id: membershipId });
    await this.epoch.bump(this.manager);
  }

  /** In this order: the table allows one owner at a time. */
  async changeOwner(change: OwnershipChange): Promise<void> {
    const former = { roleId: change.formerRoleId, isOwner: false };
    await this.manager.update(MembershipEntity, { id: change.formerMembershipId }, former);
    const next = { roleId: change.ownerRoleId, isOwner: true };
    await this.manager.update(MembershipEntity, { id: change.nextMembershipId }, next);
    await this.epoch.bump(this.manager);
  }

  /** A space that was marked for deletion a moment ago lets nobody in: the table itself says so. */
  private async insertMember(membership: Membership): Promise<boolean> {
    try {
      const { raw } = await this.manager
        .createQueryBuilder()
        .insert()
        .into(MembershipEntity)
        .values({ ...membership })
        .orIgnore()
        .returning('id')
        .execute();
      return (raw as unknown[]).length === 1;
    } catch (error) {
      if (findConstraint(error) === 'search_space_is_active') throw spaceNotFound();
      throw error;
    }
  }
}

/** Mappings are a room above: only their key tells that they give the role. */
function refuseMapped(error: unknown): never {
  if (findConstraint(error) === 'group_mappings_role_fkey') {
    throw roleInUse('Group mappings give it. Change or delete them first.');
  }
  throw error;
}
