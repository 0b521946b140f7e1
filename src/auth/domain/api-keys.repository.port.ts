import type { ApiKey, KeyChanges, KeySecret } from './api-key.js';

/** Changes to API keys, inside a unit of work. Each makes every process forget what it knew of keys. */
export abstract class ApiKeysRepository {
  abstract add(key: ApiKey, secret: KeySecret): Promise<void>;

  /** The key, kept from changing until the transaction ends. */
  abstract lock(id: string): Promise<ApiKey | null>;

  abstract change(id: string, changes: KeyChanges): Promise<void>;

  /**
   * Gives the key a new secret. The newest so far works until `oldEndsAt`, or no more when that is null; one that
   * was replaced before ends at once.
   */
  abstract rotate(
    key: Pick<ApiKey, 'id' | 'searchSpaceId'>,
    secret: KeySecret,
    times: { now: Date; oldEndsAt: Date | null },
  ): Promise<void>;

  /** False for a key that was revoked before; nothing is written then. */
  abstract revoke(id: string, now: Date): Promise<boolean>;

  /** The ids of the user's keys in the space, which all are revoked now and were not before. */
  abstract revokeAllOf(userId: string, searchSpaceId: string, now: Date): Promise<string[]>;

  /**
   * How many keys are not revoked, of the user in the space and in the space altogether. Makers of keys in one
   * space wait for each other from here on, so that what was counted stays true.
   */
  abstract lockCounts(
    searchSpaceId: string,
    userId: string,
  ): Promise<{ ofUser: number; ofSpace: number }>;
}
