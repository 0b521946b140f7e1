import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import type { Caller } from '../common/caller.js';
import { Clock } from '../common/clock.js';
import { DomainError } from '../common/domain-error.js';
import { isId } from '../common/ids.js';
import type { PageRequest } from '../common/page.js';
import { UnitOfWork } from '../persistence/unit-of-work.port.js';
import type { Session } from './domain/session.js';
import { SessionsReader } from './domain/sessions.reader.port.js';
import { SessionsRepository } from './domain/sessions.repository.port.js';

/** A user's look at where they are logged in. */
@Injectable()
export class OwnSessionsService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly sessions: SessionsReader,
    private readonly clock: Clock,
  ) {}

  /** Open ones, newest first; one row more than `limit` when there are more. */
  list(caller: Caller, page: PageRequest): Promise<Session[]> {
    return this.sessions.listOpen(caller.userId, page, this.clock.now());
  }

  /** @throws DomainError `request.not_found` for what is no open session of the caller's */
  async end(caller: Caller, sessionId: string): Promise<void> {
    await this.unitOfWork.run(async (scope) => {
      const isEnded =
        isId(sessionId) &&
        (await scope.get(SessionsRepository).revokeOwn(caller.userId, sessionId, this.clock.now()));
      if (!isEnded) throw DomainError.notFound('session');
      await scope.get(AuditTrail).record({
        action: 'session.revoked',
        target: { type: 'session', id: sessionId },
        searchSpaceId: null,
        after: { user_id: caller.userId, reason: 'ended_by_user' },
      });
    });
  }

  /** Ends all of the caller's sessions but the one they ask in. */
  async endOthers(caller: Caller): Promise<void> {
    await this.unitOfWork.run(async (scope) => {
      const ended = await scope
        .get(SessionsRepository)
        .revokeAll(caller.userId, caller.sessionId, this.clock.now());
      if (ended === 0) return;
      await scope.get(AuditTrail).record({
        action: 'session.revoked',
        target: { type: 'user', id: caller.userId },
        searchSpaceId: null,
        after: { sessions_ended: ended, reason: 'others_ended_by_user' },
      });
    });
  }
}
