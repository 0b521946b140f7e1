import { randomBytes } from 'node:crypto';
import { DomainError } from '../../common/domain-error.js';
import { normalizeEmail } from './email.js';

export const PASSWORD_LENGTH_MIN = 12;
export const PASSWORD_LENGTH_MAX = 256;
const GENERATED_BYTES = 18;

/** A password that nobody chose: 144 random bits, in letters that a double click selects whole. */
export function newPassword(): string {
  return randomBytes(GENERATED_BYTES).toString('hex');
}

/**
 * Length alone decides, as NIST SP 800-63B section 5.1.1.2 advises: no rules of composition.
 * Characters are counted as code points, so that a letter outside the BMP counts once.
 * @throws DomainError `request.invalid` naming the field.
 */
export function assertPassword(password: string, email: string, field = 'password'): void {
  const length = [...password].length;
  if (length < PASSWORD_LENGTH_MIN || length > PASSWORD_LENGTH_MAX) {
    throw DomainError.invalid(
      field,
      `must have ${PASSWORD_LENGTH_MIN} to ${PASSWORD_LENGTH_MAX} characters`,
    );
  }
  if (normalizeEmail(password) === normalizeEmail(email)) {
    throw DomainError.invalid(field, 'must not be the e-mail address');
  }
}
