import { ApiProperty } from '@nestjs/swagger';
import { RouteDecisionDto } from './route-decision.dto.js';
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

  @ApiProperty({ type: 'integer', nullable: true, example: 7 })
  seed: number | null;
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

  @ApiProperty({ type: Object, nullable: true, example: null })
  prompt_validation: Record<string, unknown> | null;

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
