import { mapCallError } from '../shared/map-call-error.js';
import { mapHttpStatus } from '../shared/map-http-status.js';
import { parseRetryAfter } from '../shared/parse-retry-after.js';
import type { ProviderExchange, VendorFailure } from '../shared/provider-http.js';
import { removeSecret, toVendorRequestId } from '../shared/sanitize-vendor-text.js';
import type { ImageCall, ImageStatusCall } from '../spec/image-call.js';
import {
  ProviderError,
  type ProviderErrorKind,
  type ProviderErrorOptions,
} from '../spec/provider.errors.js';
import { parseStabilityError } from './stability-image-api.js';

interface Meaning {
  kind: ProviderErrorKind;
  reason?: string;
  canFailOver?: boolean;
}

/** By `name`: a content refusal is a 403, which elsewhere means a bad key. */
const NAMES: Readonly<Record<string, Meaning>> = {
  content_moderation: { kind: 'refused' },
  payment_required: { kind: 'quota_exhausted' },
  unauthorized: { kind: 'unauthorized' },
  bad_request: { kind: 'invalid_request' },
  payload_too_large: { kind: 'invalid_request', reason: 'input_too_large' },
  invalid_language: { kind: 'invalid_request', reason: 'invalid_language' },
  invalid_prompt: { kind: 'invalid_request', reason: 'invalid_prompt' },
  rate_limit_exceeded: { kind: 'rate_limited' },
  internal_error: { kind: 'failed' },
};

const REDIRECT_MIN = 300;
const REDIRECT_MAX = 399;
const STATUS_NOT_FOUND = 404;
/** Whoever is over the limit is locked out so long; a header that says so is not promised (API pages, read 2026-11). */
const LOCKOUT_S = 60;

/**
 * Whatever ended a call to the vendor, as one of our kinds, and whether it may have cost money.
 * @param isAccepted whether the vendor works already: what goes wrong then may have been paid
 */
export function mapStabilityError(
  error: unknown,
  call: ImageCall | ImageStatusCall,
  exchange: ProviderExchange,
  now: Date,
  isAccepted = false,
): ProviderError {
  const base = { provider: 'stability', model: call.model, mayHaveBeenPaid: isAccepted };
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
  const body = parseStabilityError(bodyText);
  const known = findMeaning(body.name, status);
  const general = mapHttpStatus(status);
  const kind = known?.kind ?? general.kind;
  return new ProviderError(kind, {
    ...base,
    status,
    reason: known?.reason,
    canFailOver: known?.canFailOver,
    // What is refused is never charged; of the others, only those before the work began are known to cost nothing.
    mayHaveBeenPaid:
      kind !== 'refused' && (base.mayHaveBeenPaid === true || (!known && general.mayHaveBeenPaid)),
    param: body.field,
    retryAfterS: toRetryAfter(kind, headers, now),
    vendorRequestId: toVendorRequestId(headers.get('x-request-id') ?? body.id),
    vendorText: removeSecret(`${status} ${body.name ?? ''} ${body.message}`, apiKey),
  });
}

function findMeaning(name: string | null, status: number): Meaning | null {
  if (name !== null && Object.hasOwn(NAMES, name)) return NAMES[name] ?? null;
  // An unknown path is the address of a connection at fault, not the caller: another connection may do.
  if (status === STATUS_NOT_FOUND) {
    return { kind: 'invalid_request', reason: 'not_found', canFailOver: true };
  }
  if (status >= REDIRECT_MIN && status <= REDIRECT_MAX) {
    return { kind: 'failed', reason: 'redirected' };
  }
  return null;
}

function toRetryAfter(kind: ProviderErrorKind, headers: Headers, now: Date): number | undefined {
  if (kind !== 'rate_limited' && kind !== 'unavailable') return undefined;
  const told = parseRetryAfter(headers, null, now);
  return told ?? (kind === 'rate_limited' ? LOCKOUT_S : undefined);
}
