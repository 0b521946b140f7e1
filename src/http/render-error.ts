import { DomainError } from '../common/domain-error.js';
import { ERROR_FACES } from './error-map.js';

/** What the three renderers are given. */
export interface ErrorAnswer {
  error: DomainError;
  requestId: string;
  /** Path of the request, without its query. */
  path: string;
}

const OPENAI_PREFIX = '/v1/';
export const DETAIL_PATHS: readonly string[] = ['/api/v1/create-image'];

const STATUS_MIN = 400;
const STATUS_MAX = 599;
/** `type` of a failure that an operator's rule speaks of, whatever its code. */
const PASSED_ON_TYPE = 'upstream_error';

/** The code's own, unless the error has another that says that something failed. */
export function toAnswerStatus({ code, answerStatus }: DomainError): number {
  const isFailure =
    answerStatus !== undefined && answerStatus >= STATUS_MIN && answerStatus <= STATUS_MAX;
  return isFailure ? answerStatus : ERROR_FACES[code].status;
}

/** The body in the face of the surface that was called, with its content type. */
export function renderError(answer: ErrorAnswer): { contentType: string; body: object } {
  if (answer.path.startsWith(OPENAI_PREFIX)) {
    return { contentType: 'application/json; charset=utf-8', body: toOpenaiError(answer) };
  }
  if (DETAIL_PATHS.includes(answer.path)) {
    return { contentType: 'application/json; charset=utf-8', body: toDetailError(answer) };
  }
  return {
    contentType: 'application/problem+json; charset=utf-8',
    body: toProblemDetails(answer),
  };
}

/** RFC 9457, with `code`, `request_id` and, for a 400, `errors`. */
export function toProblemDetails({ error, requestId, path }: ErrorAnswer): object {
  const face = ERROR_FACES[error.code];
  return {
    ...error.details,
    type: `urn:atelier:error:${error.code}`,
    title: face.title,
    status: toAnswerStatus(error),
    detail: error.message,
    instance: path,
    code: error.code,
    request_id: requestId,
    ...(error.fields.length > 0 && { errors: error.fields }),
  };
}

/** The OpenAI envelope; `param` is the first field at fault. */
export function toOpenaiError({ error, requestId }: ErrorAnswer): object {
  const face = ERROR_FACES[error.code];
  return {
    error: {
      ...error.details,
      message: error.message,
      type: error.answerStatus === undefined ? face.openaiType : PASSED_ON_TYPE,
      param: error.fields[0]?.field ?? null,
      code: typeof error.details.error_code === 'string' ? error.details.error_code : error.code,
      request_id: requestId,
    },
  };
}

/** The façade's `{detail}`. */
export function toDetailError({ error }: ErrorAnswer): object {
  return { detail: error.message };
}
