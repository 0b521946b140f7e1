import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import type { Page } from '../../common/page.js';
import { PageQueryDto } from '../../http/page-query.dto.js';
import { type Price, PRICE_UNITS } from '../domain/price.js';

const NAME_LENGTH_MAX = 200;

export class PricesQueryDto extends PageQueryDto {
  @ApiPropertyOptional({ type: String, example: 'openai' })
  @IsOptional()
  @IsString()
  @MaxLength(NAME_LENGTH_MAX)
  provider?: string;

  @ApiPropertyOptional({ type: String, example: 'gpt-image-2' })
  @IsOptional()
  @IsString()
  @MaxLength(NAME_LENGTH_MAX)
  model?: string;
}

export class PriceResponse {
  @ApiProperty({ type: String, description: 'Line of the list' })
  id: string;

  @ApiProperty({ type: String, format: 'uuid', description: 'The list the line belongs to' })
  version_id: string;

  @ApiProperty({ type: String, example: 'openai' })
  provider: string;

  @ApiProperty({ type: String, example: 'gpt-image-2' })
  model: string;

  @ApiProperty({ type: String, enum: [...PRICE_UNITS] })
  unit: string;

  @ApiProperty({ type: String, nullable: true, example: '1024x1024' })
  size: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'medium' })
  quality: string | null;

  @ApiProperty({ type: 'integer', nullable: true, description: 'Good up to so many pixels' })
  pixels_max: number | null;

  @ApiProperty({ type: 'integer', nullable: true, description: 'Good for longer prompts' })
  input_tokens_above: number | null;

  @ApiProperty({
    type: 'integer',
    example: 52_680_000_000,
    description: 'Micros for 1,000,000 units; a picture of $0.05268 is 52,680,000,000',
  })
  micros_per_million: number;
}

export class PricesPageResponse implements Page<PriceResponse> {
  @ApiProperty({ type: [PriceResponse] })
  data: PriceResponse[];

  @ApiProperty({ type: String, nullable: true, example: null })
  next_cursor: string | null;
}

export function toPriceResponse(price: Price, line: number, versionId: string): PriceResponse {
  return {
    id: String(line),
    version_id: versionId,
    provider: price.provider,
    model: price.model,
    unit: price.unit,
    size: price.size,
    quality: price.quality,
    pixels_max: price.pixelsMax,
    input_tokens_above: price.inputTokensAbove,
    micros_per_million: price.microsPerMillion,
  };
}
