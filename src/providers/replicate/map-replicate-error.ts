import { mapCallError } from '../shared/map-call-error.js';
import { mapHttpStatus } from '../shared/map-http-status.js';
import { parseRetryAfter } from '../shared/parse-retry-after.js';
import type { ProviderExchange, VendorFailure } from '../shared/provider-http.js';
import { removeSecret } from '../shared/sanitize-vendor-text.js';
import type { ImageCall, ImageStatusCall } from '../spec/image-call.js';
import { ProviderError, type ProviderErrorOptions } from '../spec/provider.errors.js';
import { parseReplicateError } from './replicate-image-api.js';

const REDIRECT_MIN = 300;
const REDIRECT_MAX = 399;
const STATUS_NOT_FOUND = 404;

/** @param isAccepted whether the vendor works already: what goes wrong then may have been paid */
export function mapReplicateError(
  error: unknown,
  call: ImageCall | ImageStatusCall,
  exchange: ProviderExchange,
  now: Date,
  isAccepted = false,
): ProviderError {
  const base = { provider: 'replicate', model: call.model, mayHaveBeenPaid: isAccepted };
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
  const { message, field, retryAfterS } = parseReplicateError(bodyText);
  const general = mapHttpStatus(status);
  const isRedirect = status >= REDIRECT_MIN && status <= REDIRECT_MAX;
  // An unknown path or model is that of a connection at fault, not the caller: another connection may do.
  const isUnknown = status === STATUS_NOT_FOUND;
  return new ProviderError(isRedirect ? 'failed' : general.kind, {
    ...base,
    status,
    reason: isRedirect ? 'redirected' : isUnknown ? 'not_found' : null,
    ...(isUnknown && { canFailOver: true }),
    mayHaveBeenPaid: base.mayHaveBeenPaid === true || general.mayHaveBeenPaid,
    param: field,
    retryAfterS: parseRetryAfter(headers, null, now) ?? retryAfterS ?? undefined,
    vendorText: removeSecret(`${status} ${message}`, apiKey),
  });
}
