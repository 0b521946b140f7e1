import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import type { Caller } from '../common/caller.js';
import { Clock } from '../common/clock.js';
import { DomainError } from '../common/domain-error.js';
import { UnitOfWork, type WorkScope } from '../persistence/unit-of-work.port.js';
import { credentialsInvalid, loginRequired, resetInvalid } from './domain/auth.errors.js';
import { sha256 } from './domain/opaque-token.js';
import { PasswordResetsRepository } from './domain/password-resets.repository.port.js';
import type { TokenPair } from './domain/session.js';
import { SessionsRepository } from './domain/sessions.repository.port.js';
import type { User } from './domain/user.js';
import { UsersReader } from './domain/users.reader.port.js';
import { UsersRepository } from './domain/users.repository.port.js';
import { type LoginAttempt, LoginLimiter } from './login-limiter.js';
import { PasswordsService } from './passwords.service.js';
import { SessionsService } from './sessions.service.js';

export interface PasswordChange {
  currentPassword: string;
  newPassword: string;
}

/** From an old password, or a one-time token, to a new password. */
@Injectable()
export class PasswordChangesService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly users: UsersReader,
    private readonly passwords: PasswordsService,
    private readonly limiter: LoginLimiter,
    private readonly sessions: SessionsService,
    private readonly clock: Clock,
  ) {}

  /**
   * Ends the caller's other sessions; this one goes on with the tokens answered.
   * @throws DomainError `request.invalid` naming the field, `auth.login_throttled`, `request.conflict`
   */
  async change(caller: Caller, input: PasswordChange, address: string): Promise<TokenPair> {
    const { sessionId } = caller;
    if (sessionId === null) throw loginRequired();
    const user = await this.users.findCredentialsById(caller.userId);
    if (!user) throw credentialsInvalid();
    await this.passwords.assertAllowed(user.email, user.isOperator);
    const attempt = await this.limiter.beginConfirmation(user.id, address);
    const isRight = await keepOnFault(attempt, () =>
      this.passwords.matches(user.passwordHash, input.currentPassword),
    );
    if (!isRight) throw DomainError.invalid('current_password', 'is wrong');
    await attempt.giveBack();
    if (await this.passwords.matches(user.passwordHash, input.newPassword)) {
      throw DomainError.invalid('new_password', 'must be another than the current one');
    }
    const hash = await this.passwords.prepare(input.newPassword, user.email, 'new_password');
    return this.unitOfWork.run(async (scope) => {
      const locked = await scope.get(UsersRepository).lock(user.id);
      if (locked?.version !== user.version || locked.status !== 'active') {
        throw new DomainError(
          'request.conflict',
          'The account was changed meanwhile. Log in again.',
        );
      }
      const changed = await this.setIn(scope, locked, hash, { reason: 'changed', sessionId });
      return this.sessions.reissueIn(scope, changed, sessionId);
    });
  }

  /**
   * Uses a one-time token up and ends all sessions of its user.
   * @throws DomainError `auth.reset_invalid`, `request.invalid` (the token still works then), `auth.login_throttled`
   */
  async redeem(token: string, password: string, address: string): Promise<void> {
    const attempt = await this.limiter.beginRedemption(address);
    const tokenHash = sha256(token);
    const user = await keepOnFault(attempt, () =>
      this.users.findByResetToken(tokenHash, this.clock.now()),
    );
    if (!user) throw resetInvalid();
    await attempt.giveBack();
    await this.passwords.assertAllowed(user.email, user.isOperator);
    const hash = await this.passwords.prepare(password, user.email);
    await this.unitOfWork.run(async (scope) => {
      const locked = await scope.get(UsersRepository).lock(user.id);
      const isTaken =
        locked?.status === 'active' &&
        (await scope.get(PasswordResetsRepository).take(user.id, tokenHash, this.clock.now()));
      if (!isTaken) throw resetInvalid();
      await this.setIn(scope, locked, hash, { reason: 'reset', sessionId: null });
      // Whoever held the token may log in from here, however many strangers guess elsewhere.
      await this.sessions.rememberIn(scope, user.id, address);
    });
  }

  private async setIn(
    scope: WorkScope,
    user: User,
    passwordHash: string,
    { reason, sessionId }: { reason: string; sessionId: string | null },
  ): Promise<User> {
    const changed = { ...user, version: user.version + 1 };
    const ended = await scope
      .get(SessionsRepository)
      .revokeAll(user.id, sessionId, this.clock.now());
    await scope.get(PasswordResetsRepository).drop(user.id);
    await scope.get(AuditTrail).record({
      action: 'user.password_changed',
      target: { type: 'user', id: user.id },
      searchSpaceId: null,
      after: { reason, sessions_ended: ended },
      actorUserId: user.id,
    });
    await scope.get(UsersRepository).setPassword(changed, passwordHash);
    return changed;
  }
}

/** An attempt that could not be looked at was no guess. */
async function keepOnFault<T>(attempt: LoginAttempt, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await attempt.giveBack();
    throw error;
  }
}
