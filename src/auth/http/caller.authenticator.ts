import { Injectable } from '@nestjs/common';
import type { Caller } from '../../common/caller.js';
import { DomainError } from '../../common/domain-error.js';
import type { ErrorCode } from '../../common/error-code.js';
import { Authenticator, type Credentials } from '../../http/authenticator.port.js';
import { AddressLimiter } from '../../throttle/address-limiter.js';
import { KEY_PREFIX } from '../domain/api-key.js';
import {
  credentialsInvalid,
  credentialsMissing,
  delegatedRefused,
  isGuess,
  keyInQuery,
} from '../domain/auth.errors.js';
import { DelegatedKeys } from '../domain/delegated-keys.port.js';
import { ExternalTokens } from '../domain/external-tokens.port.js';
import { findForeignIssuer } from '../domain/foreign-issuer.js';
import { hasKeyInQuery } from '../domain/key-in-query.js';
import { KeyVerifier } from '../key-verifier.js';
import { SessionVerifier } from '../session-verifier.js';
import { JwtStrategy } from './jwt.strategy.js';

const BEARER_FORM = /^bearer +(\S+) *$/i;
/** An access token, ours or an identity provider's. */
const JWT_FORM = /^eyJ[\w-]*\.[\w-]+\.[\w-]+$/;
/** After these another credential of the same request may still be good. */
const NOT_FINAL: ReadonlySet<ErrorCode> = new Set(['auth.credentials_invalid', 'auth.key_expired']);

/**
 * Bearer key or access token, then X-API-Key; a bad Bearer is not final while an X-API-Key is there. Beside an
 * `x-user-id`, a key that is none of ours is the remote backend's to judge, where there is one.
 */
@Injectable()
export class CallerAuthenticator extends Authenticator {
  constructor(
    private readonly keys: KeyVerifier,
    private readonly sessions: SessionVerifier,
    private readonly jwt: JwtStrategy,
    private readonly limiter: AddressLimiter,
    private readonly delegated: DelegatedKeys,
    private readonly external: ExternalTokens,
  ) {
    super();
  }

  assertNoKeyInQuery(url: string): void {
    if (hasKeyInQuery(url)) throw keyInQuery();
  }

  async authenticate(credentials: Credentials): Promise<Caller> {
    const { headers, address } = credentials;
    const { authorization } = headers;
    const apiKey = headers['x-api-key'];
    if (!authorization && !apiKey) throw credentialsMissing();
    try {
      return await (authorization
        ? this.verifyAuthorization(authorization, credentials)
        : this.verifyKey(String(apiKey), credentials));
    } catch (error) {
      if (authorization && apiKey && isRefusal(error)) {
        return await this.verifyLast(String(apiKey), credentials);
      }
      throw await this.toCounted(error, address);
    }
  }

  private async verifyLast(apiKey: string, credentials: Credentials): Promise<Caller> {
    try {
      return await this.verifyKey(apiKey, credentials);
    } catch (error) {
      throw await this.toCounted(error, credentials.address);
    }
  }

  private async verifyAuthorization(
    authorization: string,
    credentials: Credentials,
  ): Promise<Caller> {
    const token = BEARER_FORM.exec(authorization)?.[1];
    if (!token) throw credentialsInvalid();
    const isOurs = token.startsWith(KEY_PREFIX);
    if (isOurs || (this.isDelegated(credentials) && !JWT_FORM.test(token))) {
      return this.verifyKey(token, credentials);
    }
    const issuer = findForeignIssuer(token);
    if (issuer !== null) return this.external.verify(token, issuer);
    return this.sessions.verify(await this.jwt.verify(token));
  }

  private verifyKey(apiKey: string, credentials: Credentials): Promise<Caller> {
    const isOurs = apiKey.startsWith(KEY_PREFIX) || !this.isDelegated(credentials);
    return isOurs
      ? this.keys.verify(apiKey, credentials)
      : this.verifyDelegated(apiKey, credentials);
  }

  private isDelegated({ headers }: Credentials): boolean {
    return this.delegated.isOn && headers['x-user-id'] !== undefined;
  }

  private async verifyDelegated(
    apiKey: string,
    { headers, address }: Credentials,
  ): Promise<Caller> {
    const userId = String(headers['x-user-id']);
    const caller = await this.delegated.verify({ userId, apiKey, address });
    if (!caller) throw delegatedRefused();
    return caller;
  }

  /** A wrong credential counts against the address; one that was right once is an honest client's. */
  private async toCounted(error: unknown, address: string): Promise<unknown> {
    if (!isGuess(error)) return error;
    await this.limiter.assertAllowed(address);
    await this.limiter.recordFailure(address);
    return error;
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof DomainError && NOT_FINAL.has(error.code);
}
