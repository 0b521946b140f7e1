import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, type TransformFnParams, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  IsUUID,
  Matches,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import { TEXT_FORM, TEXT_MESSAGE } from '../../common/text-form.js';
import { IsMoment } from '../../http/is-moment.decorator.js';
import { PageQueryDto } from '../../http/page-query.dto.js';
import {
  type GenerationStatus,
  type Operation,
  OPERATIONS,
  STATUSES,
} from '../domain/generation.js';
import type { HistoryFilter } from '../domain/history-filter.js';
import { TAGS_MAX, toTags } from '../domain/tags.js';

const SEARCH_CHARS_MAX = 200;
const TAG_TEXT_MAX = 200;

/** A parameter that is given once or more often. */
const AsList = () =>
  Transform(({ value }: TransformFnParams): unknown =>
    value === undefined || Array.isArray(value) ? value : [value],
  );

export class ListGenerationsDto extends PageQueryDto {
  @ApiPropertyOptional({ type: String, format: 'uuid', description: 'Default: all you may read' })
  @IsOptional()
  @IsUUID()
  search_space_id?: string;

  @ApiPropertyOptional({
    type: String,
    format: 'uuid',
    description: 'Only those in the collection',
  })
  @IsOptional()
  @IsUUID()
  collection_id?: string;

  @ApiPropertyOptional({ type: String, format: 'uuid', description: 'Only those of the batch' })
  @IsOptional()
  @IsUUID()
  batch_id?: string;

  @ApiPropertyOptional({ enum: STATUSES, isArray: true, description: 'One of those given' })
  @IsOptional()
  @AsList()
  @ArrayMaxSize(STATUSES.length)
  @IsIn(STATUSES, { each: true })
  status?: GenerationStatus[];

  @ApiPropertyOptional({ enum: OPERATIONS })
  @IsOptional()
  @IsIn(OPERATIONS)
  operation?: Operation;

  @ApiPropertyOptional({ type: String })
  @IsOptional()
  @IsString()
  @Matches(TEXT_FORM, { message: TEXT_MESSAGE })
  @MaxLength(100)
  provider?: string;

  @ApiPropertyOptional({ type: String })
  @IsOptional()
  @IsString()
  @Matches(TEXT_FORM, { message: TEXT_MESSAGE })
  @MaxLength(200)
  model?: string;

  @ApiPropertyOptional({ type: String, format: 'uuid', description: 'The user who asked' })
  @IsOptional()
  @IsUUID()
  created_by?: string;

  @ApiPropertyOptional({ type: String, format: 'uuid', description: 'The API key that was used' })
  @IsOptional()
  @IsUUID()
  api_key_id?: string;

  @ApiPropertyOptional({ type: [String], maxItems: TAGS_MAX, description: 'Has all those given' })
  @IsOptional()
  @AsList()
  @ArrayMaxSize(TAGS_MAX)
  @IsString({ each: true })
  @MaxLength(TAG_TEXT_MAX, { each: true })
  tag?: string[];

  @ApiPropertyOptional({ enum: ['true'], description: 'Only what you have marked' })
  @IsOptional()
  @IsIn(['true'])
  favourite?: 'true';

  @ApiPropertyOptional({ enum: ['true', 'false'], description: 'Whether it has pictures' })
  @IsOptional()
  @IsIn(['true', 'false'])
  has_images?: 'true' | 'false';

  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    description: 'Made at this moment or later',
  })
  @IsOptional()
  @IsMoment()
  created_from?: string;

  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    description: 'Made before this moment',
  })
  @IsOptional()
  @IsMoment()
  created_to?: string;

  @ApiPropertyOptional({ type: 'integer', minimum: 0, description: 'Charged at least' })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  min_cost_micros?: number;

  @ApiPropertyOptional({ type: 'integer', minimum: 0, description: 'Charged at most' })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  max_cost_micros?: number;

  @ApiPropertyOptional({
    type: String,
    maxLength: SEARCH_CHARS_MAX,
    description: 'Words of the prompt, all of them; of the last one its beginning is enough',
    example: 'lighthouse da',
  })
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(SEARCH_CHARS_MAX)
  @Matches(TEXT_FORM, { message: TEXT_MESSAGE })
  q?: string;

  @ApiPropertyOptional({ enum: ['newest', 'oldest'], default: 'newest' })
  @IsOptional()
  @IsIn(['newest', 'oldest'])
  order?: 'newest' | 'oldest';
}

/** @throws DomainError `request.invalid` naming the tag. */
export function toHistoryFilter(query: ListGenerationsDto): HistoryFilter {
  return {
    searchSpaceId: query.search_space_id ?? null,
    collectionId: query.collection_id ?? null,
    batchId: query.batch_id ?? null,
    statuses: [...new Set(query.status ?? [])].sort(),
    operation: query.operation ?? null,
    provider: query.provider ?? null,
    model: query.model ?? null,
    createdBy: query.created_by ?? null,
    apiKeyId: query.api_key_id ?? null,
    tags: toTags(query.tag ?? [], 'tag'),
    isFavourite: query.favourite === 'true',
    hasImages: query.has_images === undefined ? null : query.has_images === 'true',
    createdFrom: query.created_from === undefined ? null : new Date(query.created_from),
    createdTo: query.created_to === undefined ? null : new Date(query.created_to),
    costMinMicros: query.min_cost_micros ?? null,
    costMaxMicros: query.max_cost_micros ?? null,
    search: query.q ?? null,
    order: query.order ?? 'newest',
  };
}
