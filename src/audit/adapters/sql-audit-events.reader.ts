import { Injectable } from '@nestjs/common';
import { Sql } from '../../persistence/sql.port.js';
import type { ActorKind, AuditEvent, AuditState } from '../domain/audit-event.js';
import { AuditEventsReader } from '../domain/audit-events.reader.port.js';
import type { AuditFilter } from '../domain/audit-filter.js';

interface AuditRow {
  id: string;
  occurred_at: Date;
  action: string;
  actor_kind: ActorKind;
  actor_id: string | null;
  actor_user_id: string | null;
  search_space_id: string | null;
  target_type: string;
  target_id: string | null;
  before: AuditState | null;
  after: AuditState | null;
  address: string | null;
  request_id: string | null;
}

const COLUMNS = `id, occurred_at, action, actor_kind, actor_id, actor_user_id, search_space_id,
  target_type, target_id, before, after, address, request_id`;

const FIRST_ID = '00000000-0000-0000-0000-000000000000';
const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** Ids begin with their time, so the index over them bounds a period too. */
const LIST = `
  SELECT ${COLUMNS} FROM audit_events
   WHERE id < $1 AND id >= $9 AND id < $10
     AND ($2::uuid IS NULL OR search_space_id = $2)
     AND ($3::text IS NULL OR action = $3)
     AND ($4::uuid IS NULL OR actor_user_id = $4)
     AND ($5::text IS NULL OR target_type = $5)
     AND ($6::text IS NULL OR target_id = $6)
     AND ($7::timestamptz IS NULL OR occurred_at >= $7)
     AND ($8::timestamptz IS NULL OR occurred_at < $8)
   ORDER BY id DESC LIMIT $11`;

@Injectable()
export class SqlAuditEventsReader extends AuditEventsReader {
  constructor(private readonly sql: Sql) {
    super();
  }

  async list(filter: AuditFilter, after: string | null, limit: number): Promise<AuditEvent[]> {
    const rows = await this.sql.query<AuditRow>('audit_list_events', LIST, [
      after ?? LAST_ID,
      filter.searchSpaceId ?? null,
      filter.action ?? null,
      filter.actorUserId ?? null,
      filter.targetType ?? null,
      filter.targetId ?? null,
      filter.from ?? null,
      filter.until ?? null,
      filter.from ? toFirstId(filter.from.getTime() - CLOCK_SKEW_MS) : FIRST_ID,
      filter.until ? toFirstId(filter.until.getTime() + CLOCK_SKEW_MS) : LAST_ID,
      limit,
    ]);
    return rows.map(toAuditEvent);
  }
}

/** The database writes the time, the process the id: their clocks may differ by so much. */
const CLOCK_SKEW_MS = 600_000;
const MS_MAX = 2 ** 48 - 1;
const TIME_DIGITS = 12;

/** The least UUIDv7 of a moment. */
function toFirstId(atMs: number): string {
  const time = Math.min(Math.max(Math.floor(atMs), 0), MS_MAX)
    .toString(16)
    .padStart(TIME_DIGITS, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-0000-0000-000000000000`;
}

function toAuditEvent(row: AuditRow): AuditEvent {
  return {
    id: row.id,
    occurredAt: row.occurred_at,
    action: row.action,
    actorKind: row.actor_kind,
    actorId: row.actor_id,
    actorUserId: row.actor_user_id,
    searchSpaceId: row.search_space_id,
    target: { type: row.target_type, id: row.target_id },
    before: row.before,
    after: row.after,
    address: row.address,
    requestId: row.request_id,
  };
}
