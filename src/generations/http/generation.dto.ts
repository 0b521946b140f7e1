import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { RouteDecisionDto } from './route-decision.dto.js';
import { PROMPT_OUTCOMES } from '../domain/prompt-rules.js';
import { PRIORITIES, type Priority } from '../domain/priority.js';
import { type GenerationStatus, OPERATIONS, STATUSES } from '../domain/generation.js';

const UUID = { type: String, format: 'uuid' } as const;
const TIME = { type: String, format: 'date-time' } as const;

export class GeneratedImageDto {
  @ApiProperty(UUID)
  id: string;

  @ApiProperty({ type: 'integer', example: 0 })
  index: number;

  @ApiProperty({
    type: String,
    format: 'uri',
    example: 'https://atelier.example.com/api/v1/image-generations/019a…/image?token=t0…&index=0',
    description: 'A signed link that works until it expires',
  })
  url: string;

  @ApiProperty({
    type: String,
    format: 'uri',
    example:
      'https://atelier.example.com/api/v1/media/019a…/file?token=t0…&width=256&height=256&format=webp',
    description: 'A signed link to a WebP of it, of at most 256 × 256 pixels',
  })
  thumbnail_url: string;

  @ApiProperty({ type: 'integer', example: 1024 })
  width: number;

  @ApiProperty({ type: 'integer', example: 1024 })
  height: number;

  @ApiProperty({ enum: ['png', 'jpeg', 'webp'] })
  format: string;

  @ApiProperty({ type: 'integer', example: 1026540, description: 'Size of the file' })
  bytes: number;

  @ApiProperty({ type: String, description: 'Hexadecimal hash of the file', example: 'c5f86f07…' })
  sha256: string;

  @ApiProperty({
    type: String,
    nullable: true,
    example: '3OcRJYB4d3h/iIeHeEh3eIhw+j2w',
    description: 'A placeholder (ThumbHash, base64); null until some seconds after it was made',
  })
  thumbhash: string | null;

  @ApiProperty({ type: 'integer', nullable: true, example: 7 })
  seed: number | null;
}

export class BudgetWarningDto {
  @ApiProperty({ enum: ['budget_warning'] })
  type: 'budget_warning';

  @ApiProperty({ type: String, example: 'The space budget "Shop" is 80 % used: 20 of 100 …' })
  message: string;

  @ApiPropertyOptional(UUID)
  budget_id?: string;

  @ApiPropertyOptional({ type: String, example: 'Shop' })
  budget_name?: string;

  @ApiPropertyOptional({ type: 'integer', example: 80 })
  usage_percentage?: number;

  @ApiPropertyOptional({ type: 'integer', example: 1000000 })
  limit_micros?: number;

  @ApiPropertyOptional({ type: 'integer', example: 200000 })
  remaining_micros?: number;
}

export class GenerationFaultDto {
  @ApiProperty({ type: String, example: 'provider.refused' })
  code: string;

  @ApiProperty({ type: String, example: 'The provider refused the content.' })
  message: string;
}

export class AttemptDto {
  @ApiProperty(UUID)
  id: string;

  @ApiProperty({ type: 'integer', example: 1 })
  ordinal: number;

  @ApiProperty({ type: String, example: 'embedded' })
  provider: string;

  @ApiProperty({ type: String, example: 'embedded-image' })
  model: string;

  @ApiProperty({ type: String, example: 'env:embedded' })
  connection: string;

  @ApiProperty({
    enum: ['planned', 'sent', 'succeeded', 'failed', 'interrupted', 'canceled'],
    example: 'succeeded',
  })
  state: string;

  @ApiProperty({ type: GenerationFaultDto, nullable: true, example: null })
  error: GenerationFaultDto | null;

  @ApiProperty({ type: 'integer', example: 1000 })
  cost_micros: number;
}

export class PromptValidationDto {
  @ApiProperty({ enum: PROMPT_OUTCOMES, example: 'valid' })
  outcome: string;

  @ApiProperty({ type: 'integer', example: 20, description: 'Code points, as all lengths here' })
  original_length: number;

  @ApiProperty({ type: 'integer', nullable: true, example: null })
  optimized_length: number | null;

  @ApiProperty({ type: Number, nullable: true, example: null })
  optimization_time_ms: number | null;

