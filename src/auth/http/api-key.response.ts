import { ApiProperty } from '@nestjs/swagger';
import type { Page } from '../../common/page.js';
import { SCOPES, type Scope } from '../../common/permission.js';
import type { IssuedKey } from '../api-keys.service.js';
import { type ApiKey, KEY_PREFIX } from '../domain/api-key.js';

export class ApiKeyResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  id: string;

  @ApiProperty({ type: String, example: 'Build server' })
  name: string;

  @ApiProperty({ type: String })
  description: string;

  @ApiProperty({
    type: String,
    description: 'The beginning of the key, to tell it by',
    example: 'atl_k3b7x2ma',
  })
  key_prefix: string;

  @ApiProperty({ type: String, format: 'uuid' })
  search_space_id: string;

  @ApiProperty({ type: String, format: 'uuid', description: 'Its maker, or its service account' })
  user_id: string;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  service_account_id: string | null;

  @ApiProperty({ type: String, enum: SCOPES, isArray: true })
  scopes: Scope[];

  @ApiProperty({ type: [String], description: 'Empty: all' })
  allowed_models: string[];

  @ApiProperty({ type: [String], description: 'Empty: all' })
  allowed_endpoints: string[];

  @ApiProperty({ type: [String], description: 'Empty: all' })
  allowed_cidrs: string[];

  @ApiProperty({ type: [String], description: 'These win over those allowed' })
  denied_cidrs: string[];

  @ApiProperty({ type: 'integer', nullable: true, description: 'Null: no limit of its own' })
  rate_limit_per_minute: number | null;

  @ApiProperty({ type: 'integer', nullable: true })
  rate_limit_per_hour: number | null;

  @ApiProperty({ type: 'integer', nullable: true })
  rate_limit_per_day: number | null;

  @ApiProperty({ type: [String] })
  tags: string[];

  @ApiProperty({ type: Boolean })
  is_active: boolean;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  expires_at: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  revoked_at: string | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'Written at most every ten minutes',
  })
  last_used_at: string | null;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at: string;
}

export class IssuedKeyResponse extends ApiKeyResponse {
  @ApiProperty({
    type: String,
    description: 'The key itself. It is shown this once and not kept',
    example: 'atl_k3b7x2ma_Vd1…',
  })
  key: string;
}

export class ApiKeysPageResponse implements Page<ApiKeyResponse> {
  @ApiProperty({ type: [ApiKeyResponse] })
  data: ApiKeyResponse[];

  @ApiProperty({ type: String, nullable: true, example: null })
  next_cursor: string | null;
}

export function toApiKeyResponse(apiKey: ApiKey): ApiKeyResponse {
  return {
    id: apiKey.id,
    name: apiKey.name,
    description: apiKey.description,
    key_prefix: `${KEY_PREFIX}${apiKey.lookupId}`,
    search_space_id: apiKey.searchSpaceId,
    user_id: apiKey.userId,
    service_account_id: apiKey.serviceAccountId,
    scopes: [...apiKey.scopes],
    allowed_models: [...apiKey.allowedModels],
    allowed_endpoints: [...apiKey.allowedEndpoints],
    allowed_cidrs: [...apiKey.allowedCidrs],
    denied_cidrs: [...apiKey.deniedCidrs],
    rate_limit_per_minute: apiKey.rateLimitPerMinute,
    rate_limit_per_hour: apiKey.rateLimitPerHour,
    rate_limit_per_day: apiKey.rateLimitPerDay,
    tags: [...apiKey.tags],
    is_active: apiKey.isActive,
    expires_at: apiKey.expiresAt?.toISOString() ?? null,
    revoked_at: apiKey.revokedAt?.toISOString() ?? null,
    last_used_at: apiKey.lastUsedAt?.toISOString() ?? null,
    created_at: apiKey.createdAt.toISOString(),
  };
}

export function toIssuedKeyResponse({ key, apiKey }: IssuedKey): IssuedKeyResponse {
  return { ...toApiKeyResponse(apiKey), key };
}
