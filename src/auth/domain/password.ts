import { randomBytes } from 'node:crypto';
import { DomainError } from '../../common/domain-error.js';
import { normalizeEmail } from './email.js';

export const PASSWORD_LENGTH_MIN = 12;
export const PASSWORD_LENGTH_MAX = 256;
const GENERATED_BYTES = 18;
const PRODUCT_NAME = 'atelier';
/** A shorter local part (`jo@…`) is a part of too many honest passwords. */
const LOCAL_PART_LENGTH_MIN = 4;
/** `abcabcabcabc`: a few characters over and over are as short as the few. */
const REPEATED = /^(.{1,4})\1+$/su;

/** A password that nobody chose: 144 random bits, in letters that a double click selects whole. */
export function newPassword(): string {
  return randomBytes(GENERATED_BYTES).toString('hex');
}

/**
 * The one spelling that is hashed: the same password typed on another keyboard may arrive in other code points
 * (NIST SP 800-63B-4, 3.1.1.2: normalise before hashing).
 */
export function normalizePassword(password: string): string {
  return password.normalize('NFKC');
}

/** The spellings a password may have been hashed in: normalised, and as sent, for hashes from before. */
export function toPasswordForms(password: string): readonly string[] {
  const normalized = normalizePassword(password);
  return normalized === password ? [password] : [normalized, password];
}

/**
 * The rules that need nobody else. Those of NIST SP 800-63B-4, 3.1.1.2: a least and a generous greatest length in
 * code points, no rules of composition, none of the words that the context gives away. Our own on top: such a word
 * is refused inside a password too, and so are a few characters repeated.
 * @throws DomainError `request.invalid` naming the field.
 */
export function assertPassword(
  password: string,
  email: string,
  field = 'password',
  lengthMin = PASSWORD_LENGTH_MIN,
): void {
  const text = normalizePassword(password);
  const length = [...text].length;
  if (length < lengthMin || length > PASSWORD_LENGTH_MAX) {
    throw DomainError.invalid(field, `must have ${lengthMin} to ${PASSWORD_LENGTH_MAX} characters`);
  }
  assertFreeOfContext(text.toLowerCase(), normalizeEmail(email), field);
  if (REPEATED.test(text)) {
    throw DomainError.invalid(field, 'must not be a few characters over and over');
  }
}

function assertFreeOfContext(text: string, email: string, field: string): void {
  if (text.trim() === email) throw DomainError.invalid(field, 'must not be the e-mail address');
  if (text.includes(PRODUCT_NAME)) {
    throw DomainError.invalid(field, `must not contain the name of this service (${PRODUCT_NAME})`);
  }
  const localPart = email.split('@', 1)[0] ?? '';
  if (localPart.length >= LOCAL_PART_LENGTH_MIN && text.includes(localPart)) {
    throw DomainError.invalid(
      field,
      'must not contain the part of the e-mail address before the @ sign',
    );
  }
}
