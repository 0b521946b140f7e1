import type { TokenUsage } from '../spec/chat-call.js';
import { toRecord } from './read-json.js';

/** More than any call can have cost: a count beyond it is a lie or a fault. */
const TOKENS_MAX = 1_000_000_000;

/** A vendor's count of tokens; null = none, or not to be believed. */
export function toTokenCount(value: unknown): number | null {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= TOKENS_MAX
    ? (value as number)
    : null;
}

/** A `usage` in OpenAI's form. Null = absent, or not to be believed. */
export function readOpenaiUsage(value: unknown): TokenUsage | null {
  const usage = toRecord(value);
  const inputTokens = toTokenCount(usage?.prompt_tokens);
  // Embeddings have no output, and servers leave it out.
  const completionTokens = toTokenCount(usage?.completion_tokens ?? 0);
  if (!usage || inputTokens === null || completionTokens === null) return null;
  const input = toRecord(usage.prompt_tokens_details);
  const reasoningTokens = toTokenCount(
    toRecord(usage.completion_tokens_details)?.reasoning_tokens ?? usage.reasoning_tokens,
  );
  const isReasoningApart =
    toTokenCount(usage.total_tokens) === inputTokens + completionTokens + (reasoningTokens ?? 0);
  return toBelievable({
    inputTokens,
    cachedInputTokens: toTokenCount(input?.cached_tokens),
    cacheWriteTokens: toTokenCount(input?.cache_write_tokens),
    // Some servers leave reasoning out of `completion_tokens`; the total tells.
    outputTokens: completionTokens + (isReasoningApart ? (reasoningTokens ?? 0) : 0),
    reasoningTokens,
  });
}

/** Null when a part is larger than the whole. */
export function toBelievable(usage: TokenUsage): TokenUsage | null {
  const { inputTokens, cachedInputTokens, cacheWriteTokens, outputTokens, reasoningTokens } = usage;
  const isConsistent =
    (cachedInputTokens ?? 0) + (cacheWriteTokens ?? 0) <= inputTokens &&
    (reasoningTokens ?? 0) <= outputTokens &&
    inputTokens <= TOKENS_MAX &&
    outputTokens <= TOKENS_MAX;
  return isConsistent ? usage : null;
}

/** The `usage` of an answer in OpenAI's form. */
export function toOpenaiUsage(usage: TokenUsage): Record<string, unknown> {
  const { inputTokens, cachedInputTokens, cacheWriteTokens, outputTokens, reasoningTokens } = usage;
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    ...(cachedInputTokens !== null || cacheWriteTokens !== null
      ? {
          prompt_tokens_details: {
            cached_tokens: cachedInputTokens ?? 0,
            ...(cacheWriteTokens === null ? {} : { cache_write_tokens: cacheWriteTokens }),
          },
        }
      : {}),
    ...(reasoningTokens === null
      ? {}
      : { completion_tokens_details: { reasoning_tokens: reasoningTokens } }),
  };
}
