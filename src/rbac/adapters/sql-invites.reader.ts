import { Injectable } from '@nestjs/common';
import type { PageRequest } from '../../common/page.js';
import { Sql } from '../../persistence/sql.port.js';
import { toPermissions } from '../domain/access.js';
import type { NamedInvite, OfferedInvite } from '../domain/invite.js';
import { InvitesReader } from '../domain/invites.reader.port.js';
import type { Grant } from '../domain/role.js';

interface InviteRow {
  id: string;
  search_space_id: string;
  code_hash: Buffer;
  code_prefix: string;
  name: string;
  role_id: string | null;
  created_by: string;
  max_uses: number | null;
  uses_count: number;
  expires_at: Date | null;
  revoked_at: Date | null;
  created_at: Date;
  role_name: string;
}

interface OfferRow extends InviteRow {
  space_name: string;
  role_permissions: Grant[];
  /** Null with the two below when the maker is no member. */
  maker_is_owner: boolean | null;
  maker_permissions: Grant[] | null;
}

const COLUMNS = `i.id, i.search_space_id, i.code_hash, i.code_prefix, i.name, i.role_id, i.created_by, i.max_uses,
  i.uses_count, i.expires_at, i.revoked_at, i.created_at, r.name AS role_name`;

const SOURCE = `FROM invites i JOIN roles r ON r.search_space_id = i.search_space_id
  AND CASE WHEN i.role_id IS NULL THEN r.is_default ELSE r.id = i.role_id END`;

/** Reads `search_spaces` beside its own tables: an invite says the name of its space. */
@Injectable()
export class SqlInvitesReader extends InvitesReader {
  constructor(private readonly sql: Sql) {
    super();
  }

  async list(searchSpaceId: string, { limit, after }: PageRequest): Promise<NamedInvite[]> {
    const rows = await this.sql.query<InviteRow>(
      'rbac_list_invites',
      `SELECT ${COLUMNS} ${SOURCE} WHERE i.search_space_id = $1 AND ($2::uuid IS NULL OR i.id < $2)
       ORDER BY i.id DESC LIMIT $3`,
      [searchSpaceId, after, limit + 1],
    );
    return rows.map(toInvite);
  }

  async findById(searchSpaceId: string, id: string): Promise<NamedInvite | null> {
    const [row] = await this.sql.query<InviteRow>(
      'rbac_find_invite',
      `SELECT ${COLUMNS} ${SOURCE} WHERE i.search_space_id = $1 AND i.id = $2`,
      [searchSpaceId, id],
    );
    return row ? toInvite(row) : null;
  }

  async findByCode(codeHash: Buffer): Promise<OfferedInvite | null> {
    const [row] = await this.sql.query<OfferRow>(
      'rbac_find_invite_by_code',
      `SELECT ${COLUMNS}, s.name AS space_name, r.permissions AS role_permissions,
         m.is_owner AS maker_is_owner, mr.permissions AS maker_permissions
       ${SOURCE}
       JOIN search_spaces s ON s.id = i.search_space_id AND s.state = 'active'
       LEFT JOIN memberships m ON m.search_space_id = i.search_space_id AND m.user_id = i.created_by
       LEFT JOIN roles mr ON mr.id = m.role_id
       WHERE i.code_hash = $1`,
      [codeHash],
    );
    if (!row) return null;
    const { maker_is_owner: isOwner, maker_permissions: permissions } = row;
    return {
      ...toInvite(row),
      spaceName: row.space_name,
      rolePermissions: row.role_permissions,
      makerPermissions: permissions && toPermissions(isOwner === true, permissions),
    };
  }
}

function toInvite(row: InviteRow): NamedInvite {
  return {
    id: row.id,
    searchSpaceId: row.search_space_id,
    codeHash: row.code_hash,
    codePrefix: row.code_prefix,
    name: row.name,
    roleId: row.role_id,
    createdBy: row.created_by,
    maxUses: row.max_uses,
    usesCount: row.uses_count,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    createdAt: row.created_at,
    roleName: row.role_name,
  };
}
