import type { Scope } from './permission.js';

/** Who is asking, resolved once per request. */
export interface Caller {
  kind: 'user' | 'api_key';
  /** User id or API key id: what limits, idempotency keys and logs are counted by. */
  id: string;
  /** The user who acts: the session's, or the one who made the key. */
  userId: string;
  /** Whether this is an operator in a session; a key never is. */
  isOperator: boolean;
  /** The login session; null for a key, and for a user who came with an identity provider's token. */
  sessionId: string | null;
  /** The only space a key works in; null for a session. */
  boundSpaceId: string | null;
  /** What a key may do; null for a session, which only its roles narrow. */
  scopes: readonly Scope[] | null;
  /** What the remote backend calls a delegated user; undefined for everybody else. */
  externalId?: string;
  /** Wildcard patterns of the models a key may ask for; undefined or empty: all. */
  allowedModels?: readonly string[];
  /** Request limits of a key, on top of everybody's; undefined or empty: none. */
  rateLimits?: readonly RateLimit[];
}

/** So many requests in any window of this length. */
export interface RateLimit {
  windowMs: number;
  /** ≥ 1. */
  limit: number;
}
