import { mapCallError } from '../shared/map-call-error.js';
import { mapHttpStatus } from '../shared/map-http-status.js';
import { parseRetryAfter } from '../shared/parse-retry-after.js';
import type { ProviderExchange, VendorFailure } from '../shared/provider-http.js';
import { VendorFault } from '../shared/read-chat-json.js';
import { removeSecret, toVendorRequestId } from '../shared/sanitize-vendor-text.js';
import type { ChatCall } from '../spec/chat-call.js';
import {
  ProviderError,
  type ProviderErrorKind,
  type ProviderErrorOptions,
} from '../spec/provider.errors.js';
import { parseAnthropicError, readAnthropicError } from './anthropic-chat-api.js';

interface TypeMeaning {
  kind: ProviderErrorKind;
  reason?: string;
  canFailOver?: boolean;
}

/** By `error.type`: never by the text, which the vendor changes at will. */
const MEANINGS: Readonly<Record<string, TypeMeaning>> = {
  invalid_request_error: { kind: 'invalid_request' },
  request_too_large: { kind: 'invalid_request', reason: 'request_too_large' },
  authentication_error: { kind: 'unauthorized' },
  permission_error: { kind: 'unauthorized' },
  billing_error: { kind: 'quota_exhausted' },
  not_found_error: { kind: 'invalid_request', reason: 'model_not_found', canFailOver: true },
  rate_limit_error: { kind: 'rate_limited' },
  api_error: { kind: 'failed' },
  overloaded_error: { kind: 'unavailable' },
};
const WAITS: readonly ProviderErrorKind[] = ['rate_limited', 'unavailable', 'failed'];

/**
 * Whatever ended a call to the vendor, as one of our kinds.
 * @param hasBegun whether a part of the answer was handed on: then it is paid, and nothing may be asked for again
 */
export function mapAnthropicError(
  error: unknown,
  call: Pick<ChatCall, 'model' | 'credential' | 'signal'>,
  exchange: ProviderExchange,
  now: Date,
  hasBegun = false,
): ProviderError {
  const base = { provider: 'anthropic', model: call.model };
  if (error instanceof VendorFault) {
    const { type, message } = readAnthropicError(error.body);
    const meaning = findMeaning(type) ?? { kind: 'failed' };
    return new ProviderError(meaning.kind, {
      ...base,
      ...meaning,
      mayHaveBeenPaid: hasBegun,
      vendorText: removeSecret(`${type} ${message}`, call.credential.apiKey),
    });
  }
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
  const { type, message } = parseAnthropicError(bodyText);
  const general = mapHttpStatus(status);
  const meaning = findMeaning(type);
  const kind = meaning?.kind ?? general.kind;
  return new ProviderError(kind, {
    ...base,
    status,
    reason: meaning?.reason,
    canFailOver: meaning?.canFailOver,
    mayHaveBeenPaid: meaning ? false : general.mayHaveBeenPaid,
    retryAfterS: WAITS.includes(kind) ? parseRetryAfter(headers, message, now) : undefined,
    vendorRequestId: toVendorRequestId(headers.get('request-id')),
    vendorText: removeSecret(`${status} ${type} ${message}`, apiKey),
  });
}

function findMeaning(type: string | null): TypeMeaning | null {
  return type !== null && Object.hasOwn(MEANINGS, type) ? (MEANINGS[type] ?? null) : null;
}
