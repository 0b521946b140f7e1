import type { GroupMapping } from '../domain/sign-in.js';

export interface MappingRow {
  id: string;
  search_space_id: string;
  provider_id: string;
  slug: string;
  group_name: string;
  role_id: string;
  role_name: string;
  created_at: Date;
}

/** Every question about mappings begins so. */
export const SELECT_MAPPINGS = `SELECT g.id, g.search_space_id, g.provider_id, p.slug, g.group_name, g.role_id,
    r.name AS role_name, g.created_at
  FROM group_mappings g
  JOIN identity_providers p ON p.id = g.provider_id
  JOIN roles r ON r.id = g.role_id`;

export function toMapping(row: MappingRow): GroupMapping {
  return {
    id: row.id,
    searchSpaceId: row.search_space_id,
    providerId: row.provider_id,
    providerSlug: row.slug,
    group: row.group_name,
    roleId: row.role_id,
    roleName: row.role_name,
    createdAt: row.created_at,
  };
}
