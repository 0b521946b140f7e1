/** What was changed: `api_key`, `member`, `wallet`… and its id. */
export interface AuditTarget {
  type: string;
  /** Null for what has no id, such as a setting. */
  id: string | null;
}

/** Plain data as it stood before or after a change; named as in the answers of the API. */
export type AuditState = Readonly<Record<string, unknown>>;

/** One administrative or money-relevant change, as the room that makes it reports it. */
export interface AuditEntry {
  /** Dotted, past tense: `api_key.revoked`. */
  action: string;
  target: AuditTarget;
  /** The space it belongs to; null for what is the operator's alone. */
  searchSpaceId: string | null;
  /** Null or left out: there was nothing, or nothing that matters. Secrets are taken out by the trail. */
  before?: AuditState | null;
  after?: AuditState | null;
  /** Who acts where the request does not tell, such as somebody logging in. Undefined: the request's caller. */
  actorUserId?: string;
  /** UUIDv7 of the event that is told of: told again, it is the same entry. Undefined: an entry of its own. */
  id?: string;
}

export type ActorKind = 'user' | 'api_key' | 'system';

/** An entry as it is kept for ever. */
export interface AuditEvent {
  id: string;
  occurredAt: Date;
  action: string;
  actorKind: ActorKind;
  /** The user or the API key; null for the system itself. */
  actorId: string | null;
  /** The user, also where a key acted for them. */
  actorUserId: string | null;
  searchSpaceId: string | null;
  target: AuditTarget;
  before: AuditState | null;
  after: AuditState | null;
  /** The client's address; null for the system. */
  address: string | null;
  requestId: string | null;
}
