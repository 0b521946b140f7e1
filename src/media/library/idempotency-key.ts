import { DomainError } from '../../common/domain-error.js';

const KEY_FORM = /^[\x21-\x7e]{1,128}$/;

/** @returns null = none was sent. @throws DomainError `request.invalid` for a malformed one */
export function toIdempotencyKey(header: string | string[] | undefined): string | null {
  if (header === undefined) return null;
  if (typeof header === 'string' && KEY_FORM.test(header)) return header;
  throw DomainError.invalid(
    'Idempotency-Key',
    'must be 1 to 128 printable ASCII characters without spaces',
  );
}
