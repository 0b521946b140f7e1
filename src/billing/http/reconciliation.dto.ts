import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import type { Page } from '../../common/page.js';
import { LINE_FORM, LINE_MESSAGE } from '../../common/text-form.js';
import { PageQueryDto } from '../../http/page-query.dto.js';
import type { ReconciliationItem, ReconciliationState } from '../domain/reconciliation.js';

const NOTE_LENGTH_MAX = 1_000;
const MS_PER_S = 1_000;
const STATES = ['open', 'resolved'] as const satisfies readonly ReconciliationState[];

export class ReconciliationQueryDto extends PageQueryDto {
  @ApiPropertyOptional({ type: String, enum: STATES, default: 'open' })
  @IsOptional()
  @IsIn(STATES)
  state?: ReconciliationState;
}

export class ResolveDto {
  @ApiProperty({ type: String, maxLength: NOTE_LENGTH_MAX, example: 'The vendor did not bill it' })
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(NOTE_LENGTH_MAX)
  note: string;
}

export class ReconciliationResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  id: string;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  search_space_id: string | null;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  hold_id: string | null;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  attempt_id: string | null;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  generation_id: string | null;

  @ApiProperty({ type: String, example: 'interrupted' })
  reason: string;

  @ApiProperty({ type: 'integer', description: 'Owed, and not there to be taken' })
  amount_micros: number;

  @ApiProperty({ type: 'integer', description: 'Seconds since it was listed' })
  age_s: number;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  resolved_at: string | null;

  @ApiProperty({ type: String, nullable: true })
  resolved_by: string | null;

  @ApiProperty({ type: String, nullable: true })
  note: string | null;
}

export class ReconciliationPageResponse implements Page<ReconciliationResponse> {
  @ApiProperty({ type: [ReconciliationResponse] })
  data: ReconciliationResponse[];

  @ApiProperty({ type: String, nullable: true, example: null })
  next_cursor: string | null;
}

export function toReconciliationResponse(item: ReconciliationItem): ReconciliationResponse {
  return {
    id: item.id,
    search_space_id: item.searchSpaceId,
    hold_id: item.holdId,
    attempt_id: item.attemptId,
    generation_id: item.generationId,
    reason: item.reason,
    amount_micros: item.amountMicros,
    age_s: Math.max(0, Math.floor((Date.now() - item.createdAt.getTime()) / MS_PER_S)),
    created_at: item.createdAt.toISOString(),
    resolved_at: item.resolvedAt?.toISOString() ?? null,
    resolved_by: item.resolvedBy,
    note: item.note,
  };
}
