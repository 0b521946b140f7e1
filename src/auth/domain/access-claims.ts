import { isId } from '../../common/ids.js';

/** Pinned: a token that names another algorithm is refused whatever its signature. */
export const TOKEN_ALGORITHM = 'HS256';
export const TOKEN_ISSUER = 'atelier';
export const TOKEN_AUDIENCE = 'atelier-api';

/** What an access token says about its bearer. */
export interface AccessClaims {
  /** User id. */
  sub: string;
  /** Session id. */
  sid: string;
  /** The user's version at the time of signing. */
  ver: number;
}

/** The claims of a payload whose signature was checked; null when one is missing or of another type. */
export function findClaims(payload: unknown): AccessClaims | null {
  if (typeof payload !== 'object' || payload === null) return null;
  const { sub, sid, ver } = payload as Record<string, unknown>;
  if (!isId(sub) || !isId(sid) || typeof ver !== 'number') return null;
  return { sub, sid, ver };
}
