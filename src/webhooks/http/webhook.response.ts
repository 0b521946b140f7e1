import { ApiProperty } from '@nestjs/swagger';
import type { Page } from '../../common/page.js';
import { toNotice, type WebhookEndpoint } from '../domain/webhook-endpoint.js';

export class WebhookResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  id: string;

  @ApiProperty({ type: String, format: 'uuid' })
  search_space_id: string;

  @ApiProperty({ type: String, example: 'https://hooks.example.com/atelier' })
  url: string;

  @ApiProperty({ type: String, example: 'The shop, which shows the pictures' })
  description: string;

  @ApiProperty({ type: [String], example: ['generation.succeeded', 'generation.failed'] })
  events: string[];

  @ApiProperty({ type: Boolean })
  include_prompt: boolean;

  @ApiProperty({ type: Boolean })
  is_enabled: boolean;

  @ApiProperty({
    type: String,
    enum: ['gone', 'failing'],
    nullable: true,
    description: 'Why it was disabled by itself; null: it is enabled, or a person disabled it',
    example: null,
  })
  disabled_reason: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: null })
  disabled_at: string | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'The first failure since something was last taken',
    example: null,
  })
  failing_since: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'What is wrong with it and what to do; null: nothing',
    example: null,
  })
  notice: string | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'Until then the secret before signs as well',
    example: null,
  })
  previous_secret_until: string | null;

  @ApiProperty({ type: String, format: 'uuid' })
  created_by: string;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at: string;

  @ApiProperty({ type: String, format: 'date-time' })
  updated_at: string;
}

export class WebhookWithSecretResponse extends WebhookResponse {
  @ApiProperty({
    type: String,
    description: 'Signs what is sent (Standard Webhooks). Shown this once',
    example: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDvJ8vUQ9nTzM=',
  })
  secret: string;
}

export class WebhooksPageResponse implements Page<WebhookResponse> {
  @ApiProperty({ type: [WebhookResponse] })
  data: WebhookResponse[];

  @ApiProperty({ type: String, nullable: true, example: null })
  next_cursor: string | null;
}

export function toWebhookResponse(endpoint: WebhookEndpoint): WebhookResponse {
  return {
    id: endpoint.id,
    search_space_id: endpoint.searchSpaceId,
    url: endpoint.url,
    description: endpoint.description,
    events: [...endpoint.events],
    include_prompt: endpoint.includesPrompt,
    is_enabled: endpoint.isEnabled,
    disabled_reason: endpoint.disabledReason,
    disabled_at: endpoint.disabledAt?.toISOString() ?? null,
    failing_since: endpoint.failingSince?.toISOString() ?? null,
    notice: toNotice(endpoint),
    previous_secret_until: endpoint.previousSecretUntil?.toISOString() ?? null,
    created_by: endpoint.createdBy,
    created_at: endpoint.createdAt.toISOString(),
    updated_at: endpoint.updatedAt.toISOString(),
  };
}
