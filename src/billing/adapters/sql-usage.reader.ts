import { Injectable } from '@nestjs/common';
import { toMicros } from '../../common/micros.js';
import { Sql } from '../../persistence/sql.port.js';
import { UsageReader, type UsageRecord } from '../domain/usage.reader.port.js';

const LIST = `
  SELECT id, search_space_id, collection_id, user_id, api_key_id, generation_id, provider, model,
         operation, kind, tier, outcome, images_requested, images_delivered, input_tokens,
         cached_input_tokens, image_input_tokens, cached_image_input_tokens, output_tokens,
         image_output_tokens, list_cost_micros, charged_micros, shortfall_micros, created_at
    FROM usage_records
   WHERE search_space_id = $1
     AND id < coalesce($2::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
   ORDER BY id DESC LIMIT $3`;

type BigintColumn =
  | 'input_tokens'
  | 'cached_input_tokens'
  | 'image_input_tokens'
  | 'cached_image_input_tokens'
  | 'output_tokens'
  | 'image_output_tokens'
  | 'list_cost_micros'
  | 'charged_micros'
  | 'shortfall_micros';

/** `pg` hands a bigint out as text. */
type UsageRow = Record<BigintColumn, string> & {
  id: string;
  search_space_id: string;
  collection_id: string | null;
  user_id: string | null;
  api_key_id: string | null;
  generation_id: string | null;
  provider: string;
  model: string;
  operation: string;
  kind: string;
  tier: string;
  outcome: string;
  images_requested: number;
  images_delivered: number;
  created_at: Date;
};

@Injectable()
export class SqlUsageReader extends UsageReader {
  constructor(private readonly sql: Sql) {
    super();
  }

  async list(searchSpaceId: string, before: string | null, limit: number): Promise<UsageRecord[]> {
    const values = [searchSpaceId, before, limit];
    const rows = await this.sql.query<UsageRow>('usage_of_space', LIST, values);
    return rows.map(toUsageRecord);
  }
}

function toUsageRecord(row: UsageRow): UsageRecord {
  return {
    id: row.id,
    searchSpaceId: row.search_space_id,
    collectionId: row.collection_id,
    userId: row.user_id,
    apiKeyId: row.api_key_id,
    generationId: row.generation_id,
    provider: row.provider,
    model: row.model,
    operation: row.operation,
    kind: row.kind,
    tier: row.tier,
    outcome: row.outcome,
    imagesRequested: row.images_requested,
    imagesDelivered: row.images_delivered,
    inputTokens: Number(row.input_tokens),
    cachedInputTokens: Number(row.cached_input_tokens),
    imageInputTokens: Number(row.image_input_tokens),
    cachedImageInputTokens: Number(row.cached_image_input_tokens),
    outputTokens: Number(row.output_tokens),
    imageOutputTokens: Number(row.image_output_tokens),
    listCostMicros: toMicros(row.list_cost_micros),
    chargedMicros: toMicros(row.charged_micros),
    shortfallMicros: toMicros(row.shortfall_micros),
    createdAt: row.created_at,
  };
}
