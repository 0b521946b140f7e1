import { ApiProperty } from '@nestjs/swagger';
import { SCOPES, type Scope } from '../../common/permission.js';
import type { KeyUsage } from '../key-usage.service.js';
import {
  KeyQuotaResponse,
  KeySpendWindowResponse,
  toKeyBudgetsResponse,
} from './key-budgets.response.js';

const MS_PER_S = 1_000;

export class KeyLimitResponse {
  @ApiProperty({ type: 'integer', description: 'Length of the window', example: 60 })
  window_s: number;

  @ApiProperty({ type: 'integer', example: 100 })
  limit: number;

  @ApiProperty({ type: 'integer', example: 97 })
  remaining: number;

  @ApiProperty({ type: 'integer', description: 'Until the running window ends', example: 31 })
  reset_s: number;
}

export class KeyUsageResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  api_key_id: string;

  @ApiProperty({ type: String, example: 'Build server' })
  api_key_name: string;

  @ApiProperty({ type: String, format: 'uuid' })
  search_space_id: string;

  @ApiProperty({ type: 'integer', description: 'Billable calls' })
  requests: number;

  @ApiProperty({ type: 'integer', description: 'Pictures delivered' })
  pictures: number;

  @ApiProperty({ type: 'integer' })
  tokens: number;

  @ApiProperty({ type: 'integer', description: 'Taken from the wallet' })
  cost_micros: number;

  @ApiProperty({ type: [KeyLimitResponse], description: 'Its own limits; empty: none are set' })
  rate_limits: KeyLimitResponse[];

  @ApiProperty({
    type: KeyQuotaResponse,
    nullable: true,
    description: 'All that it may ever spend; null: no limit is set',
  })
  quota: KeyQuotaResponse | null;

  @ApiProperty({ type: [KeySpendWindowResponse], description: 'Empty: none are set' })
  spend_windows: KeySpendWindowResponse[];

  @ApiProperty({ type: String, enum: SCOPES, isArray: true })
  scopes: Scope[];

  @ApiProperty({ type: [String], description: 'Empty: all' })
  allowed_models: string[];

  @ApiProperty({ type: String, format: 'date-time' })
  created_at: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  last_used_at: string | null;
}

export function toKeyUsageResponse(usage: KeyUsage): KeyUsageResponse {
  const { apiKey, totals, limits, budgets } = usage;
  return {
    api_key_id: apiKey.id,
    api_key_name: apiKey.name,
    search_space_id: apiKey.searchSpaceId,
    requests: totals.requests,
    pictures: totals.pictures,
    tokens: totals.tokens,
    cost_micros: totals.costMicros,
    rate_limits: limits.map(({ windowMs, limit, remaining, resetInMs }) => ({
      window_s: windowMs / MS_PER_S,
      limit,
      remaining,
      reset_s: Math.ceil(resetInMs / MS_PER_S),
    })),
    ...toKeyBudgetsResponse(budgets),
    scopes: [...apiKey.scopes],
    allowed_models: [...apiKey.allowedModels],
    created_at: apiKey.createdAt.toISOString(),
    last_used_at: apiKey.lastUsedAt?.toISOString() ?? null,
  };
}
