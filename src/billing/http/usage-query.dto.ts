import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, IsUUID, Matches, MaxLength } from 'class-validator';
import { DomainError } from '../../common/domain-error.js';
import { toPageRequest } from '../../common/page.js';
import { LINE_FORM, LINE_MESSAGE } from '../../common/text-form.js';
import { PageQueryDto } from '../../http/page-query.dto.js';
import {
  USAGE_DIMENSIONS,
  type UsageDimension,
  type UsageFilter,
  type UsageReportRequest,
} from '../domain/usage-report.js';

const TEXT_LENGTH_MAX = 200;
const OFFSET_MAX = 1_000_000;
const OFFSET_FORM = /^\d{1,7}$/;
const TIERS = ['platform', 'free', 'byok', 'subscription'];
const KINDS = ['image', 'chat', 'embedding', 'moderation'];
const DIMENSIONS_OF_SPACE = USAGE_DIMENSIONS.filter((one) => one !== 'space');
const DIMENSIONS_DEFAULT: readonly UsageDimension[] = ['day'];

/** A space, and the days of what is asked for. */
export class UsagePeriodQueryDto extends PageQueryDto {
  @ApiPropertyOptional({
    type: String,
    format: 'uuid',
    description: 'An API key may leave it out: its own space is meant',
  })
  @IsOptional()
  @IsUUID()
  search_space_id?: string;

  @ApiPropertyOptional({
    type: String,
    format: 'date',
    example: '2026-11-01',
    description: 'First day, UTC',
  })
  @IsOptional()
  @IsString()
  from?: string;

  @ApiPropertyOptional({
    type: String,
    format: 'date',
    example: '2026-11-30',
    description: 'Last day, UTC, included',
  })
  @IsOptional()
  @IsString()
  to?: string;
}

/** What usage can be narrowed by. */
export class UsageFilterQueryDto extends UsagePeriodQueryDto {
  @ApiPropertyOptional({ type: String, format: 'uuid', description: 'Who called' })
  @IsOptional()
  @IsUUID()
  user_id?: string;

  @ApiPropertyOptional({ type: String, format: 'uuid' })
  @IsOptional()
  @IsUUID()
  api_key_id?: string;

  @ApiPropertyOptional({ type: String, format: 'uuid' })
  @IsOptional()
  @IsUUID()
  collection_id?: string;

  @ApiPropertyOptional({ type: String, example: 'openai' })
  @IsOptional()
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(TEXT_LENGTH_MAX)
  provider?: string;

  @ApiPropertyOptional({ type: String, example: 'gpt-image-1', description: 'The one that ran' })
  @IsOptional()
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(TEXT_LENGTH_MAX)
  model?: string;

  @ApiPropertyOptional({ type: String, example: 'generate' })
  @IsOptional()
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(TEXT_LENGTH_MAX)
  operation?: string;

  @ApiPropertyOptional({ type: String, enum: KINDS })
  @IsOptional()
  @IsIn(KINDS)
  kind?: string;

  @ApiPropertyOptional({ type: String, enum: TIERS })
  @IsOptional()
  @IsIn(TIERS)
  tier?: string;
}

export class UsageQueryDto extends UsageFilterQueryDto {
  @ApiPropertyOptional({ type: String, example: 'succeeded' })
  @IsOptional()
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(TEXT_LENGTH_MAX)
  outcome?: string;
}

export class UsageReportQueryDto extends UsageFilterQueryDto {
  @ApiPropertyOptional({
    type: String,
    default: 'day',
    example: 'day,model',
    description: `Comma-separated: ${DIMENSIONS_OF_SPACE.join(', ')}; operators over all spaces also space`,
  })
  @IsOptional()
  @IsString()
  @MaxLength(TEXT_LENGTH_MAX)
  group_by?: string;

  @ApiPropertyOptional({
    type: String,
    enum: ['cost', 'key'],
    default: 'cost',
    description: 'cost: what was charged, highest first; key: as group_by names it',
  })
  @IsOptional()
  @IsIn(['cost', 'key'])
  sort?: 'cost' | 'key';
}

export function toUsageFilter(query: UsageFilterQueryDto): UsageFilter {
  return {
    searchSpaceId: query.search_space_id,
    userId: query.user_id,
    apiKeyId: query.api_key_id,
    collectionId: query.collection_id,
    provider: query.provider,
    model: query.model,
    operation: query.operation,
    kind: query.kind,
    tier: query.tier,
  };
}

/** All of a report's request but its period. @throws DomainError `request.invalid` naming the field */
export function toReportQuery(
  query: UsageReportQueryDto,
  isOfAllSpaces: boolean,
): Omit<UsageReportRequest, 'period'> {
  return {
    filter: toUsageFilter(query),
    groupBy: toGroupBy(query.group_by, isOfAllSpaces),
    sort: query.sort ?? 'cost',
    ...toOffsetRequest(query),
  };
}

/** Sums are made anew for each page, so a cursor counts lines. */
export function toOffsetRequest(query: PageQueryDto): { limit: number; offset: number } {
  const { limit, after } = toPageRequest(query);
  const isOffset = after === null || (OFFSET_FORM.test(after) && Number(after) <= OFFSET_MAX);
  if (!isOffset) throw DomainError.invalid('cursor', 'must be the next_cursor of the page before');
  return { limit, offset: Number(after ?? 0) };
}

function toGroupBy(text: string | undefined, isOfAllSpaces: boolean): readonly UsageDimension[] {
  if (text === undefined) return DIMENSIONS_DEFAULT;
  const names = text.split(',').map((name) => name.trim());
  const known: readonly string[] = isOfAllSpaces ? USAGE_DIMENSIONS : DIMENSIONS_OF_SPACE;
  if (names.some((name) => !known.includes(name)) || new Set(names).size < names.length) {
    throw DomainError.invalid('group_by', `must name each at most once of ${known.join(', ')}`);
  }
  return names as UsageDimension[];
}
