import { mapCallError } from '../shared/map-call-error.js';
import { mapHttpStatus } from '../shared/map-http-status.js';
import { parseRetryAfter } from '../shared/parse-retry-after.js';
import type { ProviderExchange, VendorFailure } from '../shared/provider-http.js';
import { removeSecret } from '../shared/sanitize-vendor-text.js';
import type { ImageCall } from '../spec/image-call.js';
import {
  ProviderError,
  type ProviderErrorKind,
  type ProviderErrorOptions,
} from '../spec/provider.errors.js';
import { type GeminiErrorBody, parseGeminiError } from './gemini-image-api.js';

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

/** Whatever ended a call to the vendor, as one of our kinds, and whether it may have cost money. */
export function mapGeminiError(
  error: unknown,
  call: ImageCall,
  exchange: ProviderExchange,
  now: Date,
): ProviderError {
  const base = { provider: 'gemini', model: call.model };
  return mapCallError({ error, signal: call.signal, exchange, base }, (failure) =>
    mapFailure(failure, base, call.credential.apiKey, now),
  );
}

function mapFailure(
  { status, headers, bodyText }: VendorFailure,
  base: ProviderErrorOptions,
  apiKey: string | null,
  now: Date,
): ProviderError {
  const body = parseGeminiError(bodyText);
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
    vendorText: removeSecret(`${status} ${body.status ?? ''} ${body.message}`, apiKey),
  });
}

function findMeaning(body: GeminiErrorBody, status: number): Meaning {
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
function withRetryInfo(headers: Headers, { retryDelay }: GeminiErrorBody): Headers {
  const seconds = /^(\d+(?:\.\d+)?)s$/.exec(retryDelay ?? '')?.[1];
  return seconds ? new Headers({ 'retry-after': seconds }) : headers;
}
