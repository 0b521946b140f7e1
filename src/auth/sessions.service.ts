import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import { Clock } from '../common/clock.js';
import { newId } from '../common/ids.js';
import { AppConfig } from '../config/app-config.js';
import { UnitOfWork, type WorkScope } from '../persistence/unit-of-work.port.js';
import { AddressLimiter, toNetwork } from '../throttle/address-limiter.js';
import { AccessTokens } from './access-tokens.js';
import { loginFailed, refreshInvalid, refreshReused } from './domain/auth.errors.js';
import { newOpaqueToken, sha256 } from './domain/opaque-token.js';
import type { RefreshAttempt, RefreshToken, TokenPair } from './domain/session.js';
import type { SessionClient } from './domain/session-client.js';
import { SessionsRepository } from './domain/sessions.repository.port.js';
import type { User } from './domain/user.js';
import { UsersRepository } from './domain/users.repository.port.js';

/** Networks that a user is known to log in from; one more forgets the one used longest ago. */
const NETWORKS_PER_USER_MAX = 50;
const MILLISECONDS_PER_SECOND = 1_000;

type Exchange = { kind: 'rotated'; pair: TokenPair } | { kind: 'invalid' } | { kind: 'reused' };

/** Logins that stay: access tokens, rotating refresh tokens, logout. */
@Injectable()
export class SessionsService {
  private readonly refreshTtlMs: number;
  private readonly sessionsMax: number;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly accessTokens: AccessTokens,
    private readonly limiter: AddressLimiter,
    private readonly clock: Clock,
    config: AppConfig,
  ) {
    this.refreshTtlMs = config.auth.refreshTokenTtlS * MILLISECONDS_PER_SECOND;
    this.sessionsMax = config.auth.sessionsMax;
  }

  /**
   * Opens a session for a user who proved who they are. One too many ends their oldest.
   * @throws DomainError `auth.login_failed` when the user was changed or disabled since they were read
   */
  open(user: Pick<User, 'id' | 'version'>, client: SessionClient): Promise<TokenPair> {
    return this.unitOfWork.run((scope) => this.openIn(scope, user, client));
  }

  /** The same in the caller's transaction. */
  async openIn(
    scope: WorkScope,
    { id: userId, version }: Pick<User, 'id' | 'version'>,
    client: SessionClient,
  ): Promise<TokenPair> {
    const user = await scope.get(UsersRepository).lock(userId);
    if (user?.version !== version || user.status !== 'active') throw loginFailed();
    const sessions = scope.get(SessionsRepository);
    const now = this.clock.now();
    const times = { createdAt: now, lastUsedAt: now, expiresAt: this.toEnd(now) };
    const session = { id: newId(), userId, ...times, ...client };
    await sessions.add(session);
    const refreshToken = await this.addToken(sessions, session.id, now);
    await this.rememberIn(scope, userId, client.address);
    if (user.isOperator) await this.recordLogin(scope, userId, session);
    await sessions.prune(userId, this.sessionsMax, now);
    return this.toPair(userId, session.id, version, refreshToken);
  }

  /** Notes in the caller's transaction that a locked user was at this address. */
  async rememberIn(scope: WorkScope, userId: string, address: string): Promise<void> {
    const options = { keep: NETWORKS_PER_USER_MAX, now: this.clock.now() };
    await scope.get(SessionsRepository).rememberNetwork(userId, toNetwork(address), options);
  }

  /**
   * Gives an open session new tokens in the caller's transaction; those it had are void.
   * @param user with the version that the new access token is for
   */
  async reissueIn(
    scope: WorkScope,
    user: Pick<User, 'id' | 'version'>,
    sessionId: string,
  ): Promise<TokenPair> {
    const sessions = scope.get(SessionsRepository);
    await sessions.dropTokens(sessionId);
    const refreshToken = await this.addToken(sessions, sessionId, this.clock.now());
    return this.toPair(user.id, sessionId, user.version, refreshToken);
  }

  /**
   * Exchanges a refresh token for a new pair. Of several uses of one token one succeeds; every other
   * ends the session, since somebody else may hold the token.
   * @throws DomainError `auth.refresh_invalid`, `auth.refresh_reused`, `auth.login_throttled`
   */
  async refresh(refreshToken: string, client: SessionClient): Promise<TokenPair> {
    await this.limiter.assertAllowed(client.address);
    // The outcome leaves the transaction as a value: a throw would take the revocation back.
    const outcome = await this.unitOfWork.run((scope) =>
      this.exchange(scope, refreshToken, client),
    );
    if (outcome.kind === 'rotated') return outcome.pair;
    await this.limiter.recordFailure(client.address);
    throw outcome.kind === 'reused' ? refreshReused() : refreshInvalid();
  }

  /** Ends a session; access and refresh tokens of it stop working everywhere within a second. */
  async revoke(sessionId: string): Promise<void> {
    await this.unitOfWork.run((scope) =>
      scope.get(SessionsRepository).revoke(sessionId, this.clock.now()),
    );
  }

  private async exchange(
    scope: WorkScope,
    refreshToken: string,
    client: SessionClient,
  ): Promise<Exchange> {
    const sessions = scope.get(SessionsRepository);
    const attempt = await sessions.lockByToken(sha256(refreshToken));
    const now = this.clock.now();
    if (!attempt) return { kind: 'invalid' };
    const { userId, sessionId, userVersion } = attempt;
    if (attempt.usedAt) {
      const isEnded = await sessions.revoke(sessionId, now);
      if (isEnded) await this.recordReuse(scope, attempt);
      return { kind: 'reused' };
    }
    if (!isOpen(attempt, now)) return { kind: 'invalid' };
    await sessions.rotate(attempt, now);
    await sessions.touch(sessionId, { client, expiresAt: this.toEnd(now), now });
    const next = await this.addToken(sessions, sessionId, now);
    return { kind: 'rotated', pair: this.toPair(userId, sessionId, userVersion, next) };
  }

  /** Of operators alone: theirs are few, and matter. */
  private recordLogin(
    scope: WorkScope,
    actorUserId: string,
    session: { id: string; userAgent: string | null },
  ): Promise<void> {
    return scope.get(AuditTrail).record({
      action: 'auth.login_succeeded',
      target: { type: 'session', id: session.id },
      searchSpaceId: null,
      after: { user_agent: session.userAgent },
      actorUserId,
    });
  }

  /** In nobody's name: whoever sent the token may not be the user. */
  private recordReuse(scope: WorkScope, { sessionId, userId }: RefreshAttempt): Promise<void> {
    return scope.get(AuditTrail).record({
      action: 'session.revoked',
      target: { type: 'session', id: sessionId },
      searchSpaceId: null,
      after: { user_id: userId, reason: 'refresh_reused' },
    });
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
