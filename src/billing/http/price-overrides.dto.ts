import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import { toMicros } from '../../common/micros.js';
import type { Page } from '../../common/page.js';
import { LINE_FORM, LINE_MESSAGE } from '../../common/text-form.js';
import { toMicrosPerMillion } from '../domain/price-list.js';
import { LISTED_UNITS, toListedMicros, toListedName } from '../domain/price-unit.js';
import type { Price } from '../domain/price.js';
import type { ImportOptions, ImportResult, ShownOverride } from '../price-overrides.service.js';
import { IsMoment } from '../../http/is-moment.decorator.js';

const NAME_LENGTH_MAX = 200;
/** A thousand dollars for one unit: what it costs for a million stays a whole number, and a slip ends here. */
const PRICE_MICROS_MAX = 1_000_000_000;
const COUNT_MAX = 1_000_000_000_000;
const LINES_MAX = 1_000;
const STATUSES = ['effective', 'scheduled', 'superseded'];

export class PriceOverrideDto {
  @ApiProperty({ type: String, example: 'openai' })
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(100)
  provider: string;

  @ApiProperty({ type: String, example: 'gpt-image-2' })
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(NAME_LENGTH_MAX)
  model: string;

  @ApiProperty({ type: String, enum: Object.keys(LISTED_UNITS), example: 'image' })
  @IsIn(Object.keys(LISTED_UNITS))
  unit: string;

  @ApiProperty({
    type: 'integer',
    minimum: 0,
    maximum: PRICE_MICROS_MAX,
    example: 40_000,
    description: 'Of one such unit: $0.04 a picture is 40,000, $5 for 1M tokens 5,000,000',
  })
  @IsInt()
  @Min(0)
  @Max(PRICE_MICROS_MAX)
  price_micros: number;

  @ApiPropertyOptional({ type: String, example: 'edit', description: 'Left out: every operation' })
  @IsOptional()
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(NAME_LENGTH_MAX)
  operation?: string;

  @ApiPropertyOptional({ type: String, example: 'env:openai', description: 'Left out: all' })
  @IsOptional()
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(NAME_LENGTH_MAX)
  connection?: string;

  @ApiPropertyOptional({ type: String, example: '1024x1024', description: 'Or 512, 1K, 2K, 4K' })
  @IsOptional()
  @Matches(/^(\d{1,5}x\d{1,5}|512|1K|2K|4K)$/)
  size?: string;

  @ApiPropertyOptional({ type: String, example: 'high' })
  @IsOptional()
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(NAME_LENGTH_MAX)
  quality?: string;

  @ApiPropertyOptional({ type: 'integer', description: 'Of a picture: good up to so many pixels' })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(COUNT_MAX)
  pixels_max?: number;

  @ApiPropertyOptional({ type: 'integer', description: 'Of tokens: good for longer prompts' })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(COUNT_MAX)
  input_tokens_above?: number;

  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    example: '2099-01-01T00:00:00Z',
    description: 'When an announced price begins; left out: at once',
  })
  @IsOptional()
  @IsMoment()
  effective_at?: string;

  @ApiPropertyOptional({ type: String, maxLength: NAME_LENGTH_MAX, example: 'Contract of March' })
  @IsOptional()
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(NAME_LENGTH_MAX)
  note?: string;
}

export class ImportPricesDto {
  @ApiProperty({
    type: 'array',
    items: { type: 'object' },
    minItems: 1,
    maxItems: LINES_MAX,
    description: 'Lines as in the built-in list: provider, model, unit, usd, size, quality…',
    example: [{ provider: 'fal', model: 'flux-schnell', unit: 'megapixel', usd: '0.003' }],
  })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(LINES_MAX)
  lines: unknown[];

  @ApiPropertyOptional({ type: Boolean, description: 'Only says what would be done' })
  @IsOptional()
  @IsBoolean()
  dry_run?: boolean;

  @ApiPropertyOptional({
    type: Boolean,
    description: 'Takes all that was set for these models before away',
  })
  @IsOptional()
  @IsBoolean()
  replace?: boolean;

