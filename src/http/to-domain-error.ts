import { HttpException } from '@nestjs/common';
import { DomainError } from '../common/domain-error.js';
import type { ErrorCode } from '../common/error-code.js';
import { findHold, isStoreAway } from './store-fault.js';

/** Fastify's own refusals, by their codes (https://fastify.dev/docs/latest/Reference/Errors). */
const FASTIFY_ERRORS: Readonly<Record<string, { code: ErrorCode; message: string }>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: {
    code: 'request.too_large',
    message: 'The body is over the limit. Send less, or smaller pictures.',
  },
  FST_REQ_FILE_TOO_LARGE: {
    code: 'request.too_large',
    message: 'A file of the form is over the limit. Send a smaller file.',
  },
  FST_FILES_LIMIT: { code: 'request.too_large', message: 'The form has too many files.' },
  FST_PARTS_LIMIT: { code: 'request.too_large', message: 'The form has too many parts.' },
  FST_FIELDS_LIMIT: { code: 'request.too_large', message: 'The form has too many fields.' },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    code: 'request.media_type_unsupported',
    message: 'Send Content-Type: application/json.',
  },
  FST_INVALID_MULTIPART_CONTENT_TYPE: {
    code: 'request.media_type_unsupported',
    message: 'Send Content-Type: multipart/form-data.',
  },
  FST_ERR_CTP_EMPTY_JSON_BODY: {
    code: 'request.invalid',
    message: 'The body is empty. Send a JSON object.',
  },
  FST_ERR_CTP_INVALID_JSON_BODY: {
    code: 'request.invalid',
    message: 'The body is not valid JSON, or it was cut off. Send one whole JSON object.',
  },
  FST_ERR_BAD_URL: {
    code: 'request.invalid',
    message: 'The address is not well-formed. Percent-encode its path.',
  },
  FST_ERR_MAX_PARAM_LENGTH: {
    code: 'request.not_found',
    message: 'No such route. See /docs for the routes of this service.',
  },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    code: 'request.invalid',
    message: 'The body was not as long as Content-Length said. Send it whole.',
  },
};

const STATUS_CODES: Readonly<Record<number, ErrorCode>> = {
  400: 'request.invalid',
  // A way out of the folder of the API page's own files, which is nowhere.
  403: 'request.not_found',
  404: 'request.not_found',
  405: 'request.method_not_allowed',
  409: 'request.conflict',
  413: 'request.too_large',
  415: 'request.media_type_unsupported',
  429: 'request.throttled',
};

/** In what a legal hold says. */
const HOLD_ID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/;

/** The one place where what frameworks throw becomes one of ours. What it does not know is `internal`. */
export function toDomainError(thrown: unknown): DomainError {
  if (thrown instanceof DomainError) return thrown;
  if (thrown instanceof HttpException && thrown.cause !== undefined) {
    return fromFramework(thrown.cause) ?? fromStatus(thrown) ?? toInternal(thrown);
  }
  return fromFramework(thrown) ?? fromStatus(thrown) ?? fromStore(thrown) ?? toInternal(thrown);
}

function fromFramework(thrown: unknown): DomainError | null {
  const code = (thrown as { code?: unknown } | null)?.code;
  const known = typeof code === 'string' ? FASTIFY_ERRORS[code] : undefined;
  if (known) return new DomainError(known.code, known.message, { cause: thrown });
  if (thrown instanceof SyntaxError && 'statusCode' in thrown) {
    const { code: invalid, message } = FASTIFY_ERRORS.FST_ERR_CTP_INVALID_JSON_BODY!;
    return new DomainError(invalid, message, { cause: thrown });
  }
  return null;
}

function fromStatus(thrown: unknown): DomainError | null {
  const status =
    thrown instanceof HttpException
      ? thrown.getStatus()
      : (thrown as { statusCode?: unknown } | null)?.statusCode;
  const code = typeof status === 'number' ? STATUS_CODES[status] : undefined;
  if (!code || !(thrown instanceof Error)) return null;
  const message =
    code === 'request.not_found'
      ? 'No such route. See /docs for the routes of this service.'
      : thrown.message;
  return new DomainError(code, message, { cause: thrown });
}

function fromStore(thrown: unknown): DomainError | null {
  const hold = findHold(thrown);
  if (hold !== null) {
    const details = { legal_hold_id: HOLD_ID.exec(hold)?.[0] };
    return new DomainError('retention.held', hold, { details, cause: thrown });
  }
  if (!isStoreAway(thrown)) return null;
  return new DomainError(
    'service.unavailable',
    'The database does not answer. Try again in a moment.',
    { cause: thrown },
  );
}

function toInternal(thrown: unknown): DomainError {
  return new DomainError(
    'internal',
    'Something went wrong here. Try again, and report the request id if it stays.',
    { cause: thrown },
  );
}
