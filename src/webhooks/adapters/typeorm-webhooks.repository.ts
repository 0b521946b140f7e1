import type { EntityManager } from 'typeorm';
import type { Delivery } from '../domain/delivery.js';
import type { DisabledReason, WebhookEndpoint } from '../domain/webhook-endpoint.js';
import { WebhooksRepository } from '../domain/webhooks.repository.port.js';
import {
  DELIVERY_COLUMNS,
  type DeliveryRow,
  ENDPOINT_COLUMNS,
  type EndpointRow,
  toDelivery,
  toEndpoint,
} from './webhook-row.js';

const LOCK_SPACE = `
  SELECT id FROM search_spaces WHERE id = $1 AND state = 'active' FOR NO KEY UPDATE`;

/** Counted in a statement of its own, which sees what the holder of the lock before committed. */
const COUNT = 'SELECT count(*)::int AS count FROM webhook_endpoints WHERE search_space_id = $1';

const SAVE = `
  INSERT INTO webhook_endpoints (${ENDPOINT_COLUMNS})
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
  ON CONFLICT (id) DO UPDATE SET url = excluded.url, description = excluded.description,
    events = excluded.events, includes_prompt = excluded.includes_prompt, is_enabled = excluded.is_enabled,
    secret_sealed = excluded.secret_sealed, previous_secret_sealed = excluded.previous_secret_sealed,
    previous_secret_until = excluded.previous_secret_until, failing_since = excluded.failing_since,
    disabled_reason = excluded.disabled_reason, disabled_at = excluded.disabled_at,
    updated_at = excluded.updated_at`;

const NOTE_FAILURE = `
  WITH noted AS (
    UPDATE webhook_endpoints SET failing_since = coalesce(failing_since, now())
     WHERE id = $1 AND is_enabled RETURNING failing_since)
  SELECT failing_since FROM noted`;

const DISABLE = `
  WITH disabled AS (
    UPDATE webhook_endpoints
       SET is_enabled = false, disabled_reason = $2, disabled_at = now(), updated_at = now()
     WHERE id = $1 AND is_enabled RETURNING ${ENDPOINT_COLUMNS})
  SELECT ${ENDPOINT_COLUMNS} FROM disabled`;

const ADD_DELIVERY = `
  INSERT INTO webhook_deliveries (${DELIVERY_COLUMNS})
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`;

const LOCK_DELIVERY = `
  SELECT ${DELIVERY_COLUMNS} FROM webhook_deliveries WHERE endpoint_id = $1 AND id = $2 FOR UPDATE`;

const COUNT_WAITING = `
  SELECT count(*)::int AS count FROM (
    SELECT FROM webhook_deliveries WHERE endpoint_id = $1 AND status = 'pending' LIMIT $2) AS waiting`;

const AGAIN = `
  UPDATE webhook_deliveries
     SET status = 'pending', attempts = 0, available_at = now(), claimed_until = NULL, finished_at = NULL`;

const REDELIVER_DEAD = `
  WITH again AS (${AGAIN} WHERE id IN (
    SELECT id FROM webhook_deliveries WHERE endpoint_id = $1 AND status = 'dead'
     ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING id)
  SELECT count(*)::int AS count FROM again`;

export class TypeormWebhooksRepository extends WebhooksRepository {
  constructor(private readonly manager: EntityManager) {
    super();
  }

  async lockSpace(searchSpaceId: string): Promise<number | null> {
    const spaces = await this.manager.query<object[]>(LOCK_SPACE, [searchSpaceId]);
    if (spaces.length === 0) return null;
    const [row] = await this.manager.query<{ count: number }[]>(COUNT, [searchSpaceId]);
    return row?.count ?? 0;
  }

  async lock(id: string): Promise<WebhookEndpoint | null> {
    const [row] = await this.manager.query<EndpointRow[]>(
      `SELECT ${ENDPOINT_COLUMNS} FROM webhook_endpoints WHERE id = $1 FOR UPDATE`,
      [id],
    );
    return row ? toEndpoint(row) : null;
  }

  async save(endpoint: WebhookEndpoint): Promise<void> {
    await this.manager.query(SAVE, [
      endpoint.id,
      endpoint.searchSpaceId,
      endpoint.url,
      endpoint.description,
      endpoint.events,
      endpoint.includesPrompt,
      endpoint.isEnabled,
      endpoint.secretSealed,
      endpoint.previousSecretSealed,
      endpoint.previousSecretUntil,
      endpoint.failingSince,
      endpoint.disabledReason,
      endpoint.disabledAt,
      endpoint.createdBy,
      endpoint.createdAt,
      endpoint.updatedAt,
    ]);
  }

  async remove(id: string): Promise<boolean> {
    const [rows] = await this.manager.query<[object[], number]>(
      'DELETE FROM webhook_endpoints WHERE id = $1 RETURNING id',
      [id],
    );
    return rows.length > 0;
  }

  async noteFailure(id: string): Promise<Date | null> {
    const [row] = await this.manager.query<{ failing_since: Date }[]>(NOTE_FAILURE, [id]);
    return row?.failing_since ?? null;
  }

  async disable(id: string, reason: DisabledReason): Promise<WebhookEndpoint | null> {
    const [row] = await this.manager.query<EndpointRow[]>(DISABLE, [id, reason]);
    return row ? toEndpoint(row) : null;
  }

  async addDelivery(delivery: Delivery): Promise<void> {
    await this.manager.query(ADD_DELIVERY, [
      delivery.id,
      delivery.endpointId,
      delivery.searchSpaceId,
      delivery.eventId,
      delivery.event,
      JSON.stringify(delivery.data),
      delivery.occurredAt,
      delivery.status,
      delivery.attempts,
      delivery.availableAt,
      delivery.claimedUntil,
      delivery.responseStatus,
      delivery.durationMs,
      delivery.error,
      delivery.responseExcerpt,
      delivery.createdAt,
      delivery.finishedAt,
    ]);
  }

  async lockDelivery(endpointId: string, deliveryId: string): Promise<Delivery | null> {
    const [row] = await this.manager.query<DeliveryRow[]>(LOCK_DELIVERY, [endpointId, deliveryId]);
    return row ? toDelivery(row) : null;
  }

  async countWaiting(endpointId: string, most: number): Promise<number> {
    const [row] = await this.manager.query<{ count: number }[]>(COUNT_WAITING, [endpointId, most]);
    return row?.count ?? 0;
  }

  async redeliver(deliveryId: string): Promise<void> {
    await this.manager.query(`${AGAIN} WHERE id = $1`, [deliveryId]);
  }

  async redeliverDead(endpointId: string, limit: number): Promise<number> {
    const [row] = await this.manager.query<{ count: number }[]>(REDELIVER_DEAD, [
      endpointId,
      limit,
    ]);
    return row?.count ?? 0;
  }
}
