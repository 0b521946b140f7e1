import type { TokenUsage } from '../spec/chat-call.js';
import { MalformedAnswerError } from './malformed-answer.error.js';
import { VendorFault } from './read-chat-json.js';
import { toRecord, toWord } from './read-json.js';
import { toFinishReason } from './responses-status.js';
import { readJsonField, scanJsonFields } from './scan-json-fields.js';
import { toBelievable, toTokenCount } from './token-usage.js';

/** What is read of a `response`; the rest goes on as it came. */
export interface ResponsesFacts {
  /** As it came; undefined or null = absent. */
  usage: unknown;
  model: string | null;
  finishReason: string | null;
}

/** @throws VendorFault for a response that failed; MalformedAnswerError for what is no response */
export function readResponsesJson(bytes: Buffer): ResponsesFacts {
  const fields = scanJsonFields(bytes);
  if (!fields) throw new MalformedAnswerError('an answer that is no JSON object');
  const read = (name: string) => readJsonField(bytes, fields, name);
  const error = read('error');
  const status = read('status');
  if (error || status === 'failed') throw new VendorFault(error ?? { message: 'failed' });
  if (!fields.ranges.has('output')) throw new MalformedAnswerError('an answer without output');
  const model = read('model');
  return {
    usage: read('usage'),
    model: typeof model === 'string' ? toWord(model) : null,
    finishReason: toFinishReason({ status, incomplete_details: read('incomplete_details') }),
  };
}

/** A `usage` in the form of the Responses API. Null = absent, or not to be believed. */
export function readResponsesUsage(value: unknown): TokenUsage | null {
  const usage = toRecord(value);
  const inputTokens = toTokenCount(usage?.input_tokens);
  const outputTokens = toTokenCount(usage?.output_tokens);
  if (!usage || inputTokens === null || outputTokens === null) return null;
  const input = toRecord(usage.input_tokens_details);
  return toBelievable({
    inputTokens,
    cachedInputTokens: toTokenCount(input?.cached_tokens),
    cacheWriteTokens: toTokenCount(input?.cache_write_tokens),
    outputTokens,
    reasoningTokens: toTokenCount(toRecord(usage.output_tokens_details)?.reasoning_tokens),
  });
}
