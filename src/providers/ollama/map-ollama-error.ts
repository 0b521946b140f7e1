import { mapCallError } from '../shared/map-call-error.js';
import { mapHttpStatus } from '../shared/map-http-status.js';
import { parseRetryAfter } from '../shared/parse-retry-after.js';
import type { ProviderExchange, VendorFailure } from '../shared/provider-http.js';
import { removeSecret } from '../shared/sanitize-vendor-text.js';
import type { ProviderCredential } from '../spec/image-call.js';
import { ProviderError, type ProviderErrorOptions } from '../spec/provider.errors.js';
import { OllamaFault } from './map-ollama-chat-result.js';
import { parseOllamaError } from './ollama-chat-api.js';

const STATUS_NOT_FOUND = 404;
const REDIRECT_MIN = 300;
const REDIRECT_MAX = 399;
/** A wrong type of an option falls through to the server's default branch. */
const STATUS_SERVER_ERROR = 500;
const WRONG_OPTION = /^option "([a-z_]{1,40})" must be of type /;
/** The client went away, by the server's own account. */
const STATUS_CLIENT_CLOSED = 499;

/** What an error needs to know of a call of any kind. */
export interface FailedCall {
  model: string;
  credential: ProviderCredential;
  signal: AbortSignal;
}

/**
 * Whatever ended a call to the server, as one of our kinds.
 * @param hasBegun whether a piece of the answer came before it
 */
export function mapOllamaError(
  error: unknown,
  call: FailedCall,
  exchange: ProviderExchange,
  { now, hasBegun = false }: { now: Date; hasBegun?: boolean },
): ProviderError {
  const base = { provider: 'ollama', model: call.model };
  const { apiKey } = call.credential;
  if (error instanceof OllamaFault) {
    const vendorText = removeSecret(error.text, apiKey);
    return new ProviderError('failed', { ...base, mayHaveBeenPaid: hasBegun, vendorText });
  }
  return mapCallError({ error, signal: call.signal, exchange, base }, (failure) =>
    mapFailure(failure, base, apiKey, now),
  );
}

function mapFailure(
  { status, headers, bodyText }: VendorFailure,
  base: ProviderErrorOptions,
  apiKey: string | null,
  now: Date,
): ProviderError {
  const text = parseOllamaError(bodyText);
  const option = status === STATUS_SERVER_ERROR ? WRONG_OPTION.exec(text)?.[1] : undefined;
  const options = {
    ...base,
    status,
    vendorText: removeSecret(`${status} ${text}`, apiKey),
  };
  if (option !== undefined)
    return new ProviderError('invalid_request', { ...options, param: option });
  // A model that is not on this server may be on another; so may the API.
  if (status === STATUS_NOT_FOUND) {
    const reason = text === bodyText ? 'not_found' : 'model_not_found';
    return new ProviderError('invalid_request', { ...options, reason, canFailOver: true });
  }
  if (status >= REDIRECT_MIN && status <= REDIRECT_MAX) {
    return new ProviderError('failed', { ...options, reason: 'redirected' });
  }
  if (status === STATUS_CLIENT_CLOSED) return new ProviderError('unavailable', options);
  const { kind, mayHaveBeenPaid } = mapHttpStatus(status);
  const canWait = kind === 'rate_limited' || kind === 'unavailable';
  const retryAfterS = canWait ? parseRetryAfter(headers, text, now) : undefined;
  return new ProviderError(kind, { ...options, mayHaveBeenPaid, retryAfterS });
}
