import type { EntityManager } from 'typeorm';
import { type ClaimBounds, DeliveryClaims } from '../domain/deliveries.store.port.js';
import type { AttemptReport, ClaimedDelivery } from '../domain/delivery.js';
import { WAITING_ENDPOINTS } from './sql-deliveries.store.js';

/** Claims follow one another, so that what is counted as under way is: a statement sees what was committed before it. */
const LOCK = `SELECT pg_advisory_xact_lock(hashtext('atelier webhook deliveries'))`;

/** Its place in its endpoint's row and in its space's, with what is under way before it, is held to the bounds. */
const CLAIM = `
  WITH RECURSIVE ${WAITING_ENDPOINTS},
  busy AS (
    SELECT endpoint_id, search_space_id, count(*)::int AS n FROM webhook_deliveries
     WHERE claimed_until > now() GROUP BY 1, 2),
  due AS (
    SELECT d.id, d.available_at, e.search_space_id,
           coalesce(b.n, 0) + row_number() OVER (PARTITION BY e.id ORDER BY d.available_at, d.id) AS place
      FROM waiting w
      JOIN webhook_endpoints e ON e.id = w.endpoint_id AND e.is_enabled
      LEFT JOIN busy b ON b.endpoint_id = e.id
     CROSS JOIN LATERAL (
           SELECT x.id, x.available_at FROM webhook_deliveries x
            WHERE x.endpoint_id = e.id AND x.status = 'pending' AND x.available_at <= now()
              AND (x.claimed_until IS NULL OR x.claimed_until < now())
            ORDER BY x.available_at
            LIMIT greatest(0, CASE WHEN e.failing_since IS NULL THEN $2::int ELSE 1 END - coalesce(b.n, 0))
              FOR UPDATE SKIP LOCKED) d),
  ranked AS (
    SELECT u.id, u.available_at, u.place,
           row_number() OVER (PARTITION BY u.search_space_id ORDER BY u.place, u.available_at)
             + coalesce((SELECT sum(b.n) FROM busy b WHERE b.search_space_id = u.search_space_id), 0)
             AS space_place
      FROM due u),
  chosen AS (
    SELECT id FROM ranked WHERE space_place <= $3
     ORDER BY space_place, place, available_at LIMIT $1),
  claimed AS (
    UPDATE webhook_deliveries d
       SET claimed_until = now() + $4::int * interval '1 millisecond', attempts = d.attempts + 1
      FROM webhook_endpoints e
     WHERE d.id IN (SELECT id FROM chosen) AND e.id = d.endpoint_id
    RETURNING d.id, d.endpoint_id, d.search_space_id, d.event_id, d.event, d.data, d.occurred_at, d.attempts,
      e.url, e.includes_prompt, e.secret_sealed, e.previous_secret_sealed, e.previous_secret_until)
  SELECT id, endpoint_id, search_space_id, event_id, event, data, occurred_at, attempts, url, includes_prompt,
         secret_sealed, previous_secret_sealed, previous_secret_until FROM claimed`;

const FAIL = `
  WITH failed AS (
    UPDATE webhook_deliveries
       SET status = CASE WHEN $7::bigint IS NULL THEN 'dead' ELSE 'pending' END, claimed_until = NULL,
           available_at = now() + coalesce($7::bigint, 0) * interval '1 millisecond',
           finished_at = CASE WHEN $7::bigint IS NULL THEN now() END,
           response_status = $3, duration_ms = $4, error = $5, response_excerpt = $6
     WHERE id = $1 AND attempts = $2 AND status = 'pending' RETURNING id)
  SELECT id FROM failed`;

interface ClaimedRow {
  id: string;
  endpoint_id: string;
  search_space_id: string;
  event_id: string;
  event: string;
  data: Record<string, unknown>;
  occurred_at: Date;
  attempts: number;
  url: string;
  includes_prompt: boolean;
  secret_sealed: string;
  previous_secret_sealed: string | null;
  previous_secret_until: Date | null;
}

export class TypeormDeliveryClaims extends DeliveryClaims {
  constructor(private readonly manager: EntityManager) {
    super();
  }

  async claim({ limit, endpointMax, spaceMax, claimMs }: ClaimBounds): Promise<ClaimedDelivery[]> {
    await this.manager.query(LOCK);
    const values = [limit, endpointMax, spaceMax, claimMs];
    const rows = await this.manager.query<ClaimedRow[]>(CLAIM, values);
    return rows.map(toClaimed);
  }

  async fail(
    { id, attempt }: ClaimedDelivery,
    { responseStatus, durationMs, error, responseExcerpt }: AttemptReport,
    retryInMs: number | null,
  ): Promise<boolean> {
    const values = [id, attempt, responseStatus, durationMs, error, responseExcerpt, retryInMs];
    const rows = await this.manager.query<object[]>(FAIL, values);
    return rows.length > 0;
  }
}

function toClaimed(row: ClaimedRow): ClaimedDelivery {
  return {
    id: row.id,
    endpointId: row.endpoint_id,
    searchSpaceId: row.search_space_id,
    eventId: row.event_id,
    event: row.event,
    data: row.data,
    occurredAt: row.occurred_at,
    attempt: row.attempts,
    url: row.url,
    includesPrompt: row.includes_prompt,
    secretSealed: row.secret_sealed,
    previousSecretSealed: row.previous_secret_sealed,
    previousSecretUntil: row.previous_secret_until,
  };
}
