import type { IncomingHttpHeaders } from 'node:http';
import type { Caller } from '../common/caller.js';

export interface Credentials {
  headers: IncomingHttpHeaders;
  /** The request target as sent, with its query: a key in it is refused. */
  url: string;
  /** The client's address, for the limit on bad credentials. */
  address: string;
  /** The pattern of the route asked for: a key may be held to some. */
  route?: string;
}

/** Tells who is asking. The edge owns this port, the auth room implements it. */
export abstract class Authenticator {
  /**
   * Refuses a key in the query string; called for every route, public ones included.
   * @throws DomainError `auth.key_in_query`
   */
  abstract assertNoKeyInQuery(url: string): void;

  /**
   * @throws DomainError `auth.credentials_missing`, `auth.credentials_invalid`, `auth.key_expired`,
   * `auth.key_inactive`, `auth.key_restricted`, `auth.login_throttled` (too many bad keys from this address)
   */
  abstract authenticate(credentials: Credentials): Promise<Caller>;
}
