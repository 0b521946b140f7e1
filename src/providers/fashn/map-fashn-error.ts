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
import { type FashnErrorBody, parseFashnError } from './fashn-image-api.js';

const UNREADABLE = 'ImageLoadError';
const STATUS_OK = 200;
const STATUS_NOT_FOUND = 404;
const REDIRECT_MIN = 300;
const REDIRECT_MAX = 399;

/** Of a prediction that was taken and failed: nothing is charged for it. Any other name is a fault of the vendor's. */
const KINDS: Readonly<Record<string, ProviderErrorKind>> = {
  ContentModerationError: 'refused',
  ImageLoadError: 'invalid_request',
  PoseError: 'invalid_request',
  InputValidationError: 'invalid_request',
  UnavailableError: 'unavailable',
};

/** @param isAccepted whether the vendor works already: what goes wrong then may have been paid */
export function mapFashnError(
  error: unknown,
  call: ImageCall | ImageStatusCall,
  exchange: ProviderExchange,
  now: Date,
  isAccepted = false,
): ProviderError {
  const base = { provider: 'fashn', model: call.model, mayHaveBeenPaid: isAccepted };
  return mapCallError({ error, signal: call.signal, exchange, base }, (failure) =>
    mapFailure(failure, base, call.credential.apiKey, now),
  );
}

/** Of a prediction that says by itself that it failed. */
export function toJobError(
  call: ImageStatusCall,
  id: string,
  error: FashnErrorBody | null,
): ProviderError {
  const { name = '', message = '' } = error ?? {};
  return new ProviderError(KINDS[name] ?? 'failed', {
    provider: 'fashn',
    model: call.model,
    status: STATUS_OK,
    reason: name === UNREADABLE ? 'input_unreadable' : (toReason(name) ?? 'job_failed'),
    mayHaveBeenPaid: false,
    vendorRequestId: toVendorRequestId(id),
    vendorText: removeSecret(`${name} ${message}`, call.credential.apiKey),
  });
}

function mapFailure(
  { status, headers, bodyText }: VendorFailure,
  base: ProviderErrorOptions,
  apiKey: string | null,
  now: Date,
): ProviderError {
  const { name, message } = parseFashnError(bodyText);
  const general = mapHttpStatus(status);
  const isRedirect = status >= REDIRECT_MIN && status <= REDIRECT_MAX;
  // An unknown path is the address of a connection at fault, not the caller: another connection may do.
  const isUnknown = status === STATUS_NOT_FOUND;
  const isOutOfCredits = name === 'OutOfCredits';
  const kind = isRedirect ? 'failed' : isOutOfCredits ? 'quota_exhausted' : general.kind;
  return new ProviderError(kind, {
    ...base,
    status,
    reason: isRedirect ? 'redirected' : isUnknown ? 'not_found' : toReason(name),
    ...(isUnknown && { canFailOver: true }),
    mayHaveBeenPaid: base.mayHaveBeenPaid === true || general.mayHaveBeenPaid,
    ...(!isOutOfCredits && { retryAfterS: parseRetryAfter(headers, message, now) }),
    vendorRequestId: toVendorRequestId(headers.get('x-request-id')),
    vendorText: removeSecret(`${status} ${name} ${message}`, apiKey),
  });
}

/** `ImageLoadError` → `image_load_error`; null = the vendor gave no name. */
function toReason(name: string): string | null {
  if (!/^[A-Za-z]{1,60}$/.test(name)) return null;
  return name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toLowerCase();
}
