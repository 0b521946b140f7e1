import type { ServiceAccount } from '../domain/service-account.js';

export interface ServiceAccountRow {
  id: string;
  name: string;
  home_space_id: string;
  created_at: Date;
}

/** The condition names the space, so that another space's account is as good as none. */
export const SELECT_SERVICE_ACCOUNTS = `SELECT id, name, home_space_id, created_at FROM users
  WHERE kind = 'service_account' AND status = 'active' AND home_space_id = $1`;

export function toServiceAccount(row: ServiceAccountRow): ServiceAccount {
  return {
    id: row.id,
    name: row.name,
    searchSpaceId: row.home_space_id,
    createdAt: row.created_at,
  };
}
