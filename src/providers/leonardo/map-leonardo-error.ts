import { mapCallError } from '../shared/map-call-error.js';
import { mapHttpStatus } from '../shared/map-http-status.js';
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
import { type LeonardoErrorBody, parseLeonardoError } from './leonardo-image-api.js';

/** What was being done. Uploads, and the store that they go to, cost nothing; what is asked after may have been paid. */
export type LeonardoStep = 'upload' | 'store' | 'order' | 'ask';

const REDIRECT_MIN = 300;
const REDIRECT_MAX = 399;
const STATUS_NOT_FOUND = 404;
const STATUS_OK = 200;

type Meaning = Pick<ProviderErrorOptions, 'reason' | 'canFailOver'> & { kind: ProviderErrorKind };

/** The vendor's codes tell little, and it uses statuses for several things: the texts are what it documents. */
const TEXTS: readonly [form: RegExp, meaning: Meaning][] = [
  [/content moderation|inappropriate content/i, { kind: 'refused', reason: 'content_moderated' }],
  [/not enough api tokens/i, { kind: 'quota_exhausted' }],
  // Of a key that has not the form of one; it comes with status 500.
  [/invalid response from authorization hook/i, { kind: 'unauthorized' }],
  [
    /couldn't access image|invalid init image/i,
    { kind: 'invalid_request', reason: 'input_unreadable' },
  ],
  [
    /not supported within the production api/i,
    { kind: 'invalid_request', reason: 'model_not_found', canFailOver: true },
  ],
];

export function mapLeonardoError(
  error: unknown,
  call: ImageCall | ImageStatusCall,
  exchange: ProviderExchange,
  { now, step }: { now: Date; step: LeonardoStep },
): ProviderError {
  const base = { provider: 'leonardo', model: call.model, mayHaveBeenPaid: step === 'ask' };
  const mapped = mapCallError({ error, signal: call.signal, exchange, base }, (failure) =>
    step === 'store'
      ? toStoreError(failure, base)
      : mapFailure(failure, base, call.credential.apiKey, now),
  );
  const isFree = step === 'upload' || step === 'store';
  return isFree ? toUnpaid(mapped) : mapped;
}

/** What the second API refused with status 200. */
export function toRefusal(call: ImageCall, bodyText: string): ProviderError {
  const body = parseLeonardoError(bodyText);
  const meaning = findMeaning(body) ?? { kind: 'invalid_request' };
  return new ProviderError(meaning.kind, {
    ...meaning,
    provider: 'leonardo',
    model: call.model,
    status: STATUS_OK,
    vendorText: removeSecret(body.message, call.credential.apiKey),
  });
}

function mapFailure(
  { status, headers, bodyText }: VendorFailure,
  base: ProviderErrorOptions,
  apiKey: string | null,
  now: Date,
): ProviderError {
  const body = parseLeonardoError(bodyText);
  const general = mapHttpStatus(status);
  const isRedirect = status >= REDIRECT_MIN && status <= REDIRECT_MAX;
  // An unknown path is the address of a connection at fault, not the caller: another connection may do.
  const isUnknown = status === STATUS_NOT_FOUND;
  const { kind, ...facts } = findMeaning(body) ?? {
    kind: isRedirect ? 'failed' : general.kind,
    reason: isRedirect ? 'redirected' : isUnknown ? 'not_found' : null,
    ...(isUnknown && { canFailOver: true }),
  };
  return new ProviderError(kind, {
    ...base,
    ...facts,
    status,
    mayHaveBeenPaid: base.mayHaveBeenPaid === true || general.mayHaveBeenPaid,
    param: body.field,
    retryAfterS: parseRetryAfter(headers, body.message, now),
    vendorRequestId: toVendorRequestId(headers.get('x-request-id')),
    vendorText: removeSecret(`${status} ${body.message}`, apiKey),
  });
}

function findMeaning({ message }: LeonardoErrorBody): Meaning | null {
  return TEXTS.find(([form]) => form.test(message))?.[1] ?? null;
}
