import { TokenExchangeError } from '../shared/google-access-tokens.js';
import { mapAbort } from '../shared/map-abort.js';
import { mapCallError } from '../shared/map-call-error.js';
import { mapGoogleFailure } from '../shared/map-google-failure.js';
import { mapHttpStatus } from '../shared/map-http-status.js';
import { parseRetryAfter } from '../shared/parse-retry-after.js';
import type { ProviderExchange, VendorFailure } from '../shared/provider-http.js';
import { parseJson, toRecord, toWord } from '../shared/read-json.js';
import type { ImageCall } from '../spec/image-call.js';
import { ProviderError, type ProviderErrorOptions } from '../spec/provider.errors.js';

const NEVER = new AbortController().signal;
const CLIENT_ERROR_MAX = 499;

/**
 * Whatever ended a call to the vendor, as one of our kinds, and whether it may have cost money.
 * @param token the access token that was sent, in case an answer repeats it
 */
export function mapVertexError(
  error: unknown,
  call: ImageCall,
  { exchange, token }: { exchange: ProviderExchange; token: string },
  now: Date,
): ProviderError {
  const base = { provider: 'vertex', model: call.model };
  return mapCallError({ error, signal: call.signal, exchange, base }, (failure) =>
    mapGoogleFailure(failure, base, token, now),
  );
}

/** Whatever kept an access token from us. No picture was asked for yet, so that nothing can have cost money. */
export function mapTokenError(error: unknown, { model, signal }: ImageCall, now: Date) {
  const base = { provider: 'vertex', model };
  if (error instanceof TypeError) return toBadAccount(model, error.message);
  if (!(error instanceof TokenExchangeError)) {
    if (signal.aborted) return mapAbort(signal, base);
    return new ProviderError('unavailable', { ...base, reason: 'no_token', cause: error });
  }
  const { exchange, cause } = error;
  // Its deadline is its own: that of the call has not passed.
  const found = mapCallError({ error: cause, signal: NEVER, exchange, base }, (failure) =>
    mapTokenFailure(failure, base, now),
  );
  const { kind, status, reason, retryAfterS } = found;
  return new ProviderError(kind, {
    ...base,
    status,
    reason: reason ?? 'no_token',
    retryAfterS,
    ...(reason === 'address_refused' && { isRetryable: false }),
    mayHaveBeenPaid: false,
    cause: found.cause,
  });
}

/** A key that is none, or one that must not be used: whoever set the connection has to set another. */
export function toBadAccount(model: string, fault: string): ProviderError {
  return new ProviderError('unauthorized', {
    provider: 'vertex',
    model,
    reason: 'service_account_invalid',
    advice: `It is the whole JSON text of a service account key: ${fault}.`,
  });
}

/** OAuth's own words (RFC 6749, 5.2). Its description is left out: it may quote the assertion. */
function mapTokenFailure(
  { status, headers, bodyText }: VendorFailure,
  base: ProviderErrorOptions,
  now: Date,
): ProviderError {
  const general = mapHttpStatus(status);
  const word = toWord(toRecord(parseJson(bodyText))?.error);
  // A key that is not accepted is a 400 there; a redirect or an unknown path is a wrong address.
  const isOurs = status <= CLIENT_ERROR_MAX && general.kind !== 'rate_limited';
  return new ProviderError(isOurs ? 'unauthorized' : general.kind, {
    ...base,
    status,
    reason: isOurs ? 'token_refused' : null,
    retryAfterS: parseRetryAfter(headers, null, now),
    vendorText: `${status} ${word ?? ''}`,
  });
}
