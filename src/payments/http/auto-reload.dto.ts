import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsInt, IsOptional, IsString, Max, Min } from 'class-validator';
import { type AutoReloadRule, THRESHOLD_MICROS_MAX } from '../domain/auto-reload.js';
import { QUANTITY_MAX } from '../domain/purchase.js';

export class AutoReloadQueryDto {
  @ApiProperty({ type: String, format: 'uuid' })
  @IsOptional()
  @IsString()
  search_space_id?: string;
}

export class SetAutoReloadDto {
  @ApiPropertyOptional({ type: String, format: 'uuid', description: 'Or x-search-space-id' })
  @IsOptional()
  @IsString()
  search_space_id?: string;

  @ApiProperty({ type: Boolean, example: true })
  @IsBoolean()
  enabled: boolean;

  @ApiProperty({
    type: 'integer',
    minimum: 1,
    maximum: THRESHOLD_MICROS_MAX,
    example: 2_000_000,
    description: 'Below this much available, credit is bought',
  })
  @IsInt()
  @Min(1)
  @Max(THRESHOLD_MICROS_MAX)
  threshold_micros: number;

  @ApiProperty({
    type: 'integer',
    minimum: 1,
    maximum: QUANTITY_MAX,
    example: 10,
    description: 'Units of 1,000,000 micros to buy each time',
  })
  @IsInt()
  @Min(1)
  @Max(QUANTITY_MAX)
  quantity: number;
}

export class AutoReloadResponse {
  @ApiProperty({ type: Boolean })
  enabled: boolean;

  @ApiProperty({ type: 'integer', nullable: true, example: 2_000_000 })
  threshold_micros: number | null;

  @ApiProperty({ type: 'integer', nullable: true, example: 10 })
  quantity: number | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  last_attempt_at: string | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'When the card was refused, which switched it off',
  })
  failed_at: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'insufficient_funds' })
  failure: string | null;
}

export function toAutoReloadResponse(rule: AutoReloadRule | null): AutoReloadResponse {
  return {
    enabled: rule?.isEnabled ?? false,
    threshold_micros: rule?.thresholdMicros ?? null,
    quantity: rule?.quantity ?? null,
    last_attempt_at: rule?.lastAttemptAt?.toISOString() ?? null,
    failed_at: rule?.failedAt?.toISOString() ?? null,
    failure: rule?.failure ?? null,
  };
}
