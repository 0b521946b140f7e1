import { DomainError, type FieldFault } from '../common/domain-error.js';
import type { ErrorCode } from '../common/error-code.js';
import { toAnswerStatus } from '../http/render-error.js';
import { toDomainError } from '../http/to-domain-error.js';

const BAD_REQUEST = 400;
const FORBIDDEN = 403;
const INTERNAL = 500;
const BAD_GATEWAY = 502;
const UNAVAILABLE = 503;

/** What a shop calls the pictures that we have by their places. */
const FIELD_NAMES: readonly (readonly [ours: string, theirs: string])[] = [
  ['reference_images[0].url', 'user_image_url'],
  ['reference_images[1].url', 'catalog_image_url'],
  ['reference_images[1].garment_category', 'garment_category'],
  ['reference_images[0]', 'user_image'],
  ['reference_images[1]', 'catalog_image'],
];

/** Where the façade's own document says otherwise than the statuses of the house. */
const STATUSES: Readonly<Partial<Record<ErrorCode, number>>> = {
  'outbound.fetch_failed': BAD_GATEWAY,
  'media.too_large': BAD_REQUEST,
  'media.bytes_lost': BAD_REQUEST,
  'request.not_found': FORBIDDEN,
  'routing.model_unknown': BAD_REQUEST,
  'routing.model_retired': BAD_REQUEST,
  'billing.no_price': UNAVAILABLE,
  'provider.refused': BAD_REQUEST,
  'provider.invalid_request': BAD_REQUEST,
  'provider.rate_limited': UNAVAILABLE,
  'provider.quota_exhausted': UNAVAILABLE,
  'provider.unavailable': UNAVAILABLE,
  'provider.unauthorized': INTERNAL,
  'provider.failed': INTERNAL,
  'provider.timeout': INTERNAL,
  'provider.malformed': INTERNAL,
  'generations.interrupted': INTERNAL,
  'generations.deadline_passed': INTERNAL,
};
const PAYMENT_REQUIRED = 402;
const NO_CREDENTIALS =
  'Send api_key in the body, in a form before its files, or in the header "Authorization: Bearer …" or "X-API-Key: …".';

/** The error with the status that the façade's document gives it, and with its names for fields. */
export function toFacadeError(thrown: unknown): DomainError {
  const error = toDomainError(thrown);
  const isUnknown = error.code === 'auth.credentials_missing';
  return new DomainError(error.code, isUnknown ? NO_CREDENTIALS : rename(error.message), {
    details: error.details,
    fields: error.fields.map(({ field, message }): FieldFault => {
      return { field: rename(field), message };
    }),
    retryAfterS: error.retryAfterS,
    answerStatus: toStatus(error),
    cause: error.cause,
  });
}

function toStatus(error: DomainError): number {
  const status = toAnswerStatus(error);
  if (status === PAYMENT_REQUIRED) return FORBIDDEN;
  if (error.code === 'request.invalid' && error.details.reason === 'status') return BAD_GATEWAY;
  return STATUSES[error.code] ?? status;
}

function rename(text: string): string {
  return FIELD_NAMES.reduce((told, [ours, theirs]) => told.replaceAll(ours, theirs), text);
}
