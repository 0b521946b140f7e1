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
  IsUUID,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateIf,
} from 'class-validator';
import { LINE_FORM, LINE_MESSAGE } from '../../common/text-form.js';
import { PageQueryDto } from '../../http/page-query.dto.js';
import {
  BUDGET_MODES,
  BUDGET_NAME_LENGTH_MAX,
  BUDGET_PERIODS,
  BUDGET_SCOPES,
  type BudgetMode,
  type BudgetPeriod,
  type BudgetScope,
  DEFAULT_THRESHOLDS,
  LIMIT_MICROS_MAX,
  MADE_SCOPES,
  type MadeScope,
  THRESHOLD_PERCENT_MAX,
  THRESHOLDS_MAX,
} from '../domain/budget.js';
import { IsAscending } from './is-ascending.decorator.js';
import { IsMoment } from '../../http/is-moment.decorator.js';

const ZONE_LENGTH_MAX = 64;
const FIXED = 'cannot be changed: delete this budget and make a new one';

/** Left out is fine; null is not. */
const IfGiven = () => ValidateIf((_body, value) => value !== undefined);
/** A limit that may be taken away. */
const IfNotNull = () => ValidateIf((_body, value) => value !== undefined && value !== null);

export class CreateBudgetDto {
  @ApiProperty({ type: String, maxLength: BUDGET_NAME_LENGTH_MAX, example: 'Marketing, monthly' })
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(BUDGET_NAME_LENGTH_MAX)
  name: string;

  @ApiProperty({ enum: MADE_SCOPES, description: 'global and user are for operators' })
  @IsIn(MADE_SCOPES)
  scope: MadeScope;

  @ApiPropertyOptional({ type: String, format: 'uuid', description: 'Of scope space and member' })
  @IfGiven()
  @IsUUID()
  search_space_id?: string;

  @ApiPropertyOptional({ type: String, format: 'uuid', description: 'Of scope user and member' })
  @IfGiven()
  @IsUUID()
  user_id?: string;

  @ApiPropertyOptional({ type: String, format: 'uuid', description: 'Of scope key' })
  @IfGiven()
  @IsUUID()
  api_key_id?: string;

  @ApiPropertyOptional({
    enum: BUDGET_MODES,
    default: 'hard',
    description: 'hard: what does not fit is refused; soft: it is admitted with a warning',
  })
  @IfGiven()
  @IsIn(BUDGET_MODES)
  mode?: BudgetMode;

  @ApiProperty({
    enum: BUDGET_PERIODS,
    example: 'month',
    description:
      'day, week (from Monday) and month begin at local midnight; 5h, 1d and 7d open with the first call after the ' +
      'last one ended; total never begins anew',
  })
  @IsIn(BUDGET_PERIODS)
  period: BudgetPeriod;

  @ApiPropertyOptional({
    type: String,
    default: 'UTC',
    example: 'Europe/Berlin',
    description: 'IANA name: where the midnight of day, week and month is',
  })
  @IfGiven()
  @IsString()
  @MaxLength(ZONE_LENGTH_MAX)
  time_zone?: string;

  @ApiProperty({ type: 'integer', minimum: 0, maximum: LIMIT_MICROS_MAX, example: 50_000_000 })
  @IsInt()
  @Min(0)
  @Max(LIMIT_MICROS_MAX)
  limit_micros: number;

  @ApiPropertyOptional({
    type: 'array',
    items: { type: 'integer', minimum: 1, maximum: THRESHOLD_PERCENT_MAX },
    minItems: 1,
    maxItems: THRESHOLDS_MAX,
    default: DEFAULT_THRESHOLDS,
    description: 'Percent spent at which everybody concerned is told, once a period; ascending',
  })
  @IfGiven()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(THRESHOLDS_MAX)
  @IsInt({ each: true })
  @Min(1, { each: true })
  @Max(THRESHOLD_PERCENT_MAX, { each: true })
  @IsAscending()
  thresholds?: number[];

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    maximum: 100,
    default: 0,
    description:
      'So much of the limit at most is carried into the next period, unused; what was carried never is again',
  })
  @IfGiven()
  @IsInt()
  @Min(0)
  @Max(100)
  rollover_percent?: number;

  @ApiPropertyOptional({
    type: Boolean,
    default: true,
    description: 'false: ends with its first period, and a hard budget then refuses everything',
  })
  @IfGiven()
  @IsBoolean()
  auto_renew?: boolean;

  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'From then on a hard budget refuses everything',
  })
  @IfNotNull()
  @IsMoment()
  ends_at?: string | null;
}

