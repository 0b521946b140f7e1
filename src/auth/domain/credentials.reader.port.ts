import type { StoredKey } from './api-key.js';
import type { LiveSession } from './session.js';

/** What the authenticator asks the database when a cache does not know. */
export abstract class CredentialsReader {
  /** Null when the session was revoked or its user is not active. */
  abstract findLiveSession(sessionId: string): Promise<LiveSession | null>;

  /** The key with this lookup id; null when unknown, revoked or replaced, or its maker is not active. */
  abstract findKey(lookupId: string): Promise<StoredKey | null>;
}
