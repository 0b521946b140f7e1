import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  IsUUID,
  Matches,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import type { Page } from '../../common/page.js';
import { LINE_FORM, LINE_MESSAGE } from '../../common/text-form.js';
import {
  MULTIPLIER_BP_MAX,
  type PriceRule,
  RULE_SCOPES,
  type RuleScope,
} from '../domain/price-rule.js';
import type { NewPriceRule, RuleChanges } from '../price-rules.service.js';

const NAME_LENGTH_MAX = 200;
const MULTIPLIER = {
  type: 'integer',
  minimum: 0,
  maximum: MULTIPLIER_BP_MAX,
  example: 12_500,
  description: 'Basis points: 10,000 = the list price, 0 = free',
} as const;

export class PriceRuleDto {
  @ApiProperty({ type: String, enum: [...RULE_SCOPES], example: 'default' })
  @IsIn(RULE_SCOPES)
  scope: RuleScope;

  @ApiProperty(MULTIPLIER)
  @IsInt()
  @Min(0)
  @Max(MULTIPLIER_BP_MAX)
  multiplier_bp: number;

  @ApiPropertyOptional({ type: String, format: 'uuid', description: 'Of scope user' })
  @IsOptional()
  @IsUUID()
  user_id?: string;

  @ApiPropertyOptional({ type: String, description: 'Of scope route: the public model name' })
  @IsOptional()
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(NAME_LENGTH_MAX)
  route?: string;

  @ApiPropertyOptional({
    type: String,
    format: 'uuid',
    description: 'Of scope space; of scope user and route: good in this space alone',
  })
  @IsOptional()
  @IsUUID()
  search_space_id?: string;

  @ApiPropertyOptional({ type: String, maxLength: NAME_LENGTH_MAX })
  @IsOptional()
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(NAME_LENGTH_MAX)
  note?: string;
}

export class UpdatePriceRuleDto {
  @ApiPropertyOptional(MULTIPLIER)
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(MULTIPLIER_BP_MAX)
  multiplier_bp?: number;

  @ApiPropertyOptional({ type: String, maxLength: NAME_LENGTH_MAX })
  @IsOptional()
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(NAME_LENGTH_MAX)
  note?: string;
}

export class PriceRuleResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  id: string;

  @ApiProperty({ type: String, enum: [...RULE_SCOPES] })
  scope: string;

  @ApiProperty({ type: 'integer' })
  multiplier_bp: number;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  user_id: string | null;

  @ApiProperty({ type: String, nullable: true })
  route: string | null;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  search_space_id: string | null;

  @ApiProperty({ type: String, nullable: true })
  note: string | null;

  @ApiProperty({ type: String, format: 'uuid' })
  created_by: string;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at: string;
}

export class PriceRulesPageResponse implements Page<PriceRuleResponse> {
  @ApiProperty({ type: [PriceRuleResponse] })
  data: PriceRuleResponse[];

  @ApiProperty({ type: String, nullable: true, example: null })
  next_cursor: string | null;
}

export function toNewRule(body: PriceRuleDto): NewPriceRule {
  return {
    scope: body.scope,
    userId: body.user_id ?? null,
    routeName: body.route ?? null,
    searchSpaceId: body.search_space_id ?? null,
    multiplierBp: body.multiplier_bp,
    note: body.note ?? null,
  };
}

export function toRuleChanges({ multiplier_bp, note }: UpdatePriceRuleDto): RuleChanges {
  return {
    ...(typeof multiplier_bp === 'number' && { multiplierBp: multiplier_bp }),
    ...(note !== undefined && { note }),
  };
}

export function toPriceRuleResponse(rule: PriceRule): PriceRuleResponse {
  return {
    id: rule.id,
    scope: rule.scope,
    multiplier_bp: rule.multiplierBp,
    user_id: rule.userId,
    route: rule.routeName,
    search_space_id: rule.searchSpaceId,
    note: rule.note,
    created_by: rule.createdBy,
    created_at: rule.createdAt.toISOString(),
  };
}
