import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import type { Page } from '../../common/page.js';
import { PageQueryDto } from '../../http/page-query.dto.js';
import { type Delivery, DELIVERY_STATUSES, type DeliveryStatus } from '../domain/delivery.js';
import { WEBHOOK_EVENT_TYPES } from '../domain/webhook-events.js';

const EVENTS = WEBHOOK_EVENT_TYPES.map(({ type }) => type);
const DATA_EXCERPT_LENGTH_MAX = 1_024;

export class ListDeliveriesDto extends PageQueryDto {
  @ApiPropertyOptional({
    type: String,
    enum: DELIVERY_STATUSES,
    description: '`dead`: given up, to be sent again by hand',
  })
  @IsOptional()
  @IsIn(DELIVERY_STATUSES)
  status?: DeliveryStatus;

  @ApiPropertyOptional({ type: String, enum: EVENTS })
  @IsOptional()
  @IsIn(EVENTS)
  event?: string;
}

export class DeliveryResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  id: string;

  @ApiProperty({
    type: String,
    format: 'uuid',
    description: 'As in the header webhook-id, at every attempt the same',
  })
  event_id: string;

  @ApiProperty({ type: String, enum: EVENTS, example: 'generation.succeeded' })
  event: string;

  @ApiProperty({ type: String, enum: DELIVERY_STATUSES })
  status: DeliveryStatus;

  @ApiProperty({ type: 'integer', description: 'Made so far; sending again by hand begins anew' })
  attempts: number;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'Null: none' })
  next_attempt_at: string | null;

  @ApiProperty({ type: 'integer', nullable: true, example: 200, description: 'Null: no answer' })
  response_status: number | null;

  @ApiProperty({ type: 'integer', nullable: true, example: 84, description: 'Of the last attempt' })
  duration_ms: number | null;

  @ApiProperty({
    type: String,
    nullable: true,
    example: null,
    description: 'Why the last attempt was not taken',
  })
  error: string | null;

  @ApiProperty({
    type: String,
    description: 'The beginning of the facts, as JSON; links and prompts are added when it is sent',
    example: '{"generation_id":"019a0000-0000-7000-8000-000000000000","status":"succeeded"}',
  })
  data_excerpt: string;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'The beginning of the last answer, without secrets and tokens',
    example: 'ok',
  })
  response_excerpt: string | null;

  @ApiProperty({ type: String, format: 'date-time' })
  occurred_at: string;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  finished_at: string | null;
}

export class DeliveriesPageResponse implements Page<DeliveryResponse> {
  @ApiProperty({ type: [DeliveryResponse] })
  data: DeliveryResponse[];

  @ApiProperty({ type: String, nullable: true, example: null })
  next_cursor: string | null;
}

export class RedeliveredResponse {
  @ApiProperty({ type: 'integer', example: 12, description: 'How many are sent again' })
  redelivered: number;

  @ApiProperty({ type: Boolean, description: 'Whether there may be more: ask again' })
  has_more: boolean;
}

export function toDeliveryResponse(delivery: Delivery): DeliveryResponse {
  const { status, availableAt } = delivery;
  return {
    id: delivery.id,
    event_id: delivery.eventId,
    event: delivery.event,
    status,
    attempts: delivery.attempts,
    next_attempt_at: status === 'pending' ? availableAt.toISOString() : null,
    response_status: delivery.responseStatus,
    duration_ms: delivery.durationMs,
    error: delivery.error,
    data_excerpt: JSON.stringify(delivery.data).slice(0, DATA_EXCERPT_LENGTH_MAX),
    response_excerpt: delivery.responseExcerpt,
    occurred_at: delivery.occurredAt.toISOString(),
    created_at: delivery.createdAt.toISOString(),
    finished_at: delivery.finishedAt?.toISOString() ?? null,
  };
}
