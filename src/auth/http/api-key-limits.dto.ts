import { ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsIn,
  IsInt,
  IsISO8601,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateIf,
} from 'class-validator';
import { SCOPES, type Scope } from '../../common/permission.js';
import { LINE_FORM, LINE_MESSAGE, TEXT_FORM, TEXT_MESSAGE } from '../../common/text-form.js';
import type { KeyRestrictions } from '../domain/api-key.js';

const DESCRIPTION_LENGTH_MAX = 500;
const ENTRIES_MAX = 100;
const PATTERN_LENGTH_MAX = 200;
const TAGS_MAX = 20;
const TAG_LENGTH_MAX = 50;
const PER_MINUTE_MAX = 10_000;
const PER_HOUR_MAX = 100_000;
const PER_DAY_MAX = 1_000_000;
/** RFC 3339 demands an offset; ISO 8601 alone would read a bare time in the server's zone. */
const OFFSET_FORM = /(?:[Zz]|[+-]\d{2}:\d{2})$/;
const MODEL_FORM = /^[\x21-\x7e]+$/;
const ENDPOINT_FORM = /^[/*][\x21-\x7e]*$/;
const CIDR_FORM = /^[\dA-Fa-f.:]+(?:\/\d{1,3})?$/;

/** Left out is fine; null is not. */
function IsAbsentOr(): PropertyDecorator {
  return ValidateIf((_object, value) => value !== undefined);
}

/** What a key may be held to: the fields that making and changing one have in common. */
export class ApiKeyLimitsDto {
  @ApiPropertyOptional({
    type: String,
    maxLength: DESCRIPTION_LENGTH_MAX,
    example: 'Nightly covers',
  })
  @IsAbsentOr()
  @IsString()
  @Matches(TEXT_FORM, { message: TEXT_MESSAGE })
  @MaxLength(DESCRIPTION_LENGTH_MAX)
  description?: string;

  @ApiPropertyOptional({
    type: String,
    enum: SCOPES,
    isArray: true,
    example: ['images.generate', 'images.read'],
  })
  @IsAbsentOr()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(SCOPES.length)
  @IsIn(SCOPES, { each: true })
  scopes?: Scope[];

  @ApiPropertyOptional({
    type: [String],
    description: 'Models it may ask for, with `*` for any characters; empty: all',
    example: ['embedded-*'],
  })
  @IsAbsentOr()
  @IsArray()
  @ArrayMaxSize(ENTRIES_MAX)
  @IsString({ each: true })
  @MaxLength(PATTERN_LENGTH_MAX, { each: true })
  @Matches(MODEL_FORM, { each: true })
  allowed_models?: string[];

  @ApiPropertyOptional({
    type: [String],
    description: 'Routes it may call, as this document writes them, with `*`; empty: all',
    example: ['/v1/images/*', '/api/v1/image-generations*'],
  })
  @IsAbsentOr()
  @IsArray()
  @ArrayMaxSize(ENTRIES_MAX)
  @IsString({ each: true })
  @MaxLength(PATTERN_LENGTH_MAX, { each: true })
  @Matches(ENDPOINT_FORM, { each: true, message: 'each value in $property must begin with /' })
  allowed_endpoints?: string[];

  @ApiPropertyOptional({
    type: [String],
    description: 'Addresses and networks it may be used from; empty: all',
    example: ['0.0.0.0/0', '::/0'],
  })
  @IsAbsentOr()
  @IsArray()
  @ArrayMaxSize(ENTRIES_MAX)
  @IsString({ each: true })
  @MaxLength(PATTERN_LENGTH_MAX, { each: true })
  @Matches(CIDR_FORM, { each: true })
  allowed_cidrs?: string[];

  @ApiPropertyOptional({
    type: [String],
    description: 'Addresses and networks it may not be used from, whatever is allowed',
    example: ['198.51.100.0/24'],
  })
  @IsAbsentOr()
  @IsArray()
  @ArrayMaxSize(ENTRIES_MAX)
  @IsString({ each: true })
  @MaxLength(PATTERN_LENGTH_MAX, { each: true })
  @Matches(CIDR_FORM, { each: true })
  denied_cidrs?: string[];

  @ApiPropertyOptional({ type: 'integer', nullable: true, maximum: PER_MINUTE_MAX, example: 100 })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(PER_MINUTE_MAX)
  rate_limit_per_minute?: number | null;

  @ApiPropertyOptional({ type: 'integer', nullable: true, maximum: PER_HOUR_MAX, example: 2_000 })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(PER_HOUR_MAX)
  rate_limit_per_hour?: number | null;

  @ApiPropertyOptional({ type: 'integer', nullable: true, maximum: PER_DAY_MAX, example: 20_000 })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(PER_DAY_MAX)
  rate_limit_per_day?: number | null;

  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'Never, when left out or null',
    example: '2030-01-01T00:00:00Z',
  })
  @IsOptional()
  @IsISO8601({ strict: true, strictSeparator: true })
  @Matches(OFFSET_FORM, { message: '$property must end in Z or an offset such as +02:00' })
  expires_at?: string | null;

  @ApiPropertyOptional({ type: [String], maxItems: TAGS_MAX, example: ['covers'] })
  @IsAbsentOr()
  @IsArray()
  @ArrayMaxSize(TAGS_MAX)
  @IsString({ each: true })
  @MaxLength(TAG_LENGTH_MAX, { each: true })
  @Matches(LINE_FORM, { each: true, message: LINE_MESSAGE })
  tags?: string[];
}

/** What of these was named; a limit that is null is unset. */
export function toRestrictionChanges(body: ApiKeyLimitsDto): Partial<KeyRestrictions> {
  return {
    allowedModels: body.allowed_models,
    allowedEndpoints: body.allowed_endpoints,
    allowedCidrs: body.allowed_cidrs,
    deniedCidrs: body.denied_cidrs,
    rateLimitPerMinute: body.rate_limit_per_minute,
    rateLimitPerHour: body.rate_limit_per_hour,
    rateLimitPerDay: body.rate_limit_per_day,
  };
}

/** Undefined stays undefined: not named. */
export function toExpiry(text: string | null | undefined): Date | null | undefined {
  return typeof text === 'string' ? new Date(text) : text;
}
