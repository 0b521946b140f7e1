import { DomainError } from '../../common/domain-error.js';
import { MalformedAnswerError } from '../shared/malformed-answer.error.js';
import type { ProviderExchange, VendorFailure } from '../shared/provider-http.js';
import { parseJson } from '../shared/read-json.js';
import type { VendorQuestions } from './vendor-questions.js';

export const PROBE_STATUSES = [
  'ok',
  'auth_failed',
  'not_found',
  'rate_limited',
  'timeout',
  'unreachable',
] as const;
export type ProbeStatus = (typeof PROBE_STATUSES)[number];

export interface ProbeResult {
  status: ProbeStatus;
  /** Ours, never the vendor's words: what to look at; null with `ok`. */
  reason: string | null;
}

export const PROBE_OK: ProbeResult = { status: 'ok', reason: null };

const CAUSES_MAX = 8;
const SERVER_ERROR_MIN = 500;
const REDIRECT_MIN = 300;
const REDIRECT_MAX = 399;
const BY_STATUS: Readonly<Record<number, ProbeResult>> = {
  401: result('auth_failed', 'The vendor refused the key.'),
  402: result('rate_limited', 'The account at the vendor has no credit left.'),
  403: result('auth_failed', 'The vendor took the key for one that may not do this.'),
  408: result('timeout', 'The vendor did not answer in time.'),
  429: result('rate_limited', 'The vendor asks to wait: too many requests with this key.'),
  504: result('timeout', 'A proxy of the vendor gave up waiting.'),
};

/** What a probe that brought no success tells of the connection. */
export function mapProbeFailure(
  error: unknown,
  exchange: ProviderExchange,
  questions: Pick<VendorQuestions, 'isKeyRefused'>,
): ProbeResult {
  if (exchange.failure) return mapAnswer(exchange.failure, questions);
  const causes = listCauses(error);
  if (causes.some(isTimeout)) {
    return result('timeout', 'There was no answer in time.');
  }
  if (causes.some((cause) => cause instanceof MalformedAnswerError)) {
    return result('not_found', 'Whoever answers at this address does not speak like this vendor.');
  }
  if (causes.some((cause) => cause instanceof DomainError)) {
    return result(
      'unreachable',
      'The address may not be reached from here, or its name is unknown.',
    );
  }
  return result('unreachable', 'Nobody answers at this address.');
}

function mapAnswer(
  { status, bodyText }: VendorFailure,
  { isKeyRefused }: Pick<VendorQuestions, 'isKeyRefused'>,
): ProbeResult {
  if (isKeyRefused?.(parseJson(bodyText))) return BY_STATUS[401]!;
  const known = BY_STATUS[status];
  if (known) return known;
  if (status >= SERVER_ERROR_MIN) {
    return result('unreachable', `The vendor answered with its own fault (${status}).`);
  }
  const isMoved = status >= REDIRECT_MIN && status <= REDIRECT_MAX;
  return result(
    'not_found',
    isMoved
      ? 'The address sends elsewhere. No redirect is followed with a key: set the final address.'
      : `There is no such interface at this address (${status}).`,
  );
}

function isTimeout(cause: { name?: unknown }): boolean {
  return (
    cause.name === 'TimeoutError' ||
    (cause instanceof DomainError && cause.details.reason === 'timeout')
  );
}

function result(status: ProbeStatus, reason: string): ProbeResult {
  return { status, reason };
}

function listCauses(error: unknown): { name?: unknown }[] {
  const causes: object[] = [];
  let at: unknown = error;
  while (typeof at === 'object' && at !== null && causes.length < CAUSES_MAX) {
    causes.push(at);
    at = (at as { cause?: unknown }).cause;
  }
  return causes;
}
