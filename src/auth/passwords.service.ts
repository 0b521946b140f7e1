import { Injectable } from '@nestjs/common';
import { DomainError } from '../common/domain-error.js';
import { AppConfig } from '../config/app-config.js';
import { singleSignOnRequired } from './domain/auth.errors.js';
import { BreachedPasswords } from './domain/breached-passwords.port.js';
import { CommonPasswords } from './domain/common-passwords.port.js';
import { assertPassword, normalizePassword, toPasswordForms } from './domain/password.js';
import { PasswordHasher } from './domain/password-hasher.port.js';
import { SignInPolicy } from './domain/sign-in-policy.port.js';

/** What may become a password, and whether a presented one is right. */
@Injectable()
export class PasswordsService {
  private readonly lengthMin: number;

  constructor(
    private readonly hasher: PasswordHasher,
    private readonly common: CommonPasswords,
    private readonly breached: BreachedPasswords,
    private readonly signIns: SignInPolicy,
    config: AppConfig,
  ) {
    this.lengthMin = config.auth.passwordLengthMin;
  }

  /**
   * The hash of a password that was found good. Slow, so not to be called in a transaction.
   * @throws DomainError `request.invalid` naming the field, `request.busy`
   */
  async prepare(password: string, email: string, field = 'password'): Promise<string> {
    assertPassword(password, email, field, this.lengthMin);
    const normalized = normalizePassword(password);
    if (this.common.has(normalized)) {
      throw DomainError.invalid(field, 'is one of the passwords that are guessed first');
    }
    if (await this.breached.has(normalized)) {
      throw DomainError.invalid(field, 'is known from a breach elsewhere, so it would be guessed');
    }
    return this.hasher.hash(normalized);
  }

  /**
   * Refuses passwords to those whose domain signs in elsewhere; operators keep theirs where the provider says so.
   * @throws DomainError `sso.required` naming the sign-in address
   */
  async assertAllowed(email: string, isOperator: boolean): Promise<void> {
    const forced = await this.signIns.findForced(email);
    if (forced === null || (isOperator && forced.isOperatorPasswordAllowed)) return;
    throw singleSignOnRequired(forced);
  }

  /**
   * Whether the password is the one behind the hash; the same work for a null hash (no such user).
   * @throws DomainError `request.busy`
   */
  async matches(passwordHash: string | null, password: string): Promise<boolean> {
    let isRight = false;
    for (const form of toPasswordForms(password)) {
      if (await this.hasher.verify(passwordHash, form)) isRight = true;
    }
    return isRight;
  }
}
