import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { Batch, BatchFault } from '../domain/batch.js';
import { isConcluded } from '../domain/generation.js';
import { ERROR_FACES } from '../../http/error-map.js';
import type { ErrorCode } from '../../common/error-code.js';
import type { GenerationLinks } from '../generation-links.js';
import type { GenerationView } from '../generation-view.js';
import { GenerationDto } from './generation.dto.js';
import { toGenerationResponse } from './to-generation-response.js';

const CREATED = 201;
const ACCEPTED = 202;
const GONE = 410;

export class BatchFaultDto {
  @ApiProperty({ type: String, example: 'billing.insufficient_balance' })
  code: string;

  @ApiProperty({ type: String, example: 'The wallet does not cover what this may cost.' })
  message: string;

  @ApiPropertyOptional({
    type: 'integer',
    example: 2,
    description: 'When to try again, in seconds',
  })
  retry_after_s?: number;
}

export class BatchItemDto {
  @ApiProperty({ type: 'integer', example: 0, description: 'Its place among the requests' })
  index: number;

  @ApiProperty({
    type: 'integer',
    example: 201,
    description:
      'What it would have been answered with alone; 202 = not ended yet, 410 = deleted since',
  })
  status: number;

  @ApiProperty({ type: GenerationDto, nullable: true, description: 'Null = refused, or deleted' })
  generation: GenerationDto | null;

  @ApiProperty({ type: BatchFaultDto, nullable: true, example: null })
  error: BatchFaultDto | null;
}

export class BatchDto {
  @ApiProperty({ type: String, format: 'uuid' })
  id: string;

  @ApiProperty({ type: String, format: 'uuid' })
  search_space_id: string;

  @ApiProperty({ type: 'integer', example: 2 })
  total: number;

  @ApiProperty({ type: 'integer', example: 2, description: 'With at least one picture' })
  succeeded: number;

  @ApiProperty({ type: 'integer', example: 0, description: 'Refused, failed or canceled' })
  failed: number;

  @ApiProperty({ type: 'integer', example: 0, description: 'Waiting or running' })
  pending: number;

  @ApiProperty({ type: [BatchItemDto], description: 'In the order of the requests' })
  data: BatchItemDto[];

  @ApiProperty({ type: String, format: 'date-time' })
  created_at: string;
}

/** A batch with its generations as they are now, in the order of its requests. */
export function toBatchResponse(
  batch: Batch,
  views: readonly (GenerationView | null)[],
  links: GenerationLinks,
): BatchDto {
  const data = views.map((view, index) =>
    view ? toItem(view, index, links) : toLost(batch.faults[index] ?? null, index),
  );
  const succeeded = data.filter(({ status }) => status === CREATED).length;
  const pending = data.filter(({ status }) => status === ACCEPTED).length;
  return {
    id: batch.id,
    search_space_id: batch.searchSpaceId,
    total: data.length,
    succeeded,
    failed: data.length - succeeded - pending,
    pending,
    data,
    created_at: batch.createdAt.toISOString(),
  };
}

function toItem(view: GenerationView, index: number, links: GenerationLinks): BatchItemDto {
  const { status, error } = view.generation;
  const generation = toGenerationResponse(view, links);
  if (!isConcluded(status)) return { index, status: ACCEPTED, generation, error: null };
  if (status === 'succeeded' || status === 'partially_succeeded') {
    return { index, status: CREATED, generation, error: null };
  }
  const code = (error?.code ?? 'internal') as ErrorCode;
  return {
    index,
    status: error?.answerStatus ?? ERROR_FACES[code].status,
    generation,
    error: { code, message: error?.message ?? 'The generation failed. Try again.' },
  };
}

function toLost(fault: BatchFault | null, index: number): BatchItemDto {
  if (!fault) {
    const message = 'There is no such generation any more. Send the request again if it is wanted.';
    return {
      index,
      status: GONE,
      generation: null,
      error: { code: 'request.not_found', message },
    };
  }
  const { code, message, status, retryAfterS } = fault;
  const error = { code, message, ...(retryAfterS && { retry_after_s: retryAfterS }) };
  return { index, status, generation: null, error };
}
