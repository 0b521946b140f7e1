import { ApiProperty } from '@nestjs/swagger';
import type { Page } from '../../common/page.js';
import type { UsageRecord } from '../domain/usage.reader.port.js';

export class UsageResponse {
  @ApiProperty({ type: String, format: 'uuid', description: 'The attempt: one call to one vendor' })
  id: string;

  @ApiProperty({ type: String, format: 'uuid' })
  search_space_id: string;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  collection_id: string | null;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  user_id: string | null;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  api_key_id: string | null;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  generation_id: string | null;

  @ApiProperty({ type: String, example: 'embedded' })
  provider: string;

  @ApiProperty({ type: String, nullable: true, description: 'The credential that served it' })
  connection: string | null;

  @ApiProperty({ type: String, example: 'embedded-image' })
  model: string;

  @ApiProperty({ type: String, nullable: true, description: 'Asked for, where another one ran' })
  requested_model: string | null;

  @ApiProperty({ type: String, example: 'generate' })
  operation: string;

  @ApiProperty({ type: String, example: 'image' })
  kind: string;

  @ApiProperty({ type: String, enum: ['platform', 'free', 'byok', 'subscription'] })
  tier: string;

  @ApiProperty({ type: String, example: 'succeeded' })
  outcome: string;

  @ApiProperty({ type: 'integer' })
  images_requested: number;

  @ApiProperty({ type: 'integer' })
  images_delivered: number;

  @ApiProperty({ type: 'integer' })
  input_tokens: number;

  @ApiProperty({ type: 'integer' })
  cached_input_tokens: number;

  @ApiProperty({ type: 'integer' })
  image_input_tokens: number;

  @ApiProperty({ type: 'integer' })
  cached_image_input_tokens: number;

  @ApiProperty({ type: 'integer' })
  output_tokens: number;

  @ApiProperty({ type: 'integer' })
  image_output_tokens: number;

  @ApiProperty({ type: 'integer', example: 10_000, description: 'Basis points: 10,000 = ×1' })
  multiplier_bp: number;

  @ApiProperty({ type: 'integer', description: 'By the price list, whoever paid' })
  list_cost_micros: number;

  @ApiProperty({ type: 'integer', description: 'Taken from the wallet' })
  charged_micros: number;

  @ApiProperty({ type: 'integer', description: 'Owed, and not there to be taken' })
  shortfall_micros: number;

  @ApiProperty({ type: 'integer', nullable: true })
  latency_ms: number | null;

  @ApiProperty({ type: Boolean, description: 'The vendor did not say what it used' })
  is_estimated: boolean;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at: string;
}

/** The columns of the rows as a table. */
export const USAGE_FIELDS = [
  'id',
  'created_at',
  'search_space_id',
  'collection_id',
  'user_id',
  'api_key_id',
  'generation_id',
  'provider',
  'connection',
  'model',
  'requested_model',
  'operation',
  'kind',
  'tier',
  'outcome',
  'images_requested',
  'images_delivered',
  'input_tokens',
  'cached_input_tokens',
  'image_input_tokens',
  'cached_image_input_tokens',
  'output_tokens',
  'image_output_tokens',
  'multiplier_bp',
  'list_cost_micros',
  'charged_micros',
  'shortfall_micros',
  'latency_ms',
  'is_estimated',
] as const satisfies readonly (keyof UsageResponse)[];

export class UsagePageResponse implements Page<UsageResponse> {
  @ApiProperty({ type: [UsageResponse] })
  data: UsageResponse[];

  @ApiProperty({ type: String, nullable: true, example: null })
  next_cursor: string | null;
}

export function toUsageResponse(record: UsageRecord): UsageResponse {
  return {
    id: record.id,
    search_space_id: record.searchSpaceId,
    collection_id: record.collectionId,
    user_id: record.userId,
    api_key_id: record.apiKeyId,
    generation_id: record.generationId,
    provider: record.provider,
    connection: record.connection,
    model: record.model,
    requested_model: record.requestedModel,
    operation: record.operation,
    kind: record.kind,
    tier: record.tier,
    outcome: record.outcome,
    images_requested: record.imagesRequested,
    images_delivered: record.imagesDelivered,
    input_tokens: record.inputTokens,
    cached_input_tokens: record.cachedInputTokens,
    image_input_tokens: record.imageInputTokens,
    cached_image_input_tokens: record.cachedImageInputTokens,
    output_tokens: record.outputTokens,
    image_output_tokens: record.imageOutputTokens,
    multiplier_bp: record.multiplierBp,
    list_cost_micros: record.listCostMicros,
    charged_micros: record.chargedMicros,
    shortfall_micros: record.shortfallMicros,
    latency_ms: record.latencyMs,
    is_estimated: record.isEstimated,
    created_at: record.createdAt.toISOString(),
  };
}
