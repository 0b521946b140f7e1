import type { Scope } from '../../common/permission.js';
import type { ApiKey } from '../domain/api-key.js';

export interface RestrictionsRow {
  allowed_models: string[];
  allowed_endpoints: string[];
  allowed_cidrs: string[];
  denied_cidrs: string[];
  rate_limit_per_minute: number | null;
  rate_limit_per_hour: number | null;
  rate_limit_per_day: number | null;
}

export interface ApiKeyRow extends RestrictionsRow {
  id: string;
  lookup_id: string;
  name: string;
  description: string;
  tags: string[];
  search_space_id: string;
  user_id: string;
  service_account_id: string | null;
  scopes: Scope[];
  is_active: boolean;
  expires_at: Date | null;
  revoked_at: Date | null;
  last_used_at: Date | null;
  created_at: Date;
}

/** What a key is held to, as columns of `api_keys k`. */
export const RESTRICTION_COLUMNS = `k.allowed_models, k.allowed_endpoints, k.allowed_cidrs, k.denied_cidrs,
  k.rate_limit_per_minute, k.rate_limit_per_hour, k.rate_limit_per_day`;

/** Every key with its newest secret's lookup id. */
export const SELECT_API_KEYS = `SELECT k.id, s.lookup_id, k.name, k.description, k.tags, k.search_space_id,
    k.user_id, k.service_account_id, k.scopes, k.is_active, k.expires_at, k.revoked_at, k.last_used_at,
    k.created_at, ${RESTRICTION_COLUMNS}
  FROM api_keys k JOIN api_key_secrets s ON s.api_key_id = k.id AND s.expires_at IS NULL`;

export function toApiKey(row: ApiKeyRow): ApiKey {
  return {
    id: row.id,
    lookupId: row.lookup_id,
    name: row.name,
    description: row.description,
    tags: row.tags,
    searchSpaceId: row.search_space_id,
    userId: row.user_id,
    serviceAccountId: row.service_account_id,
    scopes: row.scopes,
    isActive: row.is_active,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    lastUsedAt: row.last_used_at,
    createdAt: row.created_at,
    ...toRestrictions(row),
  };
}

export function toRestrictions(row: RestrictionsRow) {
  return {
    allowedModels: row.allowed_models,
    allowedEndpoints: row.allowed_endpoints,
    allowedCidrs: row.allowed_cidrs,
    deniedCidrs: row.denied_cidrs,
    rateLimitPerMinute: row.rate_limit_per_minute,
    rateLimitPerHour: row.rate_limit_per_hour,
    rateLimitPerDay: row.rate_limit_per_day,
  };
}
