import type { EntityManager } from 'typeorm';
import { newId } from '../../common/ids.js';
import { findCurrentRequest } from '../../http/request-scope.js';
import type { AuditEntry, AuditState } from '../domain/audit-event.js';
import { AuditTrail } from '../domain/audit-trail.port.js';
import { toAuditable } from '../domain/to-auditable.js';

const INSERT = `
  INSERT INTO audit_events (id, occurred_at, action, actor_kind, actor_id, actor_user_id, search_space_id,
                            target_type, target_id, before, after, address, request_id)
  SELECT id, now(), action, actor_kind, actor_id, actor_user_id, search_space_id,
         target_type, target_id, before, after, address, request_id
    FROM jsonb_to_recordset($1::jsonb) AS entry (
         id uuid, action text, actor_kind text, actor_id uuid, actor_user_id uuid, search_space_id uuid,
         target_type text, target_id text, before jsonb, after jsonb, address text, request_id text)`;

const INSERT_ONCE = `${INSERT} ON CONFLICT (id) DO NOTHING`;

/** The audit trail inside one transaction. */
export class TypeormAuditTrail extends AuditTrail {
  constructor(private readonly manager: EntityManager) {
    super();
  }

  async record(...entries: readonly AuditEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const text = entries.some(({ id }) => id !== undefined) ? INSERT_ONCE : INSERT;
    await this.manager.query(text, [JSON.stringify(entries.map(toRow))]);
  }
}

function toRow(entry: AuditEntry): Record<string, unknown> {
  const request = findCurrentRequest();
  const caller = request?.caller ?? null;
  const userId = entry.actorUserId ?? caller?.userId ?? null;
  return {
    id: entry.id ?? newId(),
    action: entry.action,
    actor_kind: caller?.kind ?? (userId === null ? 'system' : 'user'),
    actor_id: caller?.id ?? userId,
    actor_user_id: userId,
    search_space_id: entry.searchSpaceId,
    target_type: entry.target.type,
    target_id: entry.target.id,
    before: toState(entry.before),
    after: toState(entry.after),
    address: request?.address ?? null,
    request_id: request?.id ?? null,
  };
}

function toState(state: AuditState | null | undefined): AuditState | null {
  return state ? toAuditable(state) : null;
}
