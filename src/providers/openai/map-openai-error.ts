import { mapCallError } from '../shared/map-call-error.js';
import { mapHttpStatus } from '../shared/map-http-status.js';
import { parseRetryAfter } from '../shared/parse-retry-after.js';
import type { ProviderExchange, VendorFailure } from '../shared/provider-http.js';
import { removeSecret, toVendorRequestId } from '../shared/sanitize-vendor-text.js';
import { VendorFault } from '../shared/read-chat-json.js';
import type { ImageCall } from '../spec/image-call.js';
import {
  ProviderError,
  type ProviderErrorKind,
  type ProviderErrorOptions,
} from '../spec/provider.errors.js';
import { type OpenaiErrorBody, parseOpenaiError, readOpenaiError } from './openai-image-api.js';

interface CodeMeaning {
  kind: ProviderErrorKind;
  reason?: string;
  canFailOver?: boolean;
}

const MODEL_NOT_FOUND: CodeMeaning = {
  kind: 'invalid_request',
  reason: 'model_not_found',
  canFailOver: true,
};
const NO_CREDIT: CodeMeaning = { kind: 'quota_exhausted' };
const REFUSED: CodeMeaning = { kind: 'refused' };

/** By `code`, else `innererror.code`, else `type`: never by the text, which the vendor changes at will. */
const MEANINGS: Readonly<Record<string, CodeMeaning>> = {
  moderation_blocked: REFUSED,
  content_policy_violation: REFUSED,
  content_filter: REFUSED,
  contentFilter: REFUSED,
  ResponsibleAIPolicyViolation: REFUSED,
  insufficient_quota: NO_CREDIT,
  credit_balance_exhausted: NO_CREDIT,
  organization_spend_limit_exceeded: NO_CREDIT,
  project_spend_limit_exceeded: NO_CREDIT,
  organization_usage_limit_exceeded: NO_CREDIT,
  billing_hard_limit_reached: NO_CREDIT,
  model_not_found: MODEL_NOT_FOUND,
  DeploymentNotFound: MODEL_NOT_FOUND,
  invalid_api_key: { kind: 'unauthorized' },
  unsupported_country_region_territory: { kind: 'unauthorized', reason: 'region' },
  invalid_image_file: { kind: 'invalid_request', reason: 'input_unreadable' },
  rate_limit_exceeded: { kind: 'rate_limited' },
  slow_down: { kind: 'rate_limited' },
  server_is_overloaded: { kind: 'unavailable' },
  server_error: { kind: 'failed' },
  context_length_exceeded: { kind: 'invalid_request', reason: 'context_length_exceeded' },
  // Of a model that reasons, about a prompt that its vendor does not answer.
  invalid_prompt: REFUSED,
};

const STATUS_FORM = /^[45]\d\d$/;
const REDIRECT_MIN = 300;
const REDIRECT_MAX = 399;
const STATUS_NOT_FOUND = 404;

/**
 * Whatever ended a call to the vendor, as one of our kinds, and whether it may have cost money.
 * @param hasBegun whether a part of the answer was handed on: then it is paid, and nothing may be asked for again
 */
export function mapOpenaiError(
  error: unknown,
  call: Pick<ImageCall, 'model' | 'credential' | 'signal'>,
  exchange: ProviderExchange,
  now: Date,
  hasBegun = false,
): ProviderError {
  const base = { provider: 'openai', model: call.model };
  if (error instanceof VendorFault) {
    return mapFault(error, { ...base, mayHaveBeenPaid: hasBegun }, call.credential.apiKey);
  }
  return mapCallError({ error, signal: call.signal, exchange, base }, (failure) =>
    mapFailure(failure, base, call.credential.apiKey, now),
  );
}

/** A fault within an answer that began as a success. Routers put the status of the vendor behind them into `code`. */
function mapFault(
  { body: raw }: VendorFault,
  base: ProviderErrorOptions,
  apiKey: string | null,
): ProviderError {
  const body = readOpenaiError(raw);
  const known = findMeaning(body);
  const general = STATUS_FORM.test(body.code ?? '') ? mapHttpStatus(Number(body.code)) : null;
  return new ProviderError(known?.kind ?? general?.kind ?? 'failed', {
    ...base,
    reason: known?.reason,
    canFailOver: known?.canFailOver,
    param: body.param,
    vendorText: removeSecret(`${body.code ?? body.type ?? ''} ${body.message}`, apiKey),
  });
}

function mapFailure(
  failure: VendorFailure,
  base: ProviderErrorOptions,
  apiKey: string | null,
  now: Date,
): ProviderError {
  const { status, headers, bodyText } = failure;
  const body = parseOpenaiError(bodyText);
  const general = mapHttpStatus(status);
  const known = findMeaning(body) ?? findStatusMeaning(status);
  return new ProviderError(known?.kind ?? general.kind, {
    ...base,
    status,
    reason: known?.reason,
    canFailOver: known?.canFailOver,
    mayHaveBeenPaid: known ? false : general.mayHaveBeenPaid,
    param: body.param,
    retryAfterS: toRetryAfter(known?.kind ?? general.kind, headers, body, now),
    vendorRequestId: toVendorRequestId(
      headers.get('x-request-id') ?? headers.get('apim-request-id'),
    ),
    vendorText: removeSecret(`${status} ${body.code ?? body.type ?? ''} ${body.message}`, apiKey),
  });
}

function findMeaning(body: OpenaiErrorBody): CodeMeaning | null {
  for (const word of [body.innerCode, body.code, body.type]) {
    const meaning = word !== null && Object.hasOwn(MEANINGS, word) ? MEANINGS[word] : undefined;
    if (meaning) return meaning;
  }
  return null;
}

/** An unknown path is the address of a connection at fault, not the caller: another connection may do. */
function findStatusMeaning(status: number): CodeMeaning | null {
  if (status === STATUS_NOT_FOUND) {
    return { kind: 'invalid_request', reason: 'not_found', canFailOver: true };
  }
  if (status >= REDIRECT_MIN && status <= REDIRECT_MAX) {
    return { kind: 'failed', reason: 'redirected' };
  }
  return null;
}

function toRetryAfter(
  kind: ProviderErrorKind,
  headers: Headers,
  body: OpenaiErrorBody,
  now: Date,
): number | undefined {
  const canWait = kind === 'rate_limited' || kind === 'unavailable' || kind === 'failed';
  return canWait ? parseRetryAfter(headers, body.message, now) : undefined;
}
