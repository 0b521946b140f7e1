import { toRecord } from '../shared/read-json.js';
import { toShownText } from '../shared/sanitize-vendor-text.js';
import { toTokens } from '../shared/sum-usage.js';
import { listCountWarnings, USAGE_UNREADABLE } from '../shared/to-result.js';
import type { ImageCall } from '../spec/image-call.js';
import type { ImageResult, ImageUsage, ProviderWarning } from '../spec/image-result.js';
import type { OpenaiImageAnswer } from './openai-image-api.js';

export interface OpenaiImageOutcome {
  answer: OpenaiImageAnswer;
  /** Positions in the answer's list that were delivered. */
  delivered: readonly number[];
  vendorRequestId: string | null;
  warnings: readonly ProviderWarning[];
}

/** The vendor's words to ours, after all pictures were delivered. */
export function mapOpenaiImageResult(call: ImageCall, outcome: OpenaiImageOutcome): ImageResult {
  const { answer, vendorRequestId } = outcome;
  const delivered = [...outcome.delivered].sort((left, right) => left - right);
  const usage = mapOpenaiImageUsage(answer.usage);
  return {
    deliveredCount: delivered.length,
    // Within what was asked for, an item may be empty: then it is no picture.
    answeredCount: answer.items.length > call.n ? answer.items.length : delivered.length,
    images: delivered.map((index) => ({
      index,
      revisedPrompt: toShownText(answer.items[index]?.revisedPrompt),
      seed: null,
    })),
    usage,
    served: { size: answer.size, quality: answer.quality, outputFormat: answer.outputFormat },
    vendorRequestId,
    warnings: [
      ...outcome.warnings,
      ...listCountWarnings(delivered.length, { asked: call.n, answered: answer.items.length }),
      ...(answer.usage !== null && usage === null ? [USAGE_UNREADABLE] : []),
    ],
    providerNote: null,
  };
}

/** Null = absent, or not to be believed. */
export function mapOpenaiImageUsage(value: unknown): ImageUsage | null {
  const usage = toRecord(value);
  const inputTokens = toTokens(usage?.input_tokens);
  const outputTokens = toTokens(usage?.output_tokens);
  if (!usage || inputTokens === null || outputTokens === null) return null;
  const input = toRecord(usage.input_tokens_details);
  const output = toRecord(usage.output_tokens_details);
  const mapped = {
    inputTokens,
    inputTextTokens: toTokens(input?.text_tokens),
    inputImageTokens: toTokens(input?.image_tokens),
    outputTokens,
    outputImageTokens: toTokens(output?.image_tokens),
    outputTextTokens: toTokens(output?.text_tokens),
  };
  const isConsistent =
    (mapped.inputTextTokens ?? 0) + (mapped.inputImageTokens ?? 0) <= inputTokens &&
    (mapped.outputImageTokens ?? 0) + (mapped.outputTextTokens ?? 0) <= outputTokens;
  return isConsistent ? mapped : null;
}
