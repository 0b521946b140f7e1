import { createSecretKey } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Strategy } from 'passport-jwt';
import { AppConfig } from '../../config/app-config.js';
import {
  type AccessClaims,
  findClaims,
  TOKEN_ALGORITHM,
  TOKEN_AUDIENCE,
  TOKEN_ISSUER,
} from '../domain/access-claims.js';
import { credentialsInvalid } from '../domain/auth.errors.js';

/** What the strategy reads the token from: the authenticator has cut it out of the header. */
interface TokenCarrier {
  token: string;
}

/** The three ways passport lets a strategy end; set on a copy of it for each token. */
interface Attempt extends JwtStrategy {
  success(claims: AccessClaims): void;
  fail(challenge: unknown): void;
  error(error: unknown): void;
}

/**
 * Checks signature, algorithm, issuer, audience and expiry of an access token with passport-jwt.
 * It is run by the authenticator, before the body is read, and not by a guard.
 */
@Injectable()
export class JwtStrategy extends Strategy {
  constructor(config: AppConfig) {
    super(
      {
        secretOrKey: toKey(config.auth.jwtSecret),
        algorithms: [TOKEN_ALGORITHM],
        issuer: TOKEN_ISSUER,
        audience: TOKEN_AUDIENCE,
        jwtFromRequest: (carrier: TokenCarrier) => carrier.token,
      },
      (payload: unknown, done) => done(null, findClaims(payload) ?? false),
    );
  }

  /** @throws DomainError `auth.credentials_invalid` */
  verify(token: string): Promise<AccessClaims> {
    return new Promise((resolve, reject) => {
      const attempt = Object.create(this) as Attempt;
      attempt.success = resolve;
      attempt.fail = (challenge) => reject(credentialsInvalid(challenge));
      attempt.error = (error) => reject(credentialsInvalid(error));
      const carrier: TokenCarrier = { token };
      attempt.authenticate(carrier as unknown as Parameters<Strategy['authenticate']>[0]);
    });
  }
}

/**
 * A text would be tried as a public key first, at every token: 0.4 ms of a failing parser. The library takes
 * a KeyObject as it is (jsonwebtoken 9, verify.js); only its types do not say so.
 */
function toKey(secret: string): Buffer {
  return createSecretKey(Buffer.from(secret, 'utf8')) as unknown as Buffer;
}
