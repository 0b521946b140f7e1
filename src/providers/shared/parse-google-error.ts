import { parseJson, toRecord, toRecords, toText, toWord } from './read-json.js';

/** An error of Google's APIs, whichever of them it is. */
export interface GoogleErrorBody {
  /** Whether the body is Google's error at all: an unknown path is answered with something else. */
  isKnown: boolean;
  message: string;
  /** `INVALID_ARGUMENT`, `RESOURCE_EXHAUSTED`… */
  status: string | null;
  /** `API_KEY_INVALID`… */
  reason: string | null;
  /** `GenerateRequestsPerMinutePerProjectPerModel-FreeTier`… */
  quotaIds: readonly string[];
  /** `38s`. */
  retryDelay: string | null;
  /** The first field at fault. */
  field: string | null;
}

/** Takes `{error: {…}}` and the list of one that the OpenAI-compatible endpoint sends. Never fails. */
export function parseGoogleError(bodyText: string): GoogleErrorBody {
  const body = parseJson(bodyText);
  const error = toRecord(toRecord(Array.isArray(body) ? body[0] : body)?.error);
  const details = toRecords(error?.details);
  const find = (type: string) => details.find((one) => toText(one['@type'])?.endsWith(`.${type}`));
  const violations = toRecords(find('QuotaFailure')?.violations);
  return {
    isKnown: error !== null,
    message: toText(error?.message) ?? bodyText,
    status: toWord(error?.status),
    reason: toWord(find('ErrorInfo')?.reason),
    quotaIds: violations.map(({ quotaId }) => toText(quotaId)).filter((id) => id !== null),
    retryDelay: toWord(find('RetryInfo')?.retryDelay),
    field: toWord(toRecords(find('BadRequest')?.fieldViolations)[0]?.field),
  };
}
