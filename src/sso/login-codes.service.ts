import { Injectable } from '@nestjs/common';
import { sha256 } from '../auth/domain/opaque-token.js';
import type { TokenPair } from '../auth/domain/session.js';
import type { SessionClient } from '../auth/domain/session-client.js';
import { UsersRepository } from '../auth/domain/users.repository.port.js';
import { SessionsService } from '../auth/sessions.service.js';
import { Clock } from '../common/clock.js';
import { UnitOfWork } from '../persistence/unit-of-work.port.js';
import { SignInsRepository } from './domain/sign-ins.repository.port.js';
import { loginCodeInvalid, signInRefused } from './domain/sso.errors.js';

/** What a sign-in ends with: a code that works once, for a session. */
@Injectable()
export class LoginCodesService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly sessions: SessionsService,
    private readonly clock: Clock,
  ) {}

  /** @throws DomainError `sso.code_invalid`, `sso.refused` for an account disabled since */
  async exchange(code: string, client: SessionClient): Promise<TokenPair> {
    // The outcome leaves the transaction as a value: a throw would bring the code back.
    const pair = await this.unitOfWork.run(async (scope) => {
      const taken = await scope.get(SignInsRepository).takeCode(sha256(code), this.clock.now());
      if (!taken) return 'unknown' as const;
      const user = await scope.get(UsersRepository).lock(taken.userId);
      if (user?.status !== 'active') return 'disabled' as const;
      return this.sessions.openIn(scope, user, client);
    });
    if (pair === 'unknown') throw loginCodeInvalid();
    if (pair === 'disabled') throw signInRefused('account_disabled');
    return pair;
  }
}
