import { ApiProperty } from '@nestjs/swagger';
import type {
  ConnectionStatus,
  ModelStatus,
  ProviderStatus,
  Told,
} from '../upstream-status.service.js';
import { FiguresResponse, toFiguresResponse } from './figures.response.js';

const STATES = ['healthy', 'degraded', 'down', 'unknown'];
const TIME = { type: String, format: 'date-time', nullable: true } as const;

class ToldResponse extends FiguresResponse {
  @ApiProperty({
    type: String,
    enum: STATES,
    description:
      'healthy: at least 0.95 succeeded in the last hour; degraded: 0.80; down: less, or it may not be called now; unknown: nothing was called',
  })
  state: string;

  @ApiProperty({ type: String, nullable: true, example: 'timeout' })
  last_error: string | null;

  @ApiProperty(TIME)
  last_error_at: string | null;

  @ApiProperty({ ...TIME, description: 'The last call' })
  last_checked_at: string | null;
}

class ModelStatusResponse extends ToldResponse {
  @ApiProperty({ type: String, example: 'gpt-image-2' })
  model: string;

  @ApiProperty(TIME)
  cooling_until: string | null;
}

class SlotsResponse {
  @ApiProperty({ type: 'integer', nullable: true, description: 'Null: no bound' })
  max: number | null;

  @ApiProperty({ type: 'integer', description: 'Over all processes' })
  running: number;

  @ApiProperty({ type: 'integer', description: 'Over all processes' })
  waiting: number;
}

class ConnectionStatusResponse extends ToldResponse {
  @ApiProperty({ type: String, example: 'env:openai' })
  id: string;

  @ApiProperty({ type: String, example: 'openai' })
  name: string;

  @ApiProperty({ type: Boolean })
  is_enabled: boolean;

  @ApiProperty({ ...TIME, description: 'Not called before; null: it may be' })
  cooling_until: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'provider.rate_limited' })
  cooling_reason: string | null;

  @ApiProperty({
    type: String,
    enum: ['closed', 'open', 'half_open'],
    description: 'open: left alone after faults in a row; half_open: one call is tried',
  })
  breaker: string;

  @ApiProperty({ type: SlotsResponse })
  slots: SlotsResponse;

  @ApiProperty({ type: [ModelStatusResponse], description: 'Those called in the last hour' })
  models: ModelStatusResponse[];
}

export class ProviderStatusResponse extends ToldResponse {
  @ApiProperty({ type: String, example: 'openai' })
  provider: string;

  @ApiProperty({ type: [ConnectionStatusResponse] })
  connections: ConnectionStatusResponse[];
}

export class ProviderStatusListResponse {
  @ApiProperty({ type: [ProviderStatusResponse] })
  data: ProviderStatusResponse[];
}

export function toStatusResponse(statuses: readonly ProviderStatus[]): ProviderStatusListResponse {
  return {
    data: statuses.map((status) => ({
      provider: status.provider,
      ...toToldResponse(status),
      connections: status.connections.map(toConnectionResponse),
    })),
  };
}

function toConnectionResponse(status: ConnectionStatus): ConnectionStatusResponse {
  const { connection, health, models } = status;
  const { running, waiting } = health;
  return {
    id: connection.id,
    name: connection.name,
    is_enabled: connection.isEnabled,
    ...toToldResponse(status),
    cooling_until: health.coolingUntil?.toISOString() ?? null,
    cooling_reason: health.coolingReason,
    breaker: health.breaker,
    slots: { max: connection.slotsMax, running, waiting },
    models: models.map(toModelResponse),
  };
}

function toModelResponse(status: ModelStatus): ModelStatusResponse {
  return {
    model: status.model,
    ...toToldResponse(status),
    cooling_until: status.coolingUntil?.toISOString() ?? null,
  };
}

function toToldResponse({ state, figures, lastError, lastErrorAt, lastCheckedAt }: Told) {
  return {
    state,
    ...toFiguresResponse(figures),
    last_error: lastError,
    last_error_at: lastErrorAt?.toISOString() ?? null,
    last_checked_at: lastCheckedAt?.toISOString() ?? null,
  };
}
