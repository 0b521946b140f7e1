import { ApiProperty } from '@nestjs/swagger';
import { PRICE_UNITS } from '../billing/domain/price.js';
import type { ModelPrice } from './model-prices.js';

const UNITS = PRICE_UNITS.filter((unit) => unit !== 'image' && unit !== 'microcredit');

export class UnitPriceDto {
  @ApiProperty({ enum: UNITS, example: 'input_token' })
  unit: string;

  @ApiProperty({ type: String, nullable: true, example: null, description: 'Null: every one' })
  operation: string | null;

  @ApiProperty({ type: 'integer', nullable: true, description: 'Good for longer prompts' })
  input_tokens_above: number | null;

  @ApiProperty({ type: 'integer', example: 5_000_000, description: 'Micros for 1,000,000 units' })
  micros_per_million: number;
}

export class PicturePriceDto {
  @ApiProperty({ type: String, nullable: true, example: null, description: 'Null: every one' })
  operation: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    example: '1024x1024',
    description: 'Null: every one',
  })
  size: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'medium', description: 'Null: every one' })
  quality: string | null;

  @ApiProperty({ type: 'integer', nullable: true, description: 'Good up to so many pixels' })
  pixels_max: number | null;

  @ApiProperty({ type: 'integer', example: 52_680, description: 'Of one picture, rounded up' })
  micros: number;

  @ApiProperty({ type: 'integer', example: 52_680_000_000, description: 'Of 1,000,000 pictures' })
  micros_per_million: number;
}

export class ModelPriceDto {
  @ApiProperty({ type: [PicturePriceDto], description: 'Where pictures are priced by the piece' })
  pictures: PicturePriceDto[];

  @ApiProperty({ type: [UnitPriceDto], description: 'Tokens, pixels, requests, seconds' })
  units: UnitPriceDto[];
}

export function toModelPriceDto(price: ModelPrice): ModelPriceDto {
  return {
    pictures: price.pictures.map(
      ({ operation, size, quality, pixelsMax, micros, microsPerMillion }) => ({
        operation,
        size,
        quality,
        pixels_max: pixelsMax,
        micros,
        micros_per_million: microsPerMillion,
      }),
    ),
    units: price.units.map(({ unit, operation, inputTokensAbove, microsPerMillion }) => ({
      unit,
      operation,
      input_tokens_above: inputTokensAbove,
      micros_per_million: microsPerMillion,
    })),
  };
}
