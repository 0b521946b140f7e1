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
  isGuess,
  keyInQuery,
} from '../domain/auth.errors.js';
import { hasKeyInQuery } from '../domain/key-in-query.js';
import { KeyVerifier } from '../key-verifier.js';
import { SessionVerifier } from '../session-verifier.js';
import { JwtStrategy } from './jwt.strategy.js';

const BEARER_FORM = /^bearer +(\S+) *$/i;
/** After these another credential of the same request may still be good. */
const NOT_FINAL: ReadonlySet<ErrorCode> = new Set(['auth.credentials_invalid', 'auth.key_expired']);

/** Bearer key or access token, then X-API-Key; a bad Bearer is not final while an X-API-Key is there. */
@Injectable()
export class CallerAuthenticator extends Authenticator {
  constructor(
    private readonly keys: KeyVerifier,
    private readonly sessions: SessionVerifier,
    private readonly jwt: JwtStrategy,
    private readonly limiter: AddressLimiter,
  ) {
    super();
  }

  assertNoKeyInQuery(url: string): void {
    if (hasKeyInQuery(url)) throw keyInQuery();
  }

  async authenticate({ headers, address }: Credentials): Promise<Caller> {
    const { authorization } = headers;
    const apiKey = headers['x-api-key'];
    if (!authorization && !apiKey) throw credentialsMissing();
    try {
      return await (authorization
        ? this.verifyAuthorization(authorization, address)
        : this.keys.verify(String(apiKey), address));
    } catch (error) {
      if (authorization && apiKey && isRefusal(error)) {
        return await this.verifyLast(String(apiKey), address);
      }
      throw await this.toCounted(error, address);
    }
  }

  private async verifyLast(apiKey: string, address: string): Promise<Caller> {
    try {
      return await this.keys.verify(apiKey, address);
    } catch (error) {
      throw await this.toCounted(error, address);
    }
  }

  private async verifyAuthorization(authorization: string, address: string): Promise<Caller> {
    const token = BEARER_FORM.exec(authorization)?.[1];
    if (!token) throw credentialsInvalid();
    if (token.startsWith(KEY_PREFIX)) return this.keys.verify(token, address);
    return this.sessions.verify(await this.jwt.verify(token));
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
