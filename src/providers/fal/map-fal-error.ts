import { mapCallError } from '../shared/map-call-error.js';
import { mapHttpStatus, type StatusMeaning } from '../shared/map-http-status.js';
import { toStoreError, toUnpaid } from '../shared/map-upload-error.js';
import { parseRetryAfter } from '../shared/parse-retry-after.js';
import type { ProviderExchange, VendorFailure } from '../shared/provider-http.js';
import { removeSecret, toVendorRequestId } from '../shared/sanitize-vendor-text.js';
import type { ImageCall, ImageStatusCall } from '../spec/image-call.js';
import {
  ProviderError,
  type ProviderErrorKind,
  type ProviderErrorOptions,
} from '../spec/provider.errors.js';
import { type FalErrorBody, parseFalError } from './fal-image-api.js';

/** What was being done. Uploads, and the store that they go to, cost nothing; what is asked after may have been paid. */
export type FalStep = 'upload' | 'store' | 'order' | 'ask';

const REDIRECT_MIN = 300;
const REDIRECT_MAX = 399;
const STATUS_OK = 200;
const STATUS_FORBIDDEN = 403;
const STATUS_NOT_FOUND = 404;
const STATUS_UNPROCESSABLE = 422;

interface Meaning {
  kind: ProviderErrorKind;
  reason: string | null;
}

const UNREADABLE: Meaning = { kind: 'invalid_request', reason: 'input_unreadable' };
const UNFIT: Meaning = { kind: 'invalid_request', reason: 'input_unfit' };
const TYPES: Readonly<Record<string, Meaning>> = {
  content_policy_violation: { kind: 'refused', reason: 'content_moderated' },
  image_load_error: UNREADABLE,
  file_download_error: UNREADABLE,
  image_too_small: UNFIT,
  image_too_large: UNFIT,
  file_too_large: UNFIT,
  face_detection_error: UNFIT,
  concurrent_requests_limit: { kind: 'rate_limited', reason: null },
  request_timeout: { kind: 'timeout', reason: null },
  generation_timeout: { kind: 'timeout', reason: null },
  runner_disconnected: { kind: 'unavailable', reason: null },
  runner_scheduling_failure: { kind: 'unavailable', reason: null },
  downstream_service_unavailable: { kind: 'unavailable', reason: null },
  downstream_service_error: { kind: 'failed', reason: null },
  internal_server_error: { kind: 'failed', reason: null },
  internal_error: { kind: 'failed', reason: null },
};
/** Of a request that the vendor took and does not know any more. */
const LOST: Meaning = { kind: 'failed', reason: 'job_expired' };
/** The vendor has no type for an account without money: it says so with the status of a forbidden request. */
const LOCKED_TEXT = /user is locked|exhausted balance/i;

export function mapFalError(
  error: unknown,
  call: ImageCall | ImageStatusCall,
  exchange: ProviderExchange,
  { now, step }: { now: Date; step: FalStep },
): ProviderError {
  const base = { provider: 'fal', model: call.model, mayHaveBeenPaid: step === 'ask' };
  const mapped = mapCallError({ error, signal: call.signal, exchange, base }, (failure) =>
    step === 'store'
      ? toStoreError(failure, base)
      : mapFailure(failure, base, call.credential.apiKey, now),
  );
  return step === 'upload' || step === 'store' ? toUnpaid(mapped) : mapped;
}

/**
 * Why a request that has ended made nothing, where its result says so with a status of its own; null = the fault lies in
 * the asking.
 */
export function toJobError(
  call: ImageStatusCall,
  id: string,
  { status, headers, bodyText }: VendorFailure,
): ProviderError | null {
  const body = parseFalError(bodyText, headers);
  const isOfJob = status === STATUS_UNPROCESSABLE || body.type !== null;
  if (!isOfJob || body.type === 'concurrent_requests_limit') return null;
  const isFinal = headers.get('x-fal-retryable') === 'false';
  const unprocessable = status === STATUS_UNPROCESSABLE ? 'invalid_request' : 'failed';
  return toEndError(call, id, body, isFinal ? { isRetryable: false } : {}, unprocessable);
}

/** Never of a kind that passes: asked again, the request would answer the same. */
export function toEndError(
  { model, credential }: ImageStatusCall,
  id: string,
  { type, message, field }: FalErrorBody,
  extra: Pick<ProviderErrorOptions, 'isRetryable'> = {},
  otherwise: ProviderErrorKind = 'failed',
): ProviderError {
  const known = findMeaning(type);
  const isKept = known?.kind === 'refused' || known?.kind === 'invalid_request';
  const kind = isKept ? known.kind : known ? 'failed' : otherwise;
  return new ProviderError(kind, {
    provider: 'fal',
    model,
    status: STATUS_OK,
    reason: isKept ? known.reason : kind === 'failed' ? 'job_failed' : null,
    param: field,
    vendorRequestId: toVendorRequestId(id),
    vendorText: removeSecret(`${type ?? ''} ${message}`.trim(), credential.apiKey),
    ...extra,
  });
}

function mapFailure(
  { status, headers, bodyText }: VendorFailure,
  base: ProviderErrorOptions,
  apiKey: string | null,
  now: Date,
): ProviderError {
  const body = parseFalError(bodyText, headers);
  const general = mapHttpStatus(status);
  const isUnknown = status === STATUS_NOT_FOUND;
  const isLost = isUnknown && base.mayHaveBeenPaid === true;
  const { kind, reason } = isLost
    ? LOST
    : (findMeaning(body.type) ?? toGeneralMeaning(status, body, general));
  return new ProviderError(kind, {
    ...base,
    status,
    reason,
    // An unknown address is that of a connection at fault, not the caller: another connection may do.
    ...(isUnknown && { canFailOver: true }),
    ...(headers.get('x-fal-retryable') === 'false' && { isRetryable: false }),
    mayHaveBeenPaid: base.mayHaveBeenPaid === true || general.mayHaveBeenPaid,
    param: body.field,
    retryAfterS: parseRetryAfter(headers, body.message, now),
    vendorRequestId: toVendorRequestId(headers.get('x-fal-request-id')),
    vendorText: removeSecret(`${status} ${body.type ?? ''} ${body.message}`, apiKey),
  });
}

function toGeneralMeaning(
  status: number,
  { message }: FalErrorBody,
  { kind }: StatusMeaning,
): Meaning {
  if (status >= REDIRECT_MIN && status <= REDIRECT_MAX) {
    return { kind: 'failed', reason: 'redirected' };
  }
  if (status === STATUS_FORBIDDEN && LOCKED_TEXT.test(message)) {
    return { kind: 'quota_exhausted', reason: null };
  }
  return { kind, reason: status === STATUS_NOT_FOUND ? 'not_found' : null };
}

function findMeaning(type: string | null): Meaning | null {
  return type !== null && Object.hasOwn(TYPES, type) ? (TYPES[type] ?? null) : null;
}