export class UpdateBudgetDto {
  @ApiPropertyOptional({ type: String, maxLength: BUDGET_NAME_LENGTH_MAX, example: 'Marketing' })
  @IfGiven()
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(BUDGET_NAME_LENGTH_MAX)
  name?: string;

  @ApiPropertyOptional({ enum: BUDGET_MODES })
  @IfGiven()
  @IsIn(BUDGET_MODES)
  mode?: BudgetMode;

  @ApiPropertyOptional({ type: 'integer', minimum: 0, maximum: LIMIT_MICROS_MAX })
  @IfGiven()
  @IsInt()
  @Min(0)
  @Max(LIMIT_MICROS_MAX)
  limit_micros?: number;

  @ApiPropertyOptional({
    type: 'array',
    items: { type: 'integer', minimum: 1, maximum: THRESHOLD_PERCENT_MAX },
    minItems: 1,
    maxItems: THRESHOLDS_MAX,
  })
  @IfGiven()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(THRESHOLDS_MAX)
  @IsInt({ each: true })
  @Min(1, { each: true })
  @Max(THRESHOLD_PERCENT_MAX, { each: true })
  @IsAscending()
  thresholds?: number[];

  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'null: it does not end',
  })
  @IfNotNull()
  @IsMoment()
  ends_at?: string | null;

  // Not offered: named only to say what to do instead.
  @IfGiven()
  @IsIn([], { message: FIXED })
  period?: undefined;

  @IfGiven()
  @IsIn([], { message: FIXED })
  scope?: undefined;
}

export class ListBudgetsDto extends PageQueryDto {
  @ApiPropertyOptional({ enum: BUDGET_SCOPES })
  @IsOptional()
  @IsIn(BUDGET_SCOPES)
  scope?: BudgetScope;

  @ApiPropertyOptional({
    type: String,
    format: 'uuid',
    description: 'An operator may leave it out, and an API key: its own space is meant',
  })
  @IsOptional()
  @IsUUID()
  search_space_id?: string;

  @ApiPropertyOptional({ type: String, format: 'uuid', description: 'A space, user or API key' })
  @IsOptional()
  @IsUUID()
  subject_id?: string;
}

export class KeyLimitsDto {
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    maximum: LIMIT_MICROS_MAX,
    nullable: true,
    description: 'All that the key may ever spend. null: no limit; left out: as it is',
  })
  @IfNotNull()
  @IsInt()
  @Min(0)
  @Max(LIMIT_MICROS_MAX)
  quota_micros?: number | null;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    maximum: LIMIT_MICROS_MAX,
    nullable: true,
    description: 'In 5 hours from its first call',
  })
  @IfNotNull()
  @IsInt()
  @Min(0)
  @Max(LIMIT_MICROS_MAX)
  spend_5h_micros?: number | null;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    maximum: LIMIT_MICROS_MAX,
    nullable: true,
    description: 'In 24 hours from its first call',
  })
  @IfNotNull()
  @IsInt()
  @Min(0)
  @Max(LIMIT_MICROS_MAX)
  spend_1d_micros?: number | null;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    maximum: LIMIT_MICROS_MAX,
    nullable: true,
    description: 'In 7 days from its first call',
  })
  @IfNotNull()
  @IsInt()
  @Min(0)
  @Max(LIMIT_MICROS_MAX)
  spend_7d_micros?: number | null;
}
