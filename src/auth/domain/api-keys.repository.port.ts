import type { ApiKey } from './api-key.js';

/** Changes to API keys, inside a unit of work. */
export abstract class ApiKeysRepository {
  abstract add(key: ApiKey): Promise<void>;

  /** Does nothing to a key that was revoked before; every process forgets the key. */
  abstract revoke(id: string, now: Date): Promise<void>;
}
