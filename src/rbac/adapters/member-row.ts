import type { Member } from '../domain/membership.js';
import type { Grant, Role } from '../domain/role.js';

export interface MemberRow {
  id: string;
  search_space_id: string;
  user_id: string;
  role_id: string;
  is_owner: boolean;
  joined_at: Date;
  role_name: string;
  permissions: Grant[];
}

export interface RoleRow {
  id: string;
  search_space_id: string;
  name: string;
  description: string;
  permissions: Grant[];
  is_default: boolean;
  is_system: boolean;
}

/** Every question about members begins so. */
export const SELECT_MEMBERS = `SELECT m.id, m.search_space_id, m.user_id, m.role_id, m.is_owner, m.joined_at,
    r.name AS role_name, r.permissions
  FROM memberships m JOIN roles r ON r.id = m.role_id`;

export const SELECT_ROLES = `SELECT id, search_space_id, name, description, permissions, is_default, is_system
  FROM roles`;

export function toMember(row: MemberRow): Member {
  return {
    id: row.id,
    searchSpaceId: row.search_space_id,
    userId: row.user_id,
    roleId: row.role_id,
    isOwner: row.is_owner,
    joinedAt: row.joined_at,
    roleName: row.role_name,
    permissions: row.permissions,
  };
}

export function toRole(row: RoleRow): Role {
  return {
    id: row.id,
    searchSpaceId: row.search_space_id,
    name: row.name,
    description: row.description,
    permissions: row.permissions,
    isDefault: row.is_default,
    isSystem: row.is_system,
  };
}
