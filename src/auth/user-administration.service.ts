import { Injectable } from '@nestjs/common';
import type { AuditEntry } from '../audit/domain/audit-event.js';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import { Clock } from '../common/clock.js';
import { DomainError } from '../common/domain-error.js';
import { isId } from '../common/ids.js';
import { AppConfig } from '../config/app-config.js';
import { UnitOfWork, type WorkScope } from '../persistence/unit-of-work.port.js';
import { lastOperator } from './domain/auth.errors.js';
import { newOpaqueToken, sha256 } from './domain/opaque-token.js';
import { PasswordResetsRepository } from './domain/password-resets.repository.port.js';
import { SessionsRepository } from './domain/sessions.repository.port.js';
import type { User, UserChange } from './domain/user.js';
import { UsersReader } from './domain/users.reader.port.js';
import { UsersRepository } from './domain/users.repository.port.js';

const MS_PER_S = 1_000;

/** A one-time token as the operator sees it this once. */
export interface IssuedReset {
  token: string;
  expiresAt: Date;
}

/** What operators do with accounts. There is no deletion: ledger and audit trail name their users for ever. */
@Injectable()
export class UserAdministrationService {
  private readonly resetTtlMs: number;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly users: UsersReader,
    private readonly clock: Clock,
    config: AppConfig,
  ) {
    this.resetTtlMs = config.auth.passwordResetTtlS * MS_PER_S;
  }

  /** @throws DomainError `request.not_found` */
  async get(id: string): Promise<User> {
    const user = isId(id) ? await this.users.findById(id) : null;
    return user ?? failMissing();
  }

  /**
   * Disabling ends the user's sessions and stops their API keys within a second; enabling brings the keys back.
   * @throws DomainError `request.not_found`, `request.conflict` for the last active operator
   */
  async update(id: string, change: UserChange): Promise<User> {
    if (Object.values(change).every((value) => value === undefined)) {
      throw new DomainError('request.invalid', 'Send name, is_operator or status.');
    }
    if (!isId(id)) failMissing();
    return this.unitOfWork.run((scope) => this.updateIn(scope, id, change));
  }

  /**
   * A token with which the user sets a new password; it takes the place of an earlier one. The password they have
   * works until then.
   * @throws DomainError `request.not_found`, `request.conflict` for a disabled user
   */
  async requestReset(id: string): Promise<IssuedReset> {
    if (!isId(id)) failMissing();
    const token = newOpaqueToken();
    const createdAt = this.clock.now();
    const expiresAt = new Date(createdAt.getTime() + this.resetTtlMs);
    await this.unitOfWork.run(async (scope) => {
      const user = (await scope.get(UsersRepository).lock(id)) ?? failMissing();
      if (user.status !== 'active') {
        throw new DomainError('request.conflict', 'The user is disabled. Enable them first.');
      }
      const reset = { userId: id, tokenHash: sha256(token), createdAt, expiresAt };
      await scope.get(PasswordResetsRepository).put(reset);
      await scope
        .get(AuditTrail)
        .record(toEntry('user.password_reset_requested', id, null, { expires_at: expiresAt }));
    });
    return { token, expiresAt };
  }

  /** Ends every session of the user; their keys go on. @throws DomainError `request.not_found` */
  async revokeSessions(id: string): Promise<void> {
    if (!isId(id)) failMissing();
    await this.unitOfWork.run(async (scope) => {
      if (!(await scope.get(UsersRepository).lock(id))) failMissing();
      const ended = await scope.get(SessionsRepository).revokeAll(id, null, this.clock.now());
      const after = { sessions_ended: ended, reason: 'ended_by_operator' };
      await scope.get(AuditTrail).record(toEntry('session.revoked', id, null, after));
    });
  }

  private async updateIn(scope: WorkScope, id: string, change: UserChange): Promise<User> {
    const users = scope.get(UsersRepository);
    const locked = (await users.lockWithOperators(id)) ?? failMissing();
    const before = locked.user;
    const after = applyChange(before, change);
    const isLeft = locked.otherOperators > 0 || isRunning(after) || !isRunning(before);
    if (!isLeft) throw lastOperator(after.status === 'active' ? 'is_operator' : 'status');
    const entries = toEntries(before, after);
    if (entries.length === 0) return before;
    if (before.status === 'active' && after.status === 'disabled') {
      await scope.get(PasswordResetsRepository).drop(id);
      await scope.get(SessionsRepository).revokeAll(id, null, this.clock.now());
    }
    await scope.get(AuditTrail).record(...entries);
    await users.update(after);
    return after;
  }
}

function isRunning({ isOperator, status }: User): boolean {
  return isOperator && status === 'active';
}

/** Rank and status are in access tokens by way of the version. */
function applyChange(user: User, change: UserChange): User {
  const name = change.name?.trim() ?? user.name;
  const isOperator = change.isOperator ?? user.isOperator;
  const status = change.status ?? user.status;
  const isOther = isOperator !== user.isOperator || status !== user.status;
  return { ...user, name, isOperator, status, version: user.version + (isOther ? 1 : 0) };
}

function toEntries(before: User, after: User): AuditEntry[] {
  const entries: AuditEntry[] = [];
  if (before.name !== after.name || before.isOperator !== after.isOperator) {
    entries.push(toEntry('user.updated', after.id, toState(before), toState(after)));
  }
  if (before.status !== after.status) {
    const action = after.status === 'active' ? 'user.enabled' : 'user.disabled';
    const [was, is] = [{ status: before.status }, { status: after.status }];
    entries.push(toEntry(action, after.id, was, is));
  }
  return entries;
}

function toState({ name, isOperator }: User): Record<string, unknown> {
  return { name, is_operator: isOperator };
}

function toEntry(
  action: string,
  id: string,
  before: AuditEntry['before'],
  after: AuditEntry['after'],
): AuditEntry {
  return { action, target: { type: 'user', id }, searchSpaceId: null, before, after };
}

function failMissing(): never {
  throw DomainError.notFound('user');
}
