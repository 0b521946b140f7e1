import { Injectable } from '@nestjs/common';
import type { DeliveredEvent } from './outbox-handlers.js';
import { Sql } from './sql.port.js';

export interface ClaimedEvent extends DeliveredEvent {
  /** Handlers that are done with the event since an earlier attempt. */
  deliveredTo: readonly string[];
}

export interface FailedDelivery {
  id: string;
  attempt: number;
  deliveredTo: readonly string[];
  error: string;
  /** Null = given up. */
  retryInMs: number | null;
}

interface OutboxRow {
  id: string;
  kind: string;
  payload: Record<string, unknown>;
  search_space_id: string | null;
  created_at: Date;
  attempts: number;
  delivered_to: string[];
}

/** The outbox's rows as the delivery sees them. */
@Injectable()
export class OutboxStore {
  constructor(private readonly sql: Sql) {}

  /** Takes due events for this process alone, for `claimMs`; no transaction stays open. */
  async claim(limit: number, claimMs: number): Promise<ClaimedEvent[]> {
    const rows = await this.sql.query<OutboxRow>('outbox_claim', CLAIM, [limit, claimMs]);
    return rows.map((row) => ({
      id: row.id,
      kind: row.kind,
      payload: row.payload,
      searchSpaceId: row.search_space_id,
      createdAt: row.created_at,
      attempt: row.attempts,
      deliveredTo: row.delivered_to,
    }));
  }

  async remove(ids: readonly string[]): Promise<void> {
    await this.sql.query('outbox_remove', REMOVE, [ids]);
  }

  /** Puts the event back for later, or aside for good. Does nothing when another process has claimed it since. */
  async fail(delivery: FailedDelivery): Promise<void> {
    const { id, attempt, deliveredTo, error, retryInMs } = delivery;
    await this.sql.query('outbox_fail', FAIL, [id, attempt, deliveredTo, error, retryInMs]);
  }
}

const CLAIM = `
  UPDATE outbox_events
     SET claimed_until = now() + $2 * interval '1 millisecond', attempts = attempts + 1
   WHERE id IN (
           SELECT id FROM outbox_events
            WHERE dead_at IS NULL AND available_at <= now()
              AND (claimed_until IS NULL OR claimed_until < now())
            ORDER BY available_at LIMIT $1
              FOR UPDATE SKIP LOCKED)
  RETURNING id, kind, payload, search_space_id, created_at, attempts, delivered_to`;

const REMOVE = 'DELETE FROM outbox_events WHERE id = ANY($1::uuid[])';

const FAIL = `
  UPDATE outbox_events
     SET claimed_until = NULL, delivered_to = $3::text[], last_error = $4,
         available_at = now() + coalesce($5::bigint, 0) * interval '1 millisecond',
         dead_at = CASE WHEN $5::bigint IS NULL THEN now() END
   WHERE id = $1 AND attempts = $2`;
