import { createHash } from 'node:crypto';
import canonicalizeModule from 'canonicalize';
import { DomainError } from '../../common/domain-error.js';

// The package is CommonJS with a default export; its types say otherwise under nodenext.
const canonicalize = canonicalizeModule as unknown as (value: unknown) => string | undefined;

/**
 * SHA-256 (hex) of the canonical JSON (RFC 8785) of a request body: equal for equal requests.
 * @throws DomainError `request.invalid` for a number such as 1e400, which reads as infinite.
 */
export function toFingerprint(body: unknown): string {
  return createHash('sha256').update(toCanonical(body)).digest('hex');
}

function toCanonical(body: unknown): string {
  try {
    return canonicalize(body) ?? '';
  } catch (error) {
    throw new DomainError(
      'request.invalid',
      'A number in the body is too large. Send it as a text.',
      { cause: error },
    );
  }
}
