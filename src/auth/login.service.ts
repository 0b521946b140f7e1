import { Injectable, Logger } from '@nestjs/common';
import { loginFailed } from './domain/auth.errors.js';
import { normalizeEmail } from './domain/email.js';
import type { TokenPair } from './domain/session.js';
import type { SessionClient } from './domain/session-client.js';
import type { UserCredentials } from './domain/user.js';
import { UsersReader } from './domain/users.reader.port.js';
import { LoginLimiter } from './login-limiter.js';
import { PasswordsService } from './passwords.service.js';
import { SessionsService } from './sessions.service.js';

/** From e-mail address and password to a session. */
@Injectable()
export class LoginService {
  private readonly logger = new Logger('Login');

  constructor(
    private readonly limiter: LoginLimiter,
    private readonly users: UsersReader,
    private readonly passwords: PasswordsService,
    private readonly sessions: SessionsService,
  ) {}

  /**
   * Unknown address, wrong password and disabled account look the same and take the same time.
   * @throws DomainError `auth.login_failed`, `sso.required`, `auth.login_throttled`, `request.busy`
   */
  async login(email: string, password: string, client: SessionClient): Promise<TokenPair> {
    const account = normalizeEmail(email);
    const attempt = await this.limiter.beginLogin(account, client.address);
    const user = await this.users.findCredentials(account);
    const isRight = await this.check(user, password).catch(async (error: unknown) => {
      await attempt.giveBack();
      throw error;
    });
    const isIn = isRight && user?.status === 'active';
    // Asked of everybody alike, so that the answer tells no guesser which address is an operator's.
    await this.passwords.assertAllowed(account, isIn && user.isOperator);
    if (!isIn) {
      // Not audited: anybody can fail, as often as they like.
      this.logger.log(`failed login of ${user ? `user ${user.id}` : 'no user'}`);
      throw loginFailed();
    }
    const pair = await this.sessions.open(user, client);
    await attempt.giveBack();
    return pair;
  }

  private check(user: UserCredentials | null, password: string): Promise<boolean> {
    return this.passwords.matches(user?.passwordHash ?? null, password);
  }
}
