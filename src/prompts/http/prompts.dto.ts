import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  IsBoolean,
  IsNotEmpty,
  IsOptional,
  IsString,
  IsUUID,
  Matches,
  MaxLength,
} from 'class-validator';
import { TEXT_FORM, TEXT_MESSAGE } from '../../common/text-form.js';
import { PROMPT_OUTCOMES, type PromptOutcome } from '../../generations/domain/prompt-rules.js';
import type { Effectiveness } from '../domain/effectiveness.js';
import { READABILITIES } from '../domain/prompt-statistics.js';
import type { OptimizerHealth } from '../optimizer-health.service.js';
import type { PromptValidationResult } from '../validate-prompt.service.js';

/** More than a prompt may have, so that one that is too long can be told by how much. */
const TEXT_CHARS_MAX = 50_000;

export class ValidatePromptDto {
  @ApiPropertyOptional({
    type: String,
    format: 'uuid',
    description: "The space that pays for a rewriting. Default: the API key's own",
  })
  @IsOptional()
  @IsUUID()
  search_space_id?: string;

  @ApiProperty({
    type: String,
    maxLength: TEXT_CHARS_MAX,
    example: 'a lighthouse at dawn, watercolor',
  })
  @IsString()
  @IsNotEmpty()
  @MaxLength(TEXT_CHARS_MAX)
  @Matches(TEXT_FORM, { message: TEXT_MESSAGE })
  prompt: string;

  @ApiPropertyOptional({ type: Boolean, description: 'Rewrite it also when it is short enough' })
  @IsOptional()
  @IsBoolean()
  force_optimize?: boolean;
}

export const VALIDATE_PROMPT_EXAMPLES = {
  short: { summary: 'A short prompt', value: { prompt: 'a lighthouse at dawn, watercolor' } },
};

export class PromptReportDto {
  @ApiProperty({ enum: PROMPT_OUTCOMES, example: 'valid' })
  outcome: PromptOutcome;

  @ApiProperty({ type: 'integer', example: 32, description: 'Unicode code points' })
  character_count: number;

  @ApiProperty({ type: 'integer', example: 5, description: 'In the first 10,000 characters' })
  word_count: number;

  @ApiProperty({ type: Boolean, example: false })
  needs_optimization: boolean;

  @ApiProperty({ type: Boolean, example: false })
  exceeds_maximum: boolean;

  @ApiProperty({ type: 'integer', example: 3_000 })
  threshold: number;

  @ApiProperty({ type: 'integer', example: 10_000 })
  maximum: number;

  @ApiProperty({ type: 'integer', example: 0, description: 'Characters, down to 2,800' })
  estimated_reduction_needed: number;

  @ApiProperty({ type: Number, example: 0 })
  reduction_percent: number;

  @ApiProperty({ type: [String], example: ['lighthouse', 'dawn', 'watercolor'], maxItems: 20 })
  keywords: string[];

  @ApiProperty({ type: 'integer', minimum: 0, maximum: 100, example: 54 })
  complexity: number;

  @ApiProperty({ enum: READABILITIES, example: 'easy' })
  readability: string;

  @ApiProperty({ type: 'integer', example: 8 })
  token_estimate: number;

  @ApiProperty({ type: String, nullable: true, example: null, description: 'Null = not rewritten' })
  optimized_prompt: string | null;

  @ApiProperty({ type: Number, nullable: true, example: null })
  optimization_time_ms: number | null;

  @ApiProperty({ type: String, nullable: true, example: null })
  model: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    example: null,
    description: 'Why a rewriting was not taken; null = nothing is wrong',
  })
  failure: string | null;
}

export class OptimizerHealthDto {
  @ApiProperty({ enum: ['up', 'down'], example: 'up' })
  status: 'up' | 'down';

  @ApiProperty({ type: String, example: 'gpt-oss:20b', description: 'As it is set' })
  model: string;

  @ApiProperty({ type: String, nullable: true, example: 'gpt-oss:20b' })
  served_model: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'ollama' })
  provider: string | null;

  @ApiProperty({ type: String, nullable: true, example: null, description: 'Null = it is up' })
  reason: string | null;

  @ApiProperty({ type: String, format: 'date-time' })
  checked_at: string;
}

export class OptimizerEffectivenessDto {
  @ApiProperty({ type: 'integer', example: 12, description: 'Rewritings looked at: the last 100' })
  count: number;

  @ApiProperty({ type: Number, nullable: true, example: 0.917 })
  success_rate: number | null;

  @ApiProperty({ type: Number, nullable: true, example: 41.3 })
  reduction_percent_average: number | null;

  @ApiProperty({ type: Number, nullable: true, example: 8_215.4 })
  time_ms_average: number | null;

  @ApiProperty({ type: Number, nullable: true, example: 84.5 })
  keyword_retention_percent_average: number | null;
}

export class OptimizerSpaceDto {
  @ApiPropertyOptional({
    type: String,
    format: 'uuid',
    description: 'An API key may leave it out: its own space is meant',
  })
  @IsOptional()
  @IsString()
  search_space_id?: string;
}

export function toPromptReport(result: PromptValidationResult): PromptReportDto {
  const { statistics } = result;
  return {
    outcome: result.outcome,
    character_count: statistics.characterCount,
    word_count: statistics.wordCount,
    needs_optimization: statistics.needsOptimization,
    exceeds_maximum: statistics.exceedsMaximum,
    threshold: statistics.threshold,
    maximum: statistics.maximum,
    estimated_reduction_needed: statistics.estimatedReductionNeeded,
    reduction_percent: statistics.reductionPercent,
    keywords: statistics.keywords,
    complexity: statistics.complexity,
    readability: statistics.readability,
    token_estimate: statistics.tokenEstimate,
    optimized_prompt: result.optimizedPrompt,
    optimization_time_ms: result.optimizationTimeMs,
    model: result.model,
    failure: result.failure,
  };
}

export function toOptimizerHealth(health: OptimizerHealth): OptimizerHealthDto {
  return {
    status: health.isUp ? 'up' : 'down',
    model: health.model,
    served_model: health.servedModel,
    provider: health.provider,
    reason: health.reason,
    checked_at: health.checkedAt.toISOString(),
  };
}

export function toOptimizerEffectiveness(figures: Effectiveness): OptimizerEffectivenessDto {
  return {
    count: figures.count,
    success_rate: figures.successRate,
    reduction_percent_average: figures.reductionPercentAverage,
    time_ms_average: figures.timeMsAverage,
    keyword_retention_percent_average: figures.keywordRetentionPercentAverage,
  };
}
