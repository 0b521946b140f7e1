import { mapCallError } from '../shared/map-call-error.js';
import { mapGoogleFailure } from '../shared/map-google-failure.js';
import type { ProviderExchange } from '../shared/provider-http.js';
import type { ProviderCredential } from '../spec/image-call.js';
import { ProviderError } from '../spec/provider.errors.js';
import { GeminiFault } from './map-gemini-chat-result.js';

const STATUS_UNKNOWN = 500;

/** What an error needs to know of a call of any kind. */
export interface FailedCall {
  model: string;
  credential: ProviderCredential;
  signal: AbortSignal;
}

/** Whatever ended a call to the vendor, as one of our kinds, and whether it may have cost money. */
export function mapGeminiError(
  error: unknown,
  call: FailedCall,
  exchange: ProviderExchange,
  now: Date,
): ProviderError {
  const base = { provider: 'gemini', model: call.model };
  return mapCallError({ error, signal: call.signal, exchange, base }, (failure) =>
    mapGoogleFailure(failure, base, call.credential.apiKey, now),
  );
}

/**
 * A fault that the vendor reports in an answer which it began as a success; what is no such fault comes back unchanged.
 * @param hasBegun whether a piece of the answer came before it, which is paid
 */
export function mapGeminiFault(
  error: unknown,
  call: FailedCall,
  hasBegun: boolean,
  now: Date,
): unknown {
  if (!(error instanceof GeminiFault)) return error;
  const { code } = error.error;
  const status = typeof code === 'number' ? code : STATUS_UNKNOWN;
  const base = { provider: 'gemini', model: call.model };
  const bodyText = JSON.stringify({ error: error.error });
  const failure = { status, headers: new Headers(), bodyText };
  const mapped = mapGoogleFailure(failure, base, call.credential.apiKey, now);
  if (!hasBegun) return mapped;
  const { kind, reason, retryAfterS, cause } = mapped;
  return new ProviderError(kind, {
    ...base,
    status,
    reason,
    retryAfterS,
    cause,
    mayHaveBeenPaid: true,
  });
}
