import type { Caller } from '../../common/caller.js';

export interface DelegatedCredentials {
  /** What the remote backend calls the user. */
  userId: string;
  /** That backend's key, not one of ours. */
  apiKey: string;
  /** The client's address, for the limit on bad credentials. */
  address: string;
}

/** Whether a remote backend vouches for a user and their key. Port and injection token. */
export abstract class DelegatedKeys {
  /** False: there is no such backend, and `verify` answers null to everybody. */
  abstract readonly isOn: boolean;

  /**
   * The caller that acts for the user here; null when the backend does not vouch for them, which was counted
   * against the address.
   * @throws DomainError `auth.login_throttled`; `service.unavailable` when the backend cannot be asked.
   */
  abstract verify(credentials: DelegatedCredentials): Promise<Caller | null>;
}
