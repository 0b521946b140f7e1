import { ApiProperty } from '@nestjs/swagger';
import type { Figures } from '../domain/health-state.js';

const LATENCY = {
  type: 'integer',
  nullable: true,
  description: 'ms, of calls that succeeded',
} as const;

/** How calls went. */
export class FiguresResponse {
  @ApiProperty({ type: 'integer', description: 'Each repeat by itself' })
  calls: number;

  @ApiProperty({
    type: 'number',
    nullable: true,
    example: 0.98,
    description:
      '0 to 1, of the calls whose end was the provider’s doing: not refused content, faulty requests or canceled calls. Null: there was none',
  })
  success_rate: number | null;

  @ApiProperty({ ...LATENCY, example: 4_200 })
  p50_ms: number | null;

  @ApiProperty({ ...LATENCY, example: 9_800 })
  p95_ms: number | null;

  @ApiProperty({ ...LATENCY, example: 14_000 })
  p99_ms: number | null;

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'integer' },
    example: { rate_limited: 3, timeout: 1 },
    description: 'Calls that did not succeed, by class',
  })
  errors: Readonly<Record<string, number>>;
}

export function toFiguresResponse(figures: Figures): FiguresResponse {
  const { calls, successRate, p50Ms, p95Ms, p99Ms, errors } = figures;
  return {
    calls,
    success_rate: successRate,
    p50_ms: p50Ms,
    p95_ms: p95Ms,
    p99_ms: p99Ms,
    errors,
  };
}
