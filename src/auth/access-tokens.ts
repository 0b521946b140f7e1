import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { Clock } from '../common/clock.js';
import { AppConfig } from '../config/app-config.js';
import type { AccessClaims } from './domain/access-claims.js';
import { TOKEN_ALGORITHM, TOKEN_AUDIENCE, TOKEN_ISSUER } from './domain/access-claims.js';

const MILLISECONDS_PER_SECOND = 1_000;

/** Signs access tokens. */
@Injectable()
export class AccessTokens {
  /** Life of a token, in seconds. */
  readonly ttlS: number;
  private readonly secret: string;

  constructor(
    private readonly jwt: JwtService,
    private readonly clock: Clock,
    config: AppConfig,
  ) {
    this.ttlS = config.auth.accessTokenTtlS;
    this.secret = config.auth.jwtSecret;
  }

  issue(claims: AccessClaims): string {
    const iat = Math.floor(this.clock.now().getTime() / MILLISECONDS_PER_SECOND);
    return this.jwt.sign(
      { ...claims, iat },
      {
        secret: this.secret,
        algorithm: TOKEN_ALGORITHM,
        issuer: TOKEN_ISSUER,
        audience: TOKEN_AUDIENCE,
        expiresIn: this.ttlS,
      },
    );
  }
}
