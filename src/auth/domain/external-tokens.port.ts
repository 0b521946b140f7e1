import type { Caller } from '../../common/caller.js';

/** Access tokens that somebody else signed: the sso room knows whose. */
export abstract class ExternalTokens {
  /**
   * @param token whose `findForeignIssuer` is `issuer`; nothing of it is checked yet
   * @throws DomainError `auth.credentials_invalid`, `sso.refused` for a person who may not come in,
   * `sso.provider_unavailable` when the issuer's keys cannot be had
   */
  abstract verify(token: string, issuer: string): Promise<Caller>;
}
