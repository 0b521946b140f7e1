import { DomainError } from '../../common/domain-error.js';

const EMAIL_LENGTH_MAX = 254;
/** One @, no spaces or control characters, and a domain of at least two labels: enough to catch a slip, no judge of mailboxes. */
const EMAIL_FORM = /^[^\s\p{Cc}@]{1,64}@[^\s\p{Cc}@.]+(\.[^\s\p{Cc}@.]+)+$/u;

/** The one spelling under which an address is stored and looked up. */
export function normalizeEmail(text: string): string {
  return text.trim().toLowerCase();
}

/** @throws DomainError `request.invalid` naming the field. */
export function toEmail(text: string, field = 'email'): string {
  const email = normalizeEmail(text);
  if (email.length > EMAIL_LENGTH_MAX || !EMAIL_FORM.test(email)) {
    throw DomainError.invalid(field, 'must be an e-mail address');
  }
  return email;
}
