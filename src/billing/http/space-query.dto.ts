import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString } from 'class-validator';

/** A query that names a search space and nothing else. */
export class SpaceQueryDto {
  @ApiPropertyOptional({
    type: String,
    format: 'uuid',
    description: 'An API key may leave it out: its own space is meant',
  })
  @IsOptional()
  @IsString()
  search_space_id?: string;
}
