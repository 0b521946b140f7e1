import { DomainError } from '../../common/domain-error.js';
import { ProviderError, type ProviderErrorOptions } from '../spec/provider.errors.js';
import { MalformedAnswerError } from './malformed-answer.error.js';
import { mapAbort } from './map-abort.js';
import type { ProviderExchange, VendorFailure } from './provider-http.js';

const CAUSES_MAX = 8;
const TIMEOUT_CODES = ['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'ETIMEDOUT'];

export interface EndedCall {
  error: unknown;
  signal: AbortSignal;
  exchange: ProviderExchange;
  /** Its `mayHaveBeenPaid` is true where the vendor works already: then it stays so, whatever became of this request. */
  base: ProviderErrorOptions;
}

/** What every vendor has alike: an answer that is no success is for `mapFailure`, all else is known from the way to it. */
export function mapCallError(
  { error, signal, exchange, base }: EndedCall,
  mapFailure: (failure: VendorFailure) => ProviderError,
): ProviderError {
  if (error instanceof ProviderError) return error;
  if (exchange.failure) return mapFailure(exchange.failure);
  const mayHaveBeenPaid = base.mayHaveBeenPaid === true || exchange.wasSent;
  if (signal.aborted) return mapAbort(signal, { ...base, mayHaveBeenPaid });
  if (error instanceof MalformedAnswerError) {
    return new ProviderError('malformed', { ...base, mayHaveBeenPaid: true, cause: error });
  }
  return mapBrokenConnection(error, { ...base, mayHaveBeenPaid }, exchange.wasSent);
}

function mapBrokenConnection(
  error: unknown,
  base: ProviderErrorOptions,
  wasSent: boolean,
): ProviderError {
  const causes = listCauses(error);
  const options = { ...base, cause: error };
  if (causes.some((cause) => cause instanceof DomainError)) {
    return new ProviderError('unavailable', {
      ...options,
      reason: 'address_refused',
      isRetryable: false,
    });
  }
  const isTimeout = causes.some(isTimeoutError) && wasSent;
  return new ProviderError(isTimeout ? 'timeout' : 'unavailable', {
    ...options,
    reason: wasSent ? 'connection_lost' : 'not_connected',
  });
}

function isTimeoutError(error: unknown): boolean {
  const { code, name } = error as { code?: unknown; name?: unknown };
  return (
    TIMEOUT_CODES.includes(String(code)) ||
    name === 'TimeoutError' ||
    (error as object).constructor.name === 'APIConnectionTimeoutError'
  );
}

function listCauses(error: unknown): object[] {
  const causes: object[] = [];
  let at: unknown = error;
  while (typeof at === 'object' && at !== null && causes.length < CAUSES_MAX) {
    causes.push(at);
    at = (at as { cause?: unknown }).cause;
  }
  return causes;
}
