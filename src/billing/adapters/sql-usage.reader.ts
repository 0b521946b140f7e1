import { Injectable } from '@nestjs/common';
import { toMicros } from '../../common/micros.js';
import { Sql } from '../../persistence/sql.port.js';
import {
  type UsageListFilter,
  UsageReader,
  type UsageRecord,
} from '../domain/usage.reader.port.js';

const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
/** An id is made before the call and the row after it, by clocks that differ a little. */
const ID_BEFORE_ROW_DAYS = 8;

/** The days bound the ids, and so the months that are read; the row's own time decides. */
const LIST = `
  SELECT id, search_space_id, collection_id, user_id, api_key_id, generation_id, provider, connection,
         model, requested_model, operation, kind, tier, outcome, images_requested, images_delivered,
         input_tokens, cached_input_tokens, image_input_tokens, cached_image_input_tokens,
         output_tokens, image_output_tokens, multiplier_bp, list_cost_micros, charged_micros,
         shortfall_micros, latency_ms, is_estimated, created_at
    FROM usage_records
   WHERE search_space_id = $1 AND id < $2::uuid
     AND ($4::date IS NULL OR id >= billing_month_floor($4::date - interval '${ID_BEFORE_ROW_DAYS} days'))
     AND ($5::date IS NULL OR id < billing_month_floor($5::date + interval '2 days'))
     AND ($4::date IS NULL OR created_at >= $4::date::timestamp AT TIME ZONE 'UTC')
     AND ($5::date IS NULL OR created_at < ($5::date + 1)::timestamp AT TIME ZONE 'UTC')
     AND ($6::uuid IS NULL OR user_id = $6) AND ($7::uuid IS NULL OR api_key_id = $7)
     AND ($8::uuid IS NULL OR collection_id = $8) AND ($9::text IS NULL OR provider = $9)
     AND ($10::text IS NULL OR model = $10) AND ($11::text IS NULL OR operation = $11)
     AND ($12::text IS NULL OR kind = $12) AND ($13::text IS NULL OR tier = $13)
     AND ($14::text IS NULL OR outcome = $14)
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
  connection: string | null;
  model: string;
  requested_model: string | null;
  operation: string;
  kind: string;
  tier: string;
  outcome: string;
  images_requested: number;
  images_delivered: number;
  multiplier_bp: number;
  latency_ms: number | null;
  is_estimated: boolean;
  created_at: Date;
};

@Injectable()
export class SqlUsageReader extends UsageReader {
  constructor(private readonly sql: Sql) {
    super();
  }

  async list(
    filter: UsageListFilter,
    before: string | null,
    limit: number,
  ): Promise<UsageRecord[]> {
    const { period } = filter;
    const rows = await this.sql.query<UsageRow>('usage_of_space', LIST, [
      filter.searchSpaceId,
      before ?? LAST_ID,
      limit,
      period?.from ?? null,
      period?.to ?? null,
      filter.userId ?? null,
      filter.apiKeyId ?? null,
      filter.collectionId ?? null,
      filter.provider ?? null,
      filter.model ?? null,
      filter.operation ?? null,
      filter.kind ?? null,
      filter.tier ?? null,
      filter.outcome ?? null,
    ]);
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
    connection: row.connection,
    model: row.model,
    requestedModel: row.requested_model,
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
    multiplierBp: row.multiplier_bp,
    listCostMicros: toMicros(row.list_cost_micros),
    chargedMicros: toMicros(row.charged_micros),
    shortfallMicros: toMicros(row.shortfall_micros),
    latencyMs: row.latency_ms,
    isEstimated: row.is_estimated,
    createdAt: row.created_at,
  };
}
