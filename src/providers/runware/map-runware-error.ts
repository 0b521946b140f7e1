import { mapCallError } from '../shared/map-call-error.js';
import { mapHttpStatus } from '../shared/map-http-status.js';
import { parseRetryAfter } from '../shared/parse-retry-after.js';
import type { ProviderExchange, VendorFailure } from '../shared/provider-http.js';
import { removeSecret } from '../shared/sanitize-vendor-text.js';
import type { ImageCall, ImageStatusCall } from '../spec/image-call.js';
import {
  ProviderError,
  type ProviderErrorKind,
  type ProviderErrorOptions,
} from '../spec/provider.errors.js';
import { parseFaults, type RunwareFault } from './runware-image-api.js';

const STATUS_OK = 200;
const REDIRECT_MIN = 300;
const REDIRECT_MAX = 399;
const STATUS_NOT_FOUND = 404;

interface Meaning {
  kind: ProviderErrorKind;
  reason?: string;
  mayHaveBeenPaid?: boolean;
  canFailOver?: boolean;
}

const REFUSED: Meaning = { kind: 'refused', reason: 'content_moderated' };
const MEANINGS: Readonly<Record<string, Meaning>> = {
  invalidApiKey: { kind: 'unauthorized' },
  missingApiKey: { kind: 'unauthorized' },
  rateLimitExceeded: { kind: 'rate_limited' },
  contentPolicyViolation: REFUSED,
  providerContentPolicyViolation: REFUSED,
  sensitiveContentDetected: REFUSED,
  unsafeContentDetected: REFUSED,
  nsfwContentDetected: REFUSED,
  promptBlocked: REFUSED,
  imageBlocked: REFUSED,
  moderationFailed: REFUSED,
  invalidProviderContent: REFUSED,
  invalidModel: { kind: 'invalid_request', reason: 'model_not_found', canFailOver: true },
  timeoutProvider: { kind: 'timeout', mayHaveBeenPaid: true },
  taskFailedOrNotFound: { kind: 'failed', reason: 'job_expired', mayHaveBeenPaid: true },
  internalServerError: { kind: 'failed' },
  inferenceError: { kind: 'failed', reason: 'job_failed' },
  serviceUnavailable: { kind: 'unavailable' },
  noAvailableServer: { kind: 'unavailable' },
};
const NO_CREDIT = /InsufficientCredits$|^insufficientCredits$/;
const INVALID = /^(invalid|missing|unsupported)[A-Z]/;

/** @param isAccepted whether the vendor works already: what goes wrong then may have been paid */
export function mapRunwareError(
  error: unknown,
  call: ImageCall | ImageStatusCall,
  exchange: ProviderExchange,
  now: Date,
  isAccepted = false,
): ProviderError {
  const base = { provider: 'runware', model: call.model, mayHaveBeenPaid: isAccepted };
  return mapCallError({ error, signal: call.signal, exchange, base }, (failure) =>
    mapFailure(failure, base, call, now),
  );
}

/**
 * What a task or a question ended with, which the vendor says with status 200 as well.
 * @param isAccepted whether the vendor works all the same
 */
export function toFaultError(
  call: ImageCall | ImageStatusCall,
  fault: RunwareFault,
  vendorRequestId: string,
  isAccepted = false,
): ProviderError {
  const unknown: Meaning = { kind: 'failed', reason: 'job_failed' };
  const { kind, ...facts } = toMeaning(fault) ?? unknown;
  return new ProviderError(kind, {
    provider: 'runware',
    model: call.model,
    status: STATUS_OK,
    ...facts,
    mayHaveBeenPaid: isAccepted || facts.mayHaveBeenPaid === true,
    param: fault.parameter,
    vendorRequestId,
    vendorText: toVendorText(call, fault),
  });
}

/** Whether it was the question that failed, and not the task asked after. */
export function isOfQuestion(fault: RunwareFault): boolean {
  const { kind } = toMeaning(fault) ?? {};
  if (kind === 'unauthorized' || kind === 'rate_limited') return true;
  const isTask = fault.taskType !== null && fault.taskType !== 'getResponse';
  return !isTask && (kind === 'unavailable' || fault.code === 'internalServerError');
}

function mapFailure(
  { status, headers, bodyText }: VendorFailure,
  base: ProviderErrorOptions,
  call: ImageCall | ImageStatusCall,
  now: Date,
): ProviderError {
  const [fault] = parseFaults(bodyText);
  const general = mapHttpStatus(status);
  const isRedirect = status >= REDIRECT_MIN && status <= REDIRECT_MAX;
  const isUnknown = status === STATUS_NOT_FOUND && !fault;
  const { kind, ...facts } = (fault && toMeaning(fault)) ?? general;
  return new ProviderError(isRedirect ? 'failed' : kind, {
    ...base,
    ...facts,
    status,
    ...(isRedirect && { reason: 'redirected' }),
    // An unknown path is the address of a connection at fault, not the caller: another connection may do.
    ...(isUnknown && { reason: 'not_found', canFailOver: true }),
    mayHaveBeenPaid: base.mayHaveBeenPaid === true || facts.mayHaveBeenPaid === true,
    param: fault?.parameter ?? null,
    retryAfterS: parseRetryAfter(headers, fault?.message ?? null, now),
    vendorText: fault
      ? toVendorText(call, fault)
      : removeSecret(`${status} ${bodyText}`, call.credential.apiKey),
  });
}

function toMeaning({ code }: RunwareFault): Meaning | null {
  if (Object.hasOwn(MEANINGS, code)) return MEANINGS[code] ?? null;
  if (NO_CREDIT.test(code)) return { kind: 'quota_exhausted' };
  return INVALID.test(code) ? { kind: 'invalid_request' } : null;
}

function toVendorText({ credential }: ImageCall | ImageStatusCall, fault: RunwareFault): string {
  return removeSecret(`${fault.code} ${fault.message}`, credential.apiKey);
}
