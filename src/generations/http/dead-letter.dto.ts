import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsOptional, IsUUID } from 'class-validator';
import { PageQueryDto } from '../../http/page-query.dto.js';
import type { DeadLetter } from '../domain/dead-letter.js';
import { type GenerationStatus, STATUSES } from '../domain/generation.js';
import type { GenerationView } from '../generation-view.js';

const UUID = { type: String, format: 'uuid' } as const;
const TIME = { type: String, format: 'date-time' } as const;

export class ListDeadLettersDto extends PageQueryDto {
  @ApiPropertyOptional({ ...UUID, description: 'Only those of this search space' })
  @IsOptional()
  @IsUUID()
  search_space_id?: string;
}

export class RetryDeadLetterDto {
  @ApiPropertyOptional({
    type: Boolean,
    default: false,
    example: true,
    description: 'Needed when may_have_reached_vendor is true: it may be paid for twice then',
  })
  @IsOptional()
  @IsBoolean()
  confirm_may_pay_twice?: boolean;
}

export class DeadLetterFaultDto {
  @ApiProperty({ type: String, example: 'generations.interrupted' })
  code: string;

  @ApiProperty({ type: String, example: 'The service stopped during this generation.' })
  message: string;
}

export class DeadLetterDto {
  @ApiProperty(UUID)
  id: string;

  @ApiProperty(UUID)
  generation_id: string;

  @ApiProperty(UUID)
  search_space_id: string;

  @ApiProperty({ type: DeadLetterFaultDto })
  error: DeadLetterFaultDto;

  @ApiProperty({ type: 'integer', example: 1, description: 'Calls to providers that were begun' })
  attempts: number;

  @ApiProperty({
    type: Boolean,
    example: true,
    description: 'Whether a provider may have had one of them',
  })
  may_have_reached_vendor: boolean;

  @ApiProperty(TIME)
  created_at: string;
}

export class DeadLettersPageDto {
  @ApiProperty({ type: [DeadLetterDto] })
  data: DeadLetterDto[];

  @ApiProperty({ type: String, nullable: true, example: null })
  next_cursor: string | null;
}

/** What operators may know of a generation of a space that they need not be a member of. */
export class RetriedDto {
  @ApiProperty(UUID)
  generation_id: string;

  @ApiProperty(UUID)
  retried_from: string;

  @ApiProperty(UUID)
  search_space_id: string;

  @ApiProperty({ enum: STATUSES, example: 'queued' })
  status: GenerationStatus;
}

export function toDeadLetterDto(letter: DeadLetter): DeadLetterDto {
  return {
    id: letter.id,
    generation_id: letter.generationId,
    search_space_id: letter.searchSpaceId,
    error: { code: letter.errorCode, message: letter.errorMessage },
    attempts: letter.attempts,
    may_have_reached_vendor: letter.mayHaveBeenSent,
    created_at: letter.createdAt.toISOString(),
  };
}

export function toRetriedDto({ generation }: GenerationView): RetriedDto {
  return {
    generation_id: generation.id,
    retried_from: generation.retriedFrom ?? '',
    search_space_id: generation.searchSpaceId,
    status: generation.status,
  };
}
