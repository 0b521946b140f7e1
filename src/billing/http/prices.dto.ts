import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import type { Page } from '../../common/page.js';
import { PageQueryDto } from '../../http/page-query.dto.js';
import type { Lifetime } from '../domain/price-status.js';
import { LISTED_UNITS, toListedMicros, toListedName } from '../domain/price-unit.js';
import { PRICE_UNITS } from '../domain/price.js';
import type { PriceLine } from '../price-book.js';
import type { PriceGap } from '../price-gaps.service.js';

const NAME_LENGTH_MAX = 200;
/** Counted in parts here, shown as the whole that people know. */
const SHOWN_UNITS: Readonly<Record<string, { name: string; parts: number }>> = {
  pixel: { name: 'megapixel', parts: 1_000_000 },
  microcredit: { name: 'credit', parts: 1_000_000 },
};
const UNIT_NAMES = PRICE_UNITS.map((unit) => SHOWN_UNITS[unit]?.name ?? unit);

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

  @ApiProperty({ type: String, enum: UNIT_NAMES })
  unit: string;

  @ApiProperty({ type: String, nullable: true, example: 'edit', description: 'Null: every one' })
  operation: string | null;

  @ApiProperty({ type: String, nullable: true, example: null, description: 'Null: every one' })
  connection: string | null;

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

  @ApiProperty({
    type: String,
    enum: Object.keys(LISTED_UNITS),
    description: 'What price_micros buys',
  })
  listed_unit: string;

  @ApiProperty({ type: 'integer', example: 52_680 })
  price_micros: number;

  @ApiProperty({ type: String, enum: ['built_in', 'override'] })
  origin: string;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Where it was read, or why it was set',
  })
  source: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    example: '2026-11',
    description: 'When it was read',
  })
  as_of: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'M', description: 'H, M or L' })
  confidence: string | null;

  @ApiProperty({ type: String, enum: ['active', 'deprecated', 'retired'] })
  status: string;

  @ApiProperty({
    type: String,
    format: 'date',
    nullable: true,
    example: '2026-12-01',
    description: 'First day on which the vendor no longer answers',
  })
  shutdown_date: string | null;
}

export class PriceGapResponse {
  @ApiProperty({ type: String, example: 'openai' })
  provider: string;

  @ApiProperty({ type: String })
  model: string;

  @ApiProperty({ type: String, example: 'edit' })
  operation: string;

  @ApiProperty({ type: String, enum: ['active', 'deprecated'] })
  status: string;
}

export class PriceGapsResponse {
  @ApiProperty({ type: [PriceGapResponse] })
  data: PriceGapResponse[];

  @ApiProperty({ type: String, nullable: true, example: null })
  next_cursor: string | null;
}

export class PricesPageResponse implements Page<PriceResponse> {
  @ApiProperty({ type: [PriceResponse] })
  data: PriceResponse[];

  @ApiProperty({ type: String, nullable: true, example: null })
  next_cursor: string | null;
}

export function toPriceResponse(
  { price, line }: PriceLine,
  versionId: string,
  lifetime: Lifetime,
): PriceResponse {
  const shown = SHOWN_UNITS[price.unit] ?? { name: price.unit, parts: 1 };
  return {
    id: String(line),
    version_id: versionId,
    provider: price.provider,
    model: price.model,
    unit: shown.name,
    operation: price.operation,
    connection: price.connection,
    size: price.size,
    quality: price.quality,
    pixels_max: price.pixelsMax,
    input_tokens_above: price.inputTokensAbove,
    micros_per_million: price.microsPerMillion * shown.parts,
    listed_unit: toListedName(price.unit),
    price_micros: toListedMicros(price.unit, price.microsPerMillion),
    origin: price.info?.origin ?? 'built_in',
    source: price.info?.source ?? null,
    as_of: price.info?.asOf ?? null,
    confidence: price.info?.confidence ?? null,
    status: lifetime.status,
    shutdown_date: lifetime.shutdownDate,
  };
}

export function toPriceGapsResponse(gaps: readonly PriceGap[]): PriceGapsResponse {
  return { data: [...gaps], next_cursor: null };
}
