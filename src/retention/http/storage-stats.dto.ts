import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, IsOptional, IsString, Max, Min, ValidateIf } from 'class-validator';
import { type Page, toPage } from '../../common/page.js';
import { PageQueryDto } from '../../http/page-query.dto.js';
import { type CollectionSum, type StorageSum, toQuotaStatus } from '../domain/storage-stats.js';
import type { StatsView } from '../storage-quotas.service.js';

const TIME = { type: String, nullable: true, format: 'date-time' } as const;

export class StorageStatsQueryDto {
  @ApiPropertyOptional({
    type: String,
    format: 'uuid',
    description: 'Or in the header x-search-space-id',
  })
  @IsOptional()
  @IsString()
  search_space_id?: string;
}

export class CollectionStatsQueryDto extends PageQueryDto {
  @ApiPropertyOptional({
    type: String,
    format: 'uuid',
    description: 'Or in the header x-search-space-id',
  })
  @IsOptional()
  @IsString()
  search_space_id?: string;
}

export class SetStorageQuotaDto {
  @ApiProperty({
    type: 'integer',
    nullable: true,
    minimum: 1,
    example: 10_737_418_240,
    description: 'null = as the house has it',
  })
  @ValidateIf((_body, value) => value !== null)
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  max_bytes: number | null;
}

export class StorageSumResponse {
  @ApiProperty({ type: String, example: 'output' })
  name: string;

  @ApiProperty({ type: 'integer', example: 12 })
  pictures: number;

  @ApiProperty({ type: 'integer', example: 25_165_824 })
  bytes: number;
}

export class StorageQuotaResponse {
  @ApiProperty({ type: 'integer', nullable: true, example: null, description: 'null = no bound' })
  max_bytes: number | null;

  @ApiProperty({
    type: String,
    enum: ['ok', 'warning', 'full'],
    example: 'ok',
    description: 'warning: 90 % are used; full: nothing more is made',
  })
  status: string;
}

export class StorageStatsResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  search_space_id: string;

  @ApiProperty({ type: 'integer', example: 12, description: 'Equal pictures once' })
  pictures: number;

  @ApiProperty({ type: 'integer', example: 25_165_824, description: 'As they are stored' })
  bytes: number;

  @ApiProperty({ type: 'integer', example: 14 })
  logical_pictures: number;

  @ApiProperty({ type: 'integer', example: 29_360_128, description: 'As if none were equal' })
  logical_bytes: number;

  @ApiProperty({ type: [StorageSumResponse] })
  by_role: StorageSumResponse[];

  @ApiProperty({ type: [StorageSumResponse] })
  by_format: StorageSumResponse[];

  @ApiProperty({ ...TIME, description: 'Of the generations there are' })
  oldest_at: string | null;

  @ApiProperty(TIME)
  newest_at: string | null;

  @ApiProperty({ type: StorageQuotaResponse })
  quota: StorageQuotaResponse;
}

export class StorageStatsPageResponse implements Page<StorageStatsResponse> {
  @ApiProperty({ type: [StorageStatsResponse] })
  data: StorageStatsResponse[];

  @ApiProperty({ type: String, nullable: true, example: null })
  next_cursor: string | null;
}

export class CollectionStatsResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  collection_id: string;

  @ApiProperty({ type: String, example: 'Spring' })
  name: string;

  @ApiProperty({
    type: 'integer',
    example: 14,
    description: 'Of its generations, given ones among them, and its uploads; equal ones each time',
  })
  pictures: number;

  @ApiProperty({ type: 'integer', example: 29_360_128, description: 'As if none were equal' })
  bytes: number;
}

export class CollectionStatsPageResponse implements Page<CollectionStatsResponse> {
  @ApiProperty({ type: [CollectionStatsResponse] })
  data: CollectionStatsResponse[];

  @ApiProperty({ type: String, nullable: true, example: null })
  next_cursor: string | null;
}

export function toCollectionStats(sums: readonly CollectionSum[], limit: number) {
  const { data, next_cursor } = toPage([...sums], limit);
  return {
    data: data.map(({ id, name, pictures, bytes }) => ({
      collection_id: id,
      name,
      pictures,
      bytes,
    })),
    next_cursor,
  };
}

export function toStatsResponse(stats: StatsView): StorageStatsResponse {
  return {
    search_space_id: stats.searchSpaceId,
    pictures: stats.stored.pictures,
    bytes: stats.stored.bytes,
    logical_pictures: stats.logical.pictures,
    logical_bytes: stats.logical.bytes,
    by_role: toSums(stats.byRole),
    by_format: toSums(stats.byFormat),
    oldest_at: stats.oldestAt?.toISOString() ?? null,
    newest_at: stats.newestAt?.toISOString() ?? null,
    quota: {
      max_bytes: stats.maxBytes,
      status: toQuotaStatus(stats.stored.bytes, stats.maxBytes),
    },
  };
}

function toSums(sums: ReadonlyMap<string, StorageSum>): StorageSumResponse[] {
  return [...sums].map(([name, sum]) => ({ name, ...sum }));
}
