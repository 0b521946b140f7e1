import { toMicros } from '../../common/micros.js';
import type { PriceOverride } from '../domain/merge-prices.js';
import type { PriceRule, RuleScope } from '../domain/price-rule.js';
import type { PriceUnit } from '../domain/price.js';
import type { Subscription } from '../domain/subscription.js';

/** Rows as `to_jsonb` writes them: big numbers are numbers, times are text. */
export interface OverrideRow {
  id: string;
  provider: string;
  model: string;
  unit: PriceUnit;
  operation: string | null;
  connection: string | null;
  size: string | null;
  quality: string | null;
  pixels_max: number | null;
  input_tokens_above: number | null;
  microcredits: number | null;
  micros_per_million: number;
  effective_at: string;
  note: string | null;
  created_by: string;
  created_at: string;
}

export interface RuleRow {
  id: string;
  scope: RuleScope;
  user_id: string | null;
  route_name: string | null;
  space_id: string | null;
  multiplier_bp: number;
  note: string | null;
  created_by: string;
  created_at: string;
}

export interface SubscriptionRow {
  id: string;
  search_space_id: string;
  name: string;
  starts_at: string;
  expires_at: string;
  ended_at: string | null;
  time_zone: string;
  created_by: string;
  created_at: string;
}

export function toOverride(row: OverrideRow): PriceOverride {
  return {
    id: row.id,
    price: {
      provider: row.provider,
      model: row.model,
      unit: row.unit,
      operation: row.operation,
      connection: row.connection,
      size: row.size,
      quality: row.quality,
      pixelsMax: row.pixels_max,
      inputTokensAbove: row.input_tokens_above,
      microcredits: row.microcredits,
      microsPerMillion: toMicros(row.micros_per_million),
    },
    effectiveAt: new Date(row.effective_at),
    note: row.note,
    createdBy: row.created_by,
    createdAt: new Date(row.created_at),
  };
}

export function toOverrideRow({ price, ...one }: PriceOverride): OverrideRow {
  return {
    id: one.id,
    provider: price.provider,
    model: price.model,
    unit: price.unit,
    operation: price.operation,
    connection: price.connection,
    size: price.size,
    quality: price.quality,
    pixels_max: price.pixelsMax,
    input_tokens_above: price.inputTokensAbove,
    microcredits: price.microcredits,
    micros_per_million: price.microsPerMillion,
    effective_at: one.effectiveAt.toISOString(),
    note: one.note,
    created_by: one.createdBy,
    created_at: one.createdAt.toISOString(),
  };
}

export function toRule(row: RuleRow): PriceRule {
  return {
    id: row.id,
    scope: row.scope,
    userId: row.user_id,
    routeName: row.route_name,
    searchSpaceId: row.space_id,
    multiplierBp: row.multiplier_bp,
    note: row.note,
    createdBy: row.created_by,
    createdAt: new Date(row.created_at),
  };
}

export function toSubscription(row: SubscriptionRow): Subscription {
  return {
    id: row.id,
    searchSpaceId: row.search_space_id,
    name: row.name,
    startsAt: new Date(row.starts_at),
    expiresAt: new Date(row.expires_at),
    endedAt: row.ended_at === null ? null : new Date(row.ended_at),
    timeZone: row.time_zone,
    createdBy: row.created_by,
    createdAt: new Date(row.created_at),
  };
}
