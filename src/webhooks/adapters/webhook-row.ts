import type { Delivery, DeliveryStatus } from '../domain/delivery.js';
import type { DisabledReason, WebhookEndpoint } from '../domain/webhook-endpoint.js';

export interface EndpointRow {
  id: string;
  search_space_id: string;
  url: string;
  description: string;
  events: string[];
  includes_prompt: boolean;
  is_enabled: boolean;
  secret_sealed: string;
  previous_secret_sealed: string | null;
  previous_secret_until: Date | null;
  failing_since: Date | null;
  disabled_reason: DisabledReason | null;
  disabled_at: Date | null;
  created_by: string;
  created_at: Date;
  updated_at: Date;
}

export const ENDPOINT_COLUMNS = `id, search_space_id, url, description, events, includes_prompt, is_enabled,
  secret_sealed, previous_secret_sealed, previous_secret_until, failing_since, disabled_reason, disabled_at,
  created_by, created_at, updated_at`;

export interface DeliveryRow {
  id: string;
  endpoint_id: string;
  search_space_id: string;
  event_id: string;
  event: string;
  data: Record<string, unknown>;
  occurred_at: Date;
  status: DeliveryStatus;
  attempts: number;
  available_at: Date;
  claimed_until: Date | null;
  response_status: number | null;
  duration_ms: number | null;
  error: string | null;
  response_excerpt: string | null;
  created_at: Date;
  finished_at: Date | null;
}

export const DELIVERY_COLUMNS = `id, endpoint_id, search_space_id, event_id, event, data, occurred_at, status, attempts,
  available_at, claimed_until, response_status, duration_ms, error, response_excerpt, created_at, finished_at`;

export function toEndpoint(row: EndpointRow): WebhookEndpoint {
  return {
    id: row.id,
    searchSpaceId: row.search_space_id,
    url: row.url,
    description: row.description,
    events: row.events,
    includesPrompt: row.includes_prompt,
    isEnabled: row.is_enabled,
    secretSealed: row.secret_sealed,
    previousSecretSealed: row.previous_secret_sealed,
    previousSecretUntil: row.previous_secret_until,
    failingSince: row.failing_since,
    disabledReason: row.disabled_reason,
    disabledAt: row.disabled_at,
    createdBy: row.created_by,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

export function toDelivery(row: DeliveryRow): Delivery {
  return {
    id: row.id,
    endpointId: row.endpoint_id,
    searchSpaceId: row.search_space_id,
    eventId: row.event_id,
    event: row.event,
    data: row.data,
    occurredAt: row.occurred_at,
    status: row.status,
    attempts: row.attempts,
    availableAt: row.available_at,
    claimedUntil: row.claimed_until,
    responseStatus: row.response_status,
    durationMs: row.duration_ms,
    error: row.error,
    responseExcerpt: row.response_excerpt,
    createdAt: row.created_at,
    finishedAt: row.finished_at,
  };
}
