import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, Max, Min } from 'class-validator';
import { DISTANCE_MAX } from '../domain/perceptual-hash.js';
import { MediaDto } from './media.dto.js';

export const DISTANCE_DEFAULT = 6;

export class ListSimilarDto {
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    maximum: DISTANCE_MAX,
    default: DISTANCE_DEFAULT,
    description: 'Bits of 64 that may differ',
  })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(DISTANCE_MAX)
  max_distance: number = DISTANCE_DEFAULT;
}

export class FindSimilarDto {
  @ApiPropertyOptional({ type: String, format: 'uuid', description: 'Default: the key’s own' })
  search_space_id?: string;

  @ApiPropertyOptional({
    type: String,
    format: 'uuid',
    description: 'A picture of the space, in place of a file',
  })
  media_id?: string;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    maximum: DISTANCE_MAX,
    default: DISTANCE_DEFAULT,
    description: 'Bits of 64 that may differ',
  })
  max_distance?: number;
}

export class SimilarMediaDto extends MediaDto {
  @ApiProperty({ type: 'integer', example: 2, description: 'Bits that differ' })
  distance: number;
}

export class SimilarMediaListDto {
  @ApiProperty({ type: [SimilarMediaDto] })
  data: SimilarMediaDto[];
}