  @ApiPropertyOptional({ type: String, format: 'date-time', example: '2099-01-01T00:00:00Z' })
  @IsOptional()
  @IsMoment()
  effective_at?: string;

  @ApiPropertyOptional({ type: String, maxLength: NAME_LENGTH_MAX })
  @IsOptional()
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(NAME_LENGTH_MAX)
  note?: string;
}

export class ImportPricesResponse {
  @ApiProperty({ type: 'integer', description: 'Lines that are set, or would be' })
  imported: number;

  @ApiProperty({ type: 'integer', description: 'Lines set before that were taken away' })
  removed: number;

  @ApiProperty({ type: Boolean })
  dry_run: boolean;
}

export class PriceOverrideResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  id: string;

  @ApiProperty({ type: String })
  provider: string;

  @ApiProperty({ type: String })
  model: string;

  @ApiProperty({ type: String, enum: Object.keys(LISTED_UNITS) })
  unit: string;

  @ApiProperty({ type: 'integer', description: 'Of one such unit' })
  price_micros: number;

  @ApiProperty({ type: String, nullable: true })
  operation: string | null;

  @ApiProperty({ type: String, nullable: true })
  connection: string | null;

  @ApiProperty({ type: String, nullable: true })
  size: string | null;

  @ApiProperty({ type: String, nullable: true })
  quality: string | null;

  @ApiProperty({ type: 'integer', nullable: true })
  pixels_max: number | null;

  @ApiProperty({ type: 'integer', nullable: true })
  input_tokens_above: number | null;

  @ApiProperty({ type: String, enum: STATUSES })
  status: string;

  @ApiProperty({ type: String, format: 'date-time' })
  effective_at: string;

  @ApiProperty({ type: String, nullable: true })
  note: string | null;

  @ApiProperty({ type: String, format: 'uuid' })
  created_by: string;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at: string;
}

export class PriceOverridesPageResponse implements Page<PriceOverrideResponse> {
  @ApiProperty({ type: [PriceOverrideResponse] })
  data: PriceOverrideResponse[];

  @ApiProperty({ type: String, nullable: true, example: null })
  next_cursor: string | null;
}

export function toPrice(body: PriceOverrideDto): Price {
  const { unit, count } = LISTED_UNITS[body.unit]!;
  return {
    provider: body.provider,
    model: body.model,
    unit,
    operation: body.operation ?? null,
    connection: body.connection ?? null,
    size: body.size ?? null,
    quality: body.quality ?? null,
    pixelsMax: body.pixels_max ?? null,
    inputTokensAbove: body.input_tokens_above ?? null,
    microcredits: null,
    microsPerMillion: toMicrosPerMillion(toMicros(body.price_micros), count),
  };
}

export function toImportOptions(body: ImportPricesDto): ImportOptions {
  return {
    ...toOverrideOptions(body),
    isDryRun: body.dry_run ?? false,
    replaces: body.replace ?? false,
  };
}

export function toOverrideOptions(body: { effective_at?: string; note?: string }) {
  return {
    effectiveAt: body.effective_at === undefined ? null : new Date(body.effective_at),
    note: body.note ?? null,
  };
}

export function toImportResponse(result: ImportResult, isDryRun: boolean): ImportPricesResponse {
  return { ...result, dry_run: isDryRun };
}

export function toPriceOverrideResponse({ price, ...one }: ShownOverride): PriceOverrideResponse {
  return {
    id: one.id,
    provider: price.provider,
    model: price.model,
    unit: toListedName(price.unit),
    price_micros: toListedMicros(price.unit, price.microsPerMillion),
    operation: price.operation,
    connection: price.connection,
    size: price.size,
    quality: price.quality,
    pixels_max: price.pixelsMax,
    input_tokens_above: price.inputTokensAbove,
    status: one.status,
    effective_at: one.effectiveAt.toISOString(),
    note: one.note,
    created_by: one.createdBy,
    created_at: one.createdAt.toISOString(),
  };
}
