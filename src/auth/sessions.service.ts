import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { newId } from '../common/ids.js';
import { AppConfig } from '../config/app-config.js';
import { UnitOfWork, type WorkScope } from '../persistence/unit-of-work.port.js';
import { AddressLimiter } from '../throttle/address-limiter.js';
import { AccessTokens } from './access-tokens.js';
import { refreshInvalid, refreshReused } from './domain/auth.errors.js';
import { newOpaqueToken, sha256 } from './domain/opaque-token.js';
import type { RefreshAttempt, RefreshToken, TokenPair } from './domain/session.js';
import { SessionsRepository } from './domain/sessions.repository.port.js';
import type { User } from './domain/user.js';

/** A user's open logins; one more ends the oldest. */
export const SESSIONS_PER_USER_MAX = 1_000;
const MILLISECONDS_PER_SECOND = 1_000;

type Exchange = { kind: 'rotated'; pair: TokenPair } | { kind: 'invalid' } | { kind: 'reused' };

/** Logins that stay: access tokens, rotating refresh tokens, logout. */
@Injectable()
export class SessionsService {
  private readonly refreshTtlMs: number;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly accessTokens: AccessTokens,
    private readonly limiter: AddressLimiter,
    private readonly clock: Clock,
    config: AppConfig,
  ) {
    this.refreshTtlMs = config.auth.refreshTokenTtlS * MILLISECONDS_PER_SECOND;
  }

  /** Opens a session for a user whose password was right. */
  open(user: Pick<User, 'id' | 'version'>): Promise<TokenPair> {
    return this.unitOfWork.run(async (scope) => {
      const sessions = scope.get(SessionsRepository);
      const createdAt = this.clock.now();
      const session = { id: newId(), userId: user.id, createdAt, expiresAt: this.toEnd(createdAt) };
      await sessions.add(session);
      const refreshToken = await this.addToken(sessions, session.id, createdAt);
      await sessions.prune(user.id, SESSIONS_PER_USER_MAX, createdAt);
      return this.toPair(user.id, session.id, user.version, refreshToken);
    });
  }

  /**
   * Exchanges a refresh token for a new pair. Of several uses of one token one succeeds; every other
   * ends the session, since somebody else may hold the token.
   * @throws DomainError `auth.refresh_invalid`, `auth.refresh_reused`, `auth.login_throttled`
   */
  async refresh(refreshToken: string, address: string): Promise<TokenPair> {
    await this.limiter.assertAllowed(address);
    // The outcome leaves the transaction as a value: a throw would take the revocation back.
    const outcome = await this.unitOfWork.run((scope) => this.exchange(scope, refreshToken));
    if (outcome.kind === 'rotated') return outcome.pair;
    await this.limiter.recordFailure(address);
    throw outcome.kind === 'reused' ? refreshReused() : refreshInvalid();
  }

  /** Ends a session; access and refresh tokens of it stop working everywhere within a second. */
  async revoke(sessionId: string): Promise<void> {
    await this.unitOfWork.run((scope) =>
      scope.get(SessionsRepository).revoke(sessionId, this.clock.now()),
    );
  }

  private async exchange(scope: WorkScope, refreshToken: string): Promise<Exchange> {
    const sessions = scope.get(SessionsRepository);
    const attempt = await sessions.lockByToken(sha256(refreshToken));
    const now = this.clock.now();
    if (!attempt) return { kind: 'invalid' };
    if (attempt.usedAt) {
      await sessions.revoke(attempt.sessionId, now);
      return { kind: 'reused' };
    }
    if (!isOpen(attempt, now)) return { kind: 'invalid' };
    await sessions.rotate(attempt, this.toEnd(now), now);
    const next = await this.addToken(sessions, attempt.sessionId, now);
    const { userId, sessionId, userVersion } = attempt;
    return { kind: 'rotated', pair: this.toPair(userId, sessionId, userVersion, next) };
  }

  private async addToken(
    sessions: SessionsRepository,
    sessionId: string,
    createdAt: Date,
  ): Promise<string> {
    const secret = newOpaqueToken();
    const expiresAt = this.toEnd(createdAt);
    const token: RefreshToken = {
      id: newId(),
      sessionId,
      tokenHash: sha256(secret),
      createdAt,
      expiresAt,
    };
    await sessions.addToken(token);
    return secret;
  }

  private toPair(sub: string, sid: string, ver: number, refreshToken: string): TokenPair {
    return {
      accessToken: this.accessTokens.issue({ sub, sid, ver }),
      refreshToken,
      expiresInS: this.accessTokens.ttlS,
    };
  }

  private toEnd(start: Date): Date {
    return new Date(start.getTime() + this.refreshTtlMs);
  }
}

function isOpen(attempt: RefreshAttempt, now: Date): boolean {
  return (
    attempt.sessionRevokedAt === null && attempt.userStatus === 'active' && attempt.expiresAt > now
  );
}
