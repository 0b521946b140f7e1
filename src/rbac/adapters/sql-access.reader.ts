import { Injectable } from '@nestjs/common';
import { ALL_PERMISSIONS, type Permission } from '../../common/permission.js';
import { Sql } from '../../persistence/sql.port.js';
import { type Access, toPermissions } from '../domain/access.js';
import { AccessReader } from '../domain/access.reader.port.js';
import type { Grant } from '../domain/role.js';

interface AccessRow {
  is_owner: boolean;
  name: string;
  permissions: Grant[];
  api_access_enabled: boolean;
}

/**
 * Reads `search_spaces` beside its own tables: one switch of a space is part of every answer about access, and a
 * space that is being deleted has no members any more.
 */
@Injectable()
export class SqlAccessReader extends AccessReader {
  constructor(private readonly sql: Sql) {
    super();
  }

  async find(userId: string, searchSpaceId: string): Promise<Access | null> {
    const [row] = await this.sql.query<AccessRow>(
      'rbac_find_access',
      `SELECT m.is_owner, r.name, r.permissions, s.api_access_enabled
       FROM memberships m
       JOIN roles r ON r.id = m.role_id
       JOIN search_spaces s ON s.id = m.search_space_id
       WHERE m.search_space_id = $2 AND m.user_id = $1 AND s.state = 'active'`,
      [userId, searchSpaceId],
    );
    if (!row) return null;
    return Object.freeze({
      searchSpaceId,
      userId,
      isOwner: row.is_owner,
      roleName: row.name,
      permissions: Object.freeze([...toPermissions(row.is_owner, row.permissions)]),
      isApiAccessEnabled: row.api_access_enabled,
    });
  }

  async listSpaceIds(userId: string, permission: Permission, limit: number): Promise<string[]> {
    const rows = await this.sql.query<{ search_space_id: string }>(
      'rbac_list_space_ids',
      `SELECT m.search_space_id FROM memberships m JOIN roles r ON r.id = m.role_id
       JOIN search_spaces s ON s.id = m.search_space_id AND s.state = 'active'
       WHERE m.user_id = $1 AND (m.is_owner OR r.permissions && $2::text[])
       ORDER BY m.id LIMIT $3`,
      [userId, [permission, ALL_PERMISSIONS], limit],
    );
    return rows.map((row) => row.search_space_id);
  }
}
