import { Injectable } from '@nestjs/common';
import { Sql } from '../../persistence/sql.port.js';
import { DeliveriesStore } from '../domain/deliveries.store.port.js';
import {
  type AttemptReport,
  type ClaimedDelivery,
  QUEUE_FULL,
  WAITING_PER_ENDPOINT_MAX,
  type WebhookMessage,
} from '../domain/delivery.js';

/** What an endpoint cannot hold any more is dead from the start: it is seen, and can be sent again. */
const FAN_OUT = `
  WITH wanted AS (
    SELECT e.id, e.search_space_id, EXISTS (
             SELECT FROM webhook_deliveries d WHERE d.endpoint_id = e.id AND d.status = 'pending'
             OFFSET ${WAITING_PER_ENDPOINT_MAX - 1} LIMIT 1) AS is_full
      FROM webhook_endpoints e JOIN search_spaces s ON s.id = e.search_space_id AND s.state = 'active'
     WHERE e.search_space_id = $1 AND e.is_enabled AND e.events && ARRAY['*', $3::text]
  ), added AS (
    INSERT INTO webhook_deliveries (id, endpoint_id, search_space_id, event_id, event, data, occurred_at,
      status, available_at, created_at, error, finished_at)
    SELECT billing_new_id(), id, search_space_id, $2::uuid, $3::text, $4::jsonb, $5::timestamptz,
           CASE WHEN is_full THEN 'dead' ELSE 'pending' END, now(), now(),
           CASE WHEN is_full THEN '${QUEUE_FULL}' END, CASE WHEN is_full THEN now() END
      FROM wanted
    ON CONFLICT (endpoint_id, event_id) DO NOTHING
    RETURNING id)
  SELECT count(*)::int AS count FROM added`;

/** Endpoint by endpoint with something to send, each by one step along the index. */
export const WAITING_ENDPOINTS = `waiting (endpoint_id) AS (
    (SELECT endpoint_id FROM webhook_deliveries WHERE status = 'pending' ORDER BY endpoint_id LIMIT 1)
    UNION ALL
    SELECT (SELECT d.endpoint_id FROM webhook_deliveries d
             WHERE d.status = 'pending' AND d.endpoint_id > w.endpoint_id
             ORDER BY d.endpoint_id LIMIT 1)
      FROM waiting w WHERE w.endpoint_id IS NOT NULL)`;

const HAS_DUE = `
  WITH RECURSIVE ${WAITING_ENDPOINTS}
  SELECT EXISTS (
    SELECT FROM waiting w JOIN webhook_endpoints e ON e.id = w.endpoint_id AND e.is_enabled
     WHERE EXISTS (SELECT FROM webhook_deliveries d
                    WHERE d.endpoint_id = e.id AND d.status = 'pending' AND d.available_at <= now()
                      AND (d.claimed_until IS NULL OR d.claimed_until < now()))) AS is_due`;

/** The first that was taken ends a row of failures. */
const DELIVER = `
  WITH delivered AS (
    UPDATE webhook_deliveries
       SET status = 'delivered', claimed_until = NULL, finished_at = now(), response_status = $3,
           duration_ms = $4, error = NULL, response_excerpt = $5
     WHERE id = $1 AND attempts = $2 AND status = 'pending' RETURNING endpoint_id)
  UPDATE webhook_endpoints SET failing_since = NULL
   WHERE id IN (SELECT endpoint_id FROM delivered) AND failing_since IS NOT NULL`;

const FORGET = `
  WITH gone AS (
    DELETE FROM webhook_deliveries WHERE id IN (
      SELECT id FROM webhook_deliveries WHERE created_at < now() - $1 * interval '1 day'
       ORDER BY created_at LIMIT $2) RETURNING id)
  SELECT count(*)::int AS count FROM gone`;

const REMOVE_OF_SPACE = `
  WITH gone AS (
    DELETE FROM webhook_deliveries WHERE id IN (
      SELECT id FROM webhook_deliveries WHERE search_space_id = $1 LIMIT $2) RETURNING id)
  SELECT count(*)::int AS count FROM gone`;

interface CountRow {
  count: number;
}

@Injectable()
export class SqlDeliveriesStore extends DeliveriesStore {
  constructor(private readonly sql: Sql) {
    super();
  }

  async fanOut(searchSpaceId: string, message: WebhookMessage): Promise<number> {
    const { eventId, event, data, occurredAt } = message;
    const values = [searchSpaceId, eventId, event, JSON.stringify(data), occurredAt];
    const [row] = await this.sql.query<CountRow>('webhooks_fan_out', FAN_OUT, values);
    return row?.count ?? 0;
  }

  async hasDue(): Promise<boolean> {
    const [row] = await this.sql.query<{ is_due: boolean }>('webhooks_has_due', HAS_DUE, []);
    return row?.is_due ?? false;
  }

  async deliver({ id, attempt }: ClaimedDelivery, report: AttemptReport): Promise<void> {
    const { responseStatus, durationMs, responseExcerpt } = report;
    const values = [id, attempt, responseStatus, durationMs, responseExcerpt];
    await this.sql.query('webhooks_deliver', DELIVER, values);
  }

  async forget(days: number, limit: number): Promise<number> {
    const [row] = await this.sql.query<CountRow>('webhooks_forget', FORGET, [days, limit]);
    return row?.count ?? 0;
  }

  async removeOfSpace(searchSpaceId: string, limit: number): Promise<number> {
    const values = [searchSpaceId];
    // First, so that nothing is sent any more of what is still there.
    await this.sql.query(
      'webhooks_close_space',
      'UPDATE webhook_endpoints SET is_enabled = false WHERE search_space_id = $1 AND is_enabled',
      values,
    );
    const [row] = await this.sql.query<CountRow>('webhooks_remove_of_space', REMOVE_OF_SPACE, [
      searchSpaceId,
      limit,
    ]);
    if (row && row.count > 0) return row.count;
    await this.sql.query(
      'webhooks_remove_notices',
      'DELETE FROM webhook_wallet_notices WHERE search_space_id = $1',
      values,
    );
    await this.sql.query(
      'webhooks_remove_endpoints',
      'DELETE FROM webhook_endpoints WHERE search_space_id = $1',
      values,
    );
    return 0;
  }
}
