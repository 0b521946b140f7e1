import { ApiProperty } from '@nestjs/swagger';
import type { Page } from '../../common/page.js';
import { type Lot, LOT_KINDS } from '../domain/lot.js';

const STATES = ['scheduled', 'active', 'running_off', 'used', 'lapsed'];

export class LotResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  id: string;

  @ApiProperty({ type: String, enum: LOT_KINDS })
  kind: string;

  @ApiProperty({ type: 'integer', description: 'The lowest is used first' })
  priority: number;

  @ApiProperty({ type: 'integer', example: 5_000_000 })
  amount_micros: number;

  @ApiProperty({ type: 'integer', description: 'Not used yet; what calls hold is still in it' })
  remaining_micros: number;

  @ApiProperty({ type: 'integer', description: 'Expired unused' })
  lapsed_micros: number;

  @ApiProperty({
    type: String,
    enum: STATES,
    description: 'running_off: expired, and what remains is held by calls in flight',
  })
  state: string;

  @ApiProperty({ type: String, format: 'date-time' })
  effective_at: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  expires_at: string | null;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  transaction_id: string | null;

  @ApiProperty({
    type: String,
    format: 'uuid',
    nullable: true,
    description: 'The grant of another wallet that a transfer took it from',
  })
  source_id: string | null;

  @ApiProperty({ type: String, nullable: true })
  reason: string | null;

  @ApiProperty({ type: String, nullable: true })
  actor: string | null;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at: string;
}

export class LotsPageResponse implements Page<LotResponse> {
  @ApiProperty({ type: [LotResponse] })
  data: LotResponse[];

  @ApiProperty({ type: String, nullable: true, example: null })
  next_cursor: string | null;
}

export function toLotResponse(lot: Lot): LotResponse {
  return {
    id: lot.id,
    kind: lot.kind,
    priority: lot.priority,
    amount_micros: lot.amountMicros,
    remaining_micros: lot.remainingMicros,
    lapsed_micros: lot.lapsedMicros,
    state: lot.state,
    effective_at: lot.effectiveAt.toISOString(),
    expires_at: lot.expiresAt?.toISOString() ?? null,
    transaction_id: lot.transactionId,
    source_id: lot.sourceId,
    reason: lot.reason,
    actor: lot.actor,
    created_at: lot.createdAt.toISOString(),
  };
}
