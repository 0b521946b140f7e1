import { Injectable } from '@nestjs/common';
import type { PageRequest } from '../../common/page.js';
import { Sql } from '../../persistence/sql.port.js';
import type { Member } from '../domain/membership.js';
import type { Role } from '../domain/role.js';
import { ROLES_PER_SPACE_MAX, RolesReader } from '../domain/roles.reader.port.js';
import {
  type MemberRow,
  type RoleRow,
  SELECT_MEMBERS,
  SELECT_ROLES,
  toMember,
  toRole,
} from './member-row.js';

@Injectable()
export class SqlRolesReader extends RolesReader {
  constructor(private readonly sql: Sql) {
    super();
  }

  async listRoles(searchSpaceId: string): Promise<Role[]> {
    const rows = await this.sql.query<RoleRow>(
      'rbac_list_roles',
      `${SELECT_ROLES} WHERE search_space_id = $1 ORDER BY name LIMIT $2`,
      [searchSpaceId, ROLES_PER_SPACE_MAX],
    );
    return rows.map(toRole);
  }

  async findRole(searchSpaceId: string, roleId: string): Promise<Role | null> {
    const [row] = await this.sql.query<RoleRow>(
      'rbac_find_role',
      `${SELECT_ROLES} WHERE search_space_id = $1 AND id = $2`,
      [searchSpaceId, roleId],
    );
    return row ? toRole(row) : null;
  }

  async listMembers(searchSpaceId: string, { limit, after }: PageRequest): Promise<Member[]> {
    const rows = await this.sql.query<MemberRow>(
      'rbac_list_members',
      `${SELECT_MEMBERS} WHERE m.search_space_id = $1 AND ($2::uuid IS NULL OR m.id < $2)
       ORDER BY m.id DESC LIMIT $3`,
      [searchSpaceId, after, limit + 1],
    );
    return rows.map(toMember);
  }

  async findMember(searchSpaceId: string, userId: string): Promise<Member | null> {
    const [row] = await this.sql.query<MemberRow>(
      'rbac_find_member',
      `${SELECT_MEMBERS} WHERE m.search_space_id = $1 AND m.user_id = $2`,
      [searchSpaceId, userId],
    );
    return row ? toMember(row) : null;
  }

  async listMembersOf(searchSpaceId: string, userIds: readonly string[]): Promise<Member[]> {
    const rows = await this.sql.query<MemberRow>(
      'rbac_list_members_of',
      `${SELECT_MEMBERS} WHERE m.search_space_id = $1 AND m.user_id = ANY ($2::uuid[])`,
      [searchSpaceId, userIds],
    );
    return rows.map(toMember);
  }
}
