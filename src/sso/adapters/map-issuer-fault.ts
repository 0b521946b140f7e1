import { AuthorizationResponseError, ResponseBodyError } from 'openid-client';
import { DomainError } from '../../common/domain-error.js';
import { providerUnavailable, providerUntrusted, signInFailed } from '../domain/sso.errors.js';

const CAUSES_MAX = 8;
/** What RFC 6749 and OpenID Connect allow as an error code, and no text that could be anything else. */
const ERROR_CODE_FORM = /^[a-z_]{1,64}$/;
const TIMEOUT_CODES: ReadonlySet<unknown> = new Set(['OAUTH_TIMEOUT', 'ERR_JWKS_TIMEOUT']);

/** What openid-client, jose and the network say, in our words; their own stay in the log. */
export function mapIssuerFault(error: unknown): DomainError {
  if (isUnavailable(error)) return providerUnavailable(error);
  if (error instanceof AuthorizationResponseError) {
    return withProviderError(signInFailed('provider_declined', undefined, error), error.error);
  }
  const code = error instanceof ResponseBodyError ? error.error : null;
  return withProviderError(providerUntrusted(error), code);
}

/** Whether nothing was learnt of the issuer, rather than something bad. */
export function isUnavailable(error: unknown): boolean {
  let fault = error;
  for (let depth = 0; depth < CAUSES_MAX && fault instanceof Error; depth += 1) {
    if (fault instanceof DomainError && fault.code.startsWith('outbound.')) return true;
    if (TIMEOUT_CODES.has((fault as { code?: unknown }).code)) return true;
    if (fault.name === 'TimeoutError') return true;
    fault = fault.cause;
  }
  return false;
}

function withProviderError(error: DomainError, code: string | null): DomainError {
  if (code === null || !ERROR_CODE_FORM.test(code)) return error;
  return new DomainError(error.code, error.message, {
    details: { ...error.details, provider_error: code },
    cause: error.cause,
  });
}
