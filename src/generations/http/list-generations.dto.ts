import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, IsUUID, Matches, MaxLength } from 'class-validator';
import { TEXT_FORM, TEXT_MESSAGE } from '../../common/text-form.js';
import { PageQueryDto } from '../../http/page-query.dto.js';
import { type GenerationStatus, STATUSES } from '../domain/generation.js';
import type { GenerationFilter } from '../domain/generations.repository.port.js';

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

  @ApiPropertyOptional({ enum: STATUSES })
  @IsOptional()
  @IsIn(STATUSES)
  status?: GenerationStatus;

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
}

export function toGenerationFilter(
  query: ListGenerationsDto,
): Omit<GenerationFilter, 'searchSpaceIds'> {
  const { collection_id: collectionId, status, provider, model } = query;
  return { collectionId, status, provider, model };
}
