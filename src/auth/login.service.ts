import { Injectable } from '@nestjs/common';
import { AddressLimiter } from '../throttle/address-limiter.js';
import { loginFailed } from './domain/auth.errors.js';
import { normalizeEmail } from './domain/email.js';
import { PasswordHasher } from './domain/password-hasher.port.js';
import type { TokenPair } from './domain/session.js';
import { UsersReader } from './domain/users.reader.port.js';
import { SessionsService } from './sessions.service.js';

/** From e-mail address and password to a session. */
@Injectable()
export class LoginService {
  constructor(
    private readonly limiter: AddressLimiter,
    private readonly users: UsersReader,
    private readonly passwords: PasswordHasher,
    private readonly sessions: SessionsService,
  ) {}

  /**
   * Unknown address, wrong password and disabled account look the same and take the same time.
   * @throws DomainError `auth.login_failed`, `auth.login_throttled`, `request.busy`
   */
  async login(email: string, password: string, address: string): Promise<TokenPair> {
    await this.limiter.assertAllowed(address);
    const user = await this.users.findCredentials(normalizeEmail(email));
    const isRight = await this.passwords.verify(user?.passwordHash ?? null, password);
    if (!user || !isRight || user.status !== 'active') {
      await this.limiter.recordFailure(address);
      throw loginFailed();
    }
    // Asked again, for guesses that were sent all at once and passed the first question together.
    await this.limiter.assertAllowed(address);
    return this.sessions.open(user);
  }
}
