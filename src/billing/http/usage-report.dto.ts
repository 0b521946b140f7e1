import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { encodeCursor } from '../../common/page.js';
import type { UsageDimension, UsageGroup, UsagePeriod, UsageSums } from '../domain/usage-report.js';
import type { FreshReport, MemberCost, MemberCosts } from '../usage-reports.service.js';

const OF_DIMENSION = { nullable: true, description: 'When grouped by it; null: calls without one' };

export class UsageSumsResponse {
  @ApiProperty({ type: 'integer' })
  calls: number;

  @ApiProperty({ type: 'integer', description: 'With at least one result' })
  succeeded: number;

  @ApiProperty({ type: 'integer', description: 'The rest was canceled' })
  failed: number;

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

  @ApiProperty({ type: 'integer', description: 'By the price list, whoever paid' })
  list_cost_micros: number;

  @ApiProperty({ type: 'integer', description: 'Taken from wallets' })
  charged_micros: number;

  @ApiProperty({ type: 'integer', description: 'Owed, and not there to be taken' })
  shortfall_micros: number;
}

export class UsageGroupResponse extends UsageSumsResponse {
  @ApiPropertyOptional({ type: String, format: 'uuid', description: 'Only for operators' })
  search_space_id?: string | null;

  @ApiPropertyOptional({ type: String, format: 'date', example: '2026-11-21' })
  day?: string | null;

  @ApiPropertyOptional({ type: String, format: 'uuid', ...OF_DIMENSION })
  user_id?: string | null;

  @ApiPropertyOptional({ type: String, format: 'uuid', ...OF_DIMENSION })
  api_key_id?: string | null;

  @ApiPropertyOptional({ type: String, format: 'uuid', ...OF_DIMENSION })
  collection_id?: string | null;

  @ApiPropertyOptional({ type: String })
  provider?: string | null;

  @ApiPropertyOptional({ type: String })
  model?: string | null;

  @ApiPropertyOptional({ type: String })
  operation?: string | null;

  @ApiPropertyOptional({ type: String })
  kind?: string | null;

  @ApiPropertyOptional({ type: String })
  tier?: string | null;
}

class UsageTotalsResponse {
  @ApiProperty({ type: String, format: 'date', description: 'First day, UTC' })
  from: string;

  @ApiProperty({ type: String, format: 'date', description: 'Last day, included' })
  to: string;

  @ApiProperty({ type: UsageSumsResponse, description: 'Of all lines, not of this page' })
  totals: UsageSumsResponse;

  @ApiProperty({ type: Boolean, description: 'False: calls of the last moments are still missing' })
  is_complete: boolean;

  @ApiProperty({ type: String, nullable: true, example: null })
  next_cursor: string | null;
}

export class UsageReportResponse extends UsageTotalsResponse {
  @ApiProperty({ type: [UsageGroupResponse] })
  data: UsageGroupResponse[];
}

export class MemberCostResponse extends UsageSumsResponse {
  @ApiProperty({ type: String, format: 'uuid', nullable: true, description: 'Null: of nobody' })
  user_id: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'For who may see members' })
  name: string | null;

  @ApiProperty({ type: String, nullable: true })
  email: string | null;
}

export class MemberCostsResponse extends UsageTotalsResponse {
  @ApiProperty({ type: [MemberCostResponse] })
  data: MemberCostResponse[];
}

/** What a dimension is called in an answer and in a table. */
const FIELDS: Readonly<Record<UsageDimension, keyof UsageGroupResponse>> = {
  space: 'search_space_id',
  day: 'day',
  user: 'user_id',
  key: 'api_key_id',
  collection: 'collection_id',
  provider: 'provider',
  model: 'model',
  operation: 'operation',
  kind: 'kind',
  tier: 'tier',
};

const SUM_FIELDS: readonly (keyof UsageSumsResponse)[] = [
  'calls',
  'succeeded',
  'failed',
  'images_requested',
  'images_delivered',
  'input_tokens',
  'cached_input_tokens',
  'image_input_tokens',
  'cached_image_input_tokens',
  'output_tokens',
  'image_output_tokens',
  'list_cost_micros',
  'charged_micros',
  'shortfall_micros',
];

/** The columns of a report as a table. */
export function listReportFields(groupBy: readonly UsageDimension[]): string[] {
  return [...groupBy.map((dimension) => FIELDS[dimension]), ...SUM_FIELDS];
}

export function toReportResponse(
  report: FreshReport,
  period: UsagePeriod,
  offset: number,
): UsageReportResponse {
  return { data: report.groups.map(toGroupResponse), ...toTotals(report, period, offset) };
}

export function toMembersResponse(
  costs: MemberCosts,
  period: UsagePeriod,
  offset: number,
): MemberCostsResponse {
  return { data: costs.groups.map(toMemberResponse), ...toTotals(costs, period, offset) };
}

export function toGroupResponse({ key, ...sums }: UsageGroup): UsageGroupResponse {
  const named = Object.entries(key).map(([name, value]) => [FIELDS[name as UsageDimension], value]);
  return { ...(Object.fromEntries(named) as object), ...toSumsResponse(sums) };
}

function toMemberResponse({ userId, name, email, ...sums }: MemberCost): MemberCostResponse {
  return { user_id: userId, name, email, ...toSumsResponse(sums) };
}

function toTotals(report: FreshReport, { from, to }: UsagePeriod, offset: number) {
  const end = offset + report.groups.length;
  const hasMore = report.groups.length > 0 && end < report.groupsCount;
  return {
    from,
    to,
    totals: toSumsResponse(report.totals),
    is_complete: report.isComplete,
    next_cursor: hasMore ? encodeCursor(String(end)) : null,
  };
}

function toSumsResponse(sums: UsageSums): UsageSumsResponse {
  return {
    calls: sums.calls,
    succeeded: sums.succeeded,
    failed: sums.failed,
    images_requested: sums.imagesRequested,
    images_delivered: sums.imagesDelivered,
    input_tokens: sums.inputTokens,
    cached_input_tokens: sums.cachedInputTokens,
    image_input_tokens: sums.imageInputTokens,
    cached_image_input_tokens: sums.cachedImageInputTokens,
    output_tokens: sums.outputTokens,
    image_output_tokens: sums.imageOutputTokens,
    list_cost_micros: sums.listCostMicros,
    charged_micros: sums.chargedMicros,
    shortfall_micros: sums.shortfallMicros,
  };
}
