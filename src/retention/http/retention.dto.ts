import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsInt,
  IsOptional,
  IsUUID,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import {
  clamp,
  COLLECTION_POLICIES_MAX,
  DAYS_MAX,
  type RetentionPolicy,
  type RetentionTerms,
} from '../domain/retention-policy.js';
import type { PolicyView } from '../retention-policies.service.js';

const days = (example: number | null, description: string) =>
  ({
    type: 'integer',
    nullable: true,
    minimum: 1,
    maximum: DAYS_MAX,
    example,
    description,
  }) as const;

class RetentionTermsDto {
  @ApiPropertyOptional(days(365, 'Generations that delivered pictures; null = for ever'))
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(DAYS_MAX)
  generations_days?: number | null;

  @ApiPropertyOptional(days(30, 'Those that failed or were canceled; null = as the others'))
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(DAYS_MAX)
  failed_days?: number | null;

  @ApiPropertyOptional(
    days(7, 'Pictures that were given to generations; null = as long as their generation'),
  )
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(DAYS_MAX)
  inputs_days?: number | null;

  @ApiPropertyOptional({
    type: Boolean,
    default: true,
    example: true,
    description: 'Whether what is a favourite of anybody stays',
  })
  @IsOptional()
  @IsBoolean()
  keep_favourites?: boolean;
}

export class CollectionRetentionDto extends RetentionTermsDto {
  @ApiProperty({ type: String, format: 'uuid' })
  @IsUUID()
  collection_id: string;
}

export class SetRetentionDto extends RetentionTermsDto {
  @ApiPropertyOptional(days(90, 'Uploads that belong to no generation; null = for ever'))
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(DAYS_MAX)
  uploads_days?: number | null;

  @ApiPropertyOptional({
    type: [CollectionRetentionDto],
    maxItems: COLLECTION_POLICIES_MAX,
    example: [],
    description: 'What holds in these collections in place of the above',
  })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(COLLECTION_POLICIES_MAX)
  @ArrayUnique(({ collection_id: id }: CollectionRetentionDto) => id)
  @ValidateNested({ each: true })
  @Type(() => CollectionRetentionDto)
  collections?: CollectionRetentionDto[];
}

class RetentionTermsResponse {
  @ApiProperty(days(365, 'null = for ever'))
  generations_days: number | null;

  @ApiProperty(days(30, 'null = as the others'))
  failed_days: number | null;

  @ApiProperty(days(7, 'null = as long as their generation'))
  inputs_days: number | null;

  @ApiProperty({ type: Boolean, example: true })
  keep_favourites: boolean;
}

export class CollectionRetentionResponse extends RetentionTermsResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  collection_id: string;
}

export class RetentionBoundsResponse {
  @ApiProperty(days(null, 'Of spaces without a policy; null = for ever'))
  default_days: number | null;

  @ApiProperty({ type: 'integer', example: 1 })
  min_days: number;

  @ApiProperty(days(null, 'null = no bound'))
  max_days: number | null;
}

export class RetentionResponse extends RetentionTermsResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  search_space_id: string;

  @ApiProperty({
    type: Boolean,
    example: true,
    description: 'false: it is the policy of the house',
  })
  is_own: boolean;

  @ApiProperty(days(90, 'null = for ever'))
  uploads_days: number | null;

  @ApiProperty({ type: [CollectionRetentionResponse], example: [] })
  collections: CollectionRetentionResponse[];

  @ApiProperty(days(365, 'What generations_days comes to within the bounds of the house'))
  effective_generations_days: number | null;

  @ApiProperty({ type: RetentionBoundsResponse })
  house: RetentionBoundsResponse;
}

export function toRetentionPolicy(body: SetRetentionDto): RetentionPolicy {
  return {
    ...toTerms(body),
    uploadsDays: body.uploads_days ?? null,
    collections: (body.collections ?? []).map((own) => ({
      ...toTerms(own),
      collectionId: own.collection_id.toLowerCase(),
    })),
  };
}

export function toRetentionResponse(
  searchSpaceId: string,
  { policy, isOwn, house }: PolicyView,
): RetentionResponse {
  return {
    search_space_id: searchSpaceId,
    is_own: isOwn,
    ...toTermsResponse(policy),
    uploads_days: policy.uploadsDays,
    collections: policy.collections.map((own) => ({
      collection_id: own.collectionId,
      ...toTermsResponse(own),
    })),
    effective_generations_days: clamp(policy.generationsDays, house),
    house: { default_days: house.defaultDays, min_days: house.minDays, max_days: house.maxDays },
  };
}

function toTerms(body: RetentionTermsDto): RetentionTerms {
  return {
    generationsDays: body.generations_days ?? null,
    failedDays: body.failed_days ?? null,
    inputsDays: body.inputs_days ?? null,
    keepsFavourites: body.keep_favourites ?? true,
  };
}

function toTermsResponse(terms: RetentionTerms): RetentionTermsResponse {
  return {
    generations_days: terms.generationsDays,
    failed_days: terms.failedDays,
    inputs_days: terms.inputsDays,
    keep_favourites: terms.keepsFavourites,
  };
}