  @ApiProperty({ type: String, nullable: true, example: null })
  model: string | null;
}

export class UsedTemplateDto {
  @ApiProperty(UUID)
  id: string;

  @ApiProperty({ type: 'integer', example: 3 })
  version: number;
}

export class GenerationDto {
  @ApiProperty(UUID)
  id: string;

  @ApiProperty(UUID)
  search_space_id: string;

  @ApiProperty({ ...UUID, nullable: true, example: null })
  collection_id: string | null;

  @ApiProperty({ enum: STATUSES, example: 'succeeded' })
  status: GenerationStatus;

  @ApiProperty({ enum: OPERATIONS })
  operation: string;

  @ApiProperty({ type: String, example: 'a lighthouse at dawn' })
  prompt: string;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'What the provider was sent',
    example: 'a lighthouse at dawn',
  })
  sent_prompt: string | null;

  @ApiProperty({ type: PromptValidationDto, nullable: true })
  prompt_validation: PromptValidationDto | null;

  @ApiProperty({
    type: UsedTemplateDto,
    nullable: true,
    example: null,
    description: 'What the prompt was made of; null = the caller wrote it',
  })
  prompt_template: UsedTemplateDto | null;

  @ApiProperty({ type: String, example: 'embedded-image', description: 'What ran, or is to run' })
  model: string;

  @ApiProperty({
    type: String,
    nullable: true,
    example: 'auto',
    description: 'What was asked for; null = nothing by name',
  })
  requested_model: string | null;

  @ApiProperty({ type: String, example: 'embedded' })
  provider: string;

  @ApiProperty({ type: String, nullable: true, example: '1024x1024' })
  size: string | null;

  @ApiProperty({ type: String, nullable: true, example: null })
  quality: string | null;

  @ApiProperty({ type: 'integer', example: 1 })
  n: number;

  @ApiProperty({ type: Object, nullable: true, example: { ticket: 'ART-42' } })
  metadata: Record<string, unknown> | null;

  @ApiProperty({ enum: PRIORITIES, example: 'normal' })
  priority: Priority;

  @ApiProperty({ ...TIME, nullable: true, example: null })
  deadline_at: string | null;

  @ApiProperty({
    ...UUID,
    nullable: true,
    example: null,
    description: 'The generation that failed inside the service and that this one repeats',
  })
  retried_from: string | null;

  @ApiProperty({ type: [String], example: ['hero'] })
  tags: string[];

  @ApiProperty({ type: Boolean, example: false, description: 'Whether you have marked it' })
  is_favourite: boolean;

  @ApiProperty({ type: [GeneratedImageDto] })
  images: GeneratedImageDto[];

  @ApiProperty({ type: GenerationFaultDto, nullable: true, example: null })
  error: GenerationFaultDto | null;

  @ApiProperty({
    type: 'integer',
    example: 1000,
    description: 'What was charged, in millionths of a US dollar',
  })
  cost_micros: number;

  @ApiProperty({ type: [AttemptDto] })
  attempts: AttemptDto[];

  @ApiProperty({
    type: RouteDecisionDto,
    nullable: true,
    description: 'Why it runs where it does',
  })
  routing: RouteDecisionDto | null;

  @ApiProperty({ type: [GenerationFaultDto], example: [] })
  warnings: GenerationFaultDto[];

  @ApiPropertyOptional({
    type: [BudgetWarningDto],
    description:
      'Budgets that run low; left out where none does. Read later, a record has type and message alone.',
  })
  budget_warnings?: BudgetWarningDto[];

  @ApiProperty({ type: Object, example: { upstream: 42.1, media: 3.2 } })
  timings_ms: Record<string, number>;

  @ApiProperty(UUID)
  created_by: string;

  @ApiProperty(TIME)
  created_at: string;

  @ApiProperty({ ...TIME, nullable: true })
  finished_at: string | null;
}

export class GenerationsPageDto {
  @ApiProperty({ type: [GenerationDto] })
  data: GenerationDto[];

  @ApiProperty({ type: String, nullable: true })
  next_cursor: string | null;
}

export class DeletedDto {
  @ApiProperty({ type: String, example: 'Image generation deleted.' })
  message: string;
}
