import type { ActorKind, AuditEvent, AuditState } from './audit-event.js';

/** An event as it is shown and exported. */
export interface AuditFields {
  id: string;
  occurred_at: string;
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

/** The columns of a table of events, in their order. */
export const AUDIT_FIELDS = [
  'id',
  'occurred_at',
  'action',
  'actor_kind',
  'actor_id',
  'actor_user_id',
  'search_space_id',
  'target_type',
  'target_id',
  'before',
  'after',
  'address',
  'request_id',
] as const satisfies readonly (keyof AuditFields)[];

export function toAuditFields(event: AuditEvent): AuditFields {
  return {
    id: event.id,
    occurred_at: event.occurredAt.toISOString(),
    action: event.action,
    actor_kind: event.actorKind,
    actor_id: event.actorId,
    actor_user_id: event.actorUserId,
    search_space_id: event.searchSpaceId,
    target_type: event.target.type,
    target_id: event.target.id,
    before: event.before,
    after: event.after,
    address: event.address,
    request_id: event.requestId,
  };
}
