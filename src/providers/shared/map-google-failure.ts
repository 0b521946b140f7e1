import {
  ProviderError,
  type ProviderErrorKind,
  type ProviderErrorOptions,
} from '../spec/provider.errors.js';
import { mapHttpStatus } from './map-http-status.js';
import { type GoogleErrorBody, parseGoogleError } from './parse-google-error.js';
import { parseRetryAfter } from './parse-retry-after.js';
import type { VendorFailure } from './provider-http.js';
import { removeSecret } from './sanitize-vendor-text.js';

interface Meaning {
  kind: ProviderErrorKind;
  reason?: string;
  canFailOver?: boolean;
  mayHaveBeenPaid?: boolean;
}

/** By the reason in `details`, which is finer than the status: a bad key is INVALID_ARGUMENT. */
const REASONS: Readonly<Record<string, Meaning>> = {
  API_KEY_INVALID: { kind: 'unauthorized' },
  API_KEY_EXPIRED: { kind: 'unauthorized' },
  API_KEY_SERVICE_BLOCKED: { kind: 'unauthorized' },
  SERVICE_DISABLED: { kind: 'unauthorized' },
  IAM_PERMISSION_DENIED: { kind: 'unauthorized' },
};

const STATUSES: Readonly<Record<string, Meaning>> = {
  INVALID_ARGUMENT: { kind: 'invalid_request' },
  // Billing is off, or the free tier is not offered where the project is.
  FAILED_PRECONDITION: { kind: 'quota_exhausted' },
  UNAUTHENTICATED: { kind: 'unauthorized' },
  PERMISSION_DENIED: { kind: 'unauthorized' },
  NOT_FOUND: { kind: 'invalid_request', reason: 'model_not_found', canFailOver: true },
  RESOURCE_EXHAUSTED: { kind: 'rate_limited' },
  CANCELLED: { kind: 'unavailable' },
  INTERNAL: { kind: 'failed' },
  UNAVAILABLE: { kind: 'unavailable' },
  DEADLINE_EXCEEDED: { kind: 'timeout', mayHaveBeenPaid: true },
};

const DAILY_QUOTA = 'PerDay';
const REDIRECT_MIN = 300;
const REDIRECT_MAX = 399;
const STATUS_NOT_FOUND = 404;

/**
 * What an answer of Google's APIs that is no success means.
 * @param secret the credential that was sent, in case the answer repeats it
 */
export function mapGoogleFailure(
  { status, headers, bodyText }: VendorFailure,
  base: ProviderErrorOptions,
  secret: string | null,
  now: Date,
): ProviderError {
  const body = parseGoogleError(bodyText);
  const meaning = findMeaning(body, status);
  const canWait = meaning.kind === 'rate_limited' || meaning.kind === 'unavailable';
  return new ProviderError(meaning.kind, {
    ...base,
    status,
    reason: meaning.reason,
    canFailOver: meaning.canFailOver,
    mayHaveBeenPaid: meaning.mayHaveBeenPaid,
    param: body.field,
    retryAfterS: canWait ? parseRetryAfter(withRetryInfo(headers, body), null, now) : undefined,
    vendorText: removeSecret(`${status} ${body.status ?? ''} ${body.message}`, secret),
  });
}

function findMeaning(body: GoogleErrorBody, status: number): Meaning {
  const { reason, quotaIds } = body;
  if (reason !== null && Object.hasOwn(REASONS, reason)) return REASONS[reason] as Meaning;
  if (quotaIds.some((id) => id.includes(DAILY_QUOTA))) return { kind: 'quota_exhausted' };
  if (body.status !== null && Object.hasOwn(STATUSES, body.status)) {
    return STATUSES[body.status] as Meaning;
  }
  // An unknown path is the address of a connection at fault, not the caller: another connection may do.
  if (status === STATUS_NOT_FOUND) {
    return { kind: 'invalid_request', reason: 'not_found', canFailOver: true };
  }
  if (status >= REDIRECT_MIN && status <= REDIRECT_MAX) {
    return { kind: 'failed', reason: 'redirected' };
  }
  return mapHttpStatus(status);
}

/** The vendor tells the wait in the body: `38s`. */
function withRetryInfo(headers: Headers, { retryDelay }: GoogleErrorBody): Headers {
  const seconds = /^(\d+(?:\.\d+)?)s$/.exec(retryDelay ?? '')?.[1];
  return seconds ? new Headers({ 'retry-after': seconds }) : headers;
}
