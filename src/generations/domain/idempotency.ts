import { DomainError } from '../../common/domain-error.js';

/** A repeat by an OpenAI client within this time of an undelivered answer attaches to it. */
export const ATTACH_WITHIN_S = 600;

/**
 * An answer that was sent whole may still be lost on its way. A repeat that comes so soon after it, within the
 * longest wait of the OpenAI clients (8 s), says that it was.
 */
export const LOST_WITHIN_S = 10;

const KEY_FORM = /^[\x21-\x7e]{1,128}$/;

/** How a request wants to be told apart from its own repeats. */
export interface Repetition {
  /** The caller's Idempotency-Key, or null. */
  key: string | null;
  /** Whether the client says that it is repeating itself (`x-stainless-retry-count` above 0). */
  isRetry: boolean;
}

/** @throws DomainError `request.invalid` for a malformed key. */
export function toRepetition(headers: Record<string, string | string[] | undefined>): Repetition {
  const key = headers['idempotency-key'];
  if (key !== undefined && (typeof key !== 'string' || !KEY_FORM.test(key))) {
    throw DomainError.invalid(
      'Idempotency-Key',
      'must be 1 to 128 printable ASCII characters without spaces',
    );
  }
  const retries = Number(headers['x-stainless-retry-count'] ?? 0);
  return { key: key ?? null, isRetry: Number.isInteger(retries) && retries > 0 };
}
