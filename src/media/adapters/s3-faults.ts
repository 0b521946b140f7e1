import { DomainError } from '../../common/domain-error.js';

const RETRY_AFTER_S = 5;
const CALLER_FAULT = 400;
const SERVER_FAULT = 500;
const TOO_MANY = 429;
/** The names of 4xx answers that the next attempt may not get. */
const PASSING_NAMES = ['RequestTimeout', 'RequestTimeTooSkewed', 'SlowDown', 'OperationAborted'];
const MISSING_NAMES = ['NoSuchKey', 'NotFound'];

interface S3Error extends Error {
  $metadata?: { httpStatusCode?: number };
  code?: string;
}

/** No such object. A missing bucket is no such answer, except to HEAD, which says why in no word. */
export function isMissing(error: unknown): boolean {
  return MISSING_NAMES.includes((error as S3Error).name);
}

/** What was begun in parts is over: completed, or given up. */
export function isNoUpload(error: unknown): boolean {
  return (error as S3Error).name === 'NoSuchUpload';
}

/** The bucket is away or overloaded. What it refuses for good, such as a wrong key, is no such thing. */
export function isPassing(error: unknown): boolean {
  const { name, $metadata } = error as S3Error;
  const status = $metadata?.httpStatusCode;
  // Of an answer that broke off the status may be that of a success.
  if (status === undefined || status < CALLER_FAULT) return true;
  return status >= SERVER_FAULT || status === TOO_MANY || PASSING_NAMES.includes(name);
}

/** What callers are told; the cause is for the log. Steps that may be repeated are, see `persevere`. */
export function toStoreFault(operation: string, error: unknown): DomainError {
  if (error instanceof DomainError) return error;
  return new DomainError(
    'service.unavailable',
    'The store of pictures does not answer. Try again in a few seconds.',
    {
      retryAfterS: RETRY_AFTER_S,
      // Its words alone: the error of the SDK holds the whole answer and request, signature included.
      cause: new Error(`${operation} at the bucket: ${describe(error as S3Error)}`),
    },
  );
}

/** Why a process cannot start with this bucket, and which setting to look at. */
export function toStartFault(bucket: string, error: unknown): Error {
  const status = (error as S3Error).$metadata?.httpStatusCode;
  const advice: Record<number, string> = {
    301: 'it is in another region: set S3_REGION',
    400: 'it refused the request: look at S3_REGION and S3_ENDPOINT',
    403: 'access was refused: look at S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY and the policy of the bucket',
    404: 'there is no such bucket: make it, or look at S3_ENDPOINT and S3_FORCE_PATH_STYLE',
  };
  const reason = (status && advice[status]) ?? describe(error as S3Error);
  return new Error(`S3_BUCKET ${bucket} cannot be used: ${reason}`);
}

/** An error of several connection attempts has no text of its own. */
function describe(error: S3Error): string {
  const status = error.$metadata?.httpStatusCode;
  return [error.name, status, error.code, error.message].filter(Boolean).join(' ');
}
