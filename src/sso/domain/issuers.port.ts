import type { IdentityProvider } from './identity-provider.js';
import type { Claims } from './profile.js';

/** What a sign-in was begun with, and has to come back to. */
export interface SignInChecks {
  state: string;
  nonce: string;
  codeVerifier: string;
}

/** Claims of one person, checked. */
export interface Vouched {
  /** As the issuer calls itself. */
  issuer: string;
  subject: string;
  claims: Claims;
}

/** An access token of an issuer, checked. */
export interface VouchedToken extends Vouched {
  issuedAt: Date | null;
  expiresAt: Date;
}

/**
 * Speaks with issuers. Their answers are bounded in time and size and never believed before they are checked; what is
 * learnt of an issuer (its addresses and keys) is kept for a while, and so is, shortly, that it does not answer.
 */
export abstract class Issuers {
  /**
   * Where the browser goes to sign in.
   * @throws DomainError `sso.provider_unavailable`
   */
  abstract toAuthorizationUrl(
    provider: IdentityProvider,
    redirectUri: string,
    checks: SignInChecks,
  ): Promise<string>;

  /**
   * Exchanges what the browser brought for the person's claims. Not to be repeated: codes work once.
   * @param callbackUrl the redirect address with the query it was called with
   * @throws DomainError `sso.provider_unavailable`, `sso.provider_failed`, `sso.sign_in_failed` when it declined
   */
  abstract redeem(
    provider: IdentityProvider,
    callbackUrl: URL,
    checks: SignInChecks,
  ): Promise<Vouched>;

  /**
   * Checks an access token: signature by the issuer's keys, asymmetric algorithms alone, issuer, audience and times.
   * @throws DomainError `auth.credentials_invalid`, `sso.provider_unavailable`
   */
  abstract verifyToken(provider: IdentityProvider, token: string): Promise<VouchedToken>;
}
