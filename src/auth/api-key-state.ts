import type { ApiKey, KeyChanges } from './domain/api-key.js';

/** A key as the audit trail shows it: what it may do and what it is held to, nothing of its secret. */
export function toApiKeyState(
  key: KeyChanges & Partial<Pick<ApiKey, 'serviceAccountId' | 'userId'>>,
) {
  const state = {
    name: key.name,
    description: key.description,
    user_id: key.userId,
    service_account_id: key.serviceAccountId,
    scopes: key.scopes,
    allowed_models: key.allowedModels,
    allowed_endpoints: key.allowedEndpoints,
    allowed_cidrs: key.allowedCidrs,
    denied_cidrs: key.deniedCidrs,
    rate_limit_per_minute: key.rateLimitPerMinute,
    rate_limit_per_hour: key.rateLimitPerHour,
    rate_limit_per_day: key.rateLimitPerDay,
    tags: key.tags,
    is_active: key.isActive,
    expires_at: key.expiresAt === undefined ? undefined : (key.expiresAt?.toISOString() ?? null),
  };
  return Object.fromEntries(Object.entries(state).filter(([, value]) => value !== undefined));
}
