import { toRecord, toRecords } from '../shared/read-json.js';
import { toVendorRequestId } from '../shared/sanitize-vendor-text.js';
import { toTokens } from '../shared/sum-usage.js';
import type { ImageCall } from '../spec/image-call.js';
import type { ImageUsage } from '../spec/image-result.js';
import { ProviderError } from '../spec/provider.errors.js';
import type { GeminiImageAnswer, GeminiPrediction } from './gemini-image-api.js';

/** Endings that mean the content was not allowed. They come with status 200. */
const REFUSALS = [
  'SAFETY',
  'RECITATION',
  'BLOCKLIST',
  'PROHIBITED_CONTENT',
  'SPII',
  'IMAGE_SAFETY',
  'IMAGE_PROHIBITED_CONTENT',
  'IMAGE_RECITATION',
];
const REASON_FORM = /^[A-Z_]{1,60}$/;
const STATUS_OK = 200;

/** Null = absent, or not to be believed. Thoughts are charged as text. */
export function mapGeminiUsage(value: unknown): ImageUsage | null {
  const usage = toRecord(value);
  const inputTokens = toTokens(usage?.promptTokenCount);
  const candidatesTokens = toTokens(usage?.candidatesTokenCount ?? 0);
  const thoughtsTokens = toTokens(usage?.thoughtsTokenCount ?? 0);
  if (!usage || inputTokens === null || candidatesTokens === null || thoughtsTokens === null) {
    return null;
  }
  const input = toModalities(usage.promptTokensDetails);
  const cached = toModalities(usage.cacheTokensDetails);
  const pictures = toModalities(usage.candidatesTokensDetails).IMAGE ?? null;
  if (sum(input) > inputTokens || (pictures ?? 0) > candidatesTokens) return null;
  return {
    inputTokens,
    inputTextTokens: input.TEXT ?? null,
    inputImageTokens: input.IMAGE ?? null,
    ...(cached.TEXT ? { cachedInputTextTokens: cached.TEXT } : {}),
    ...(cached.IMAGE ? { cachedInputImageTokens: cached.IMAGE } : {}),
    outputTokens: candidatesTokens + thoughtsTokens,
    outputImageTokens: pictures ?? candidatesTokens,
    outputTextTokens: candidatesTokens - (pictures ?? candidatesTokens) + thoughtsTokens,
  };
}

/** A success without a picture: refused, or worth another try unless the vendor counted a picture for it. */
export function toNoPicture(call: ImageCall, answer: GeminiImageAnswer): ProviderError {
  const { blockReason, finishReasons } = answer;
  const refusal = blockReason ?? finishReasons.find((reason) => REFUSALS.includes(reason));
  const base = {
    provider: 'gemini',
    model: call.model,
    status: STATUS_OK,
    vendorRequestId: toVendorRequestId(answer.responseId),
  };
  if (refusal !== undefined) {
    const reason = REASON_FORM.test(refusal) ? refusal.toLowerCase() : null;
    return new ProviderError('refused', { ...base, reason });
  }
  const tokens = toModalities(toRecord(answer.usage)?.candidatesTokensDetails).IMAGE ?? 0;
  const vendorText = `ended with ${finishReasons.join(', ')}`;
  return new ProviderError('malformed', {
    ...base,
    reason: 'no_output',
    mayHaveBeenPaid: tokens > 0,
    vendorText,
  });
}

/** Imagen leaves out what it filtered, or says so in its place, or answers nothing at all. */
export function toNoPrediction(
  call: ImageCall,
  predictions: readonly GeminiPrediction[],
): ProviderError {
  const base = { provider: 'gemini', model: call.model, status: STATUS_OK };
  const isFiltered = predictions.length === 0 || predictions.some((one) => one.isFiltered);
  if (isFiltered) return new ProviderError('refused', { ...base, reason: 'filtered' });
  return new ProviderError('malformed', { ...base, reason: 'no_output' });
}

/** Tokens by kind of content. */
function toModalities(value: unknown): Partial<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { modality, tokenCount } of toRecords(value)) {
    const tokens = toTokens(tokenCount);
    if (typeof modality !== 'string' || tokens === null) continue;
    counts[modality] = (counts[modality] ?? 0) + tokens;
  }
  return counts;
}

function sum(counts: Partial<Record<string, number>>): number {
  return Object.values(counts).reduce<number>((total, count) => total + (count ?? 0), 0);
}
