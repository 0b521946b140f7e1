import {
  type JsonRecord,
  parseJson,
  toRecord,
  toRecords,
  toText,
  toWord,
} from '../shared/read-json.js';
import { toBelievable, toTokenCount } from '../shared/token-usage.js';
import type { TokenUsage } from '../spec/chat-call.js';

/**
 * The wire forms of the Messages API, read leniently: only what is used, everything optional.
 * Source: Anthropic's API description and client (version 2023-06-01), read 2026-11.
 */

export interface AnthropicMessage {
  id: string | null;
  model: string | null;
  blocks: readonly AnthropicBlock[];
  stopReason: string | null;
  refusal: string | null;
  usage: AnthropicCounts;
}

/** `other`: searches, citations and what else the vendor's own tools leave behind. */
export type AnthropicBlock =
  | { type: 'text'; text: string }
  | { type: 'thinking'; text: string }
  | { type: 'tool_use'; id: string; name: string; input: JsonRecord }
  | { type: 'other' };

/** As it came: counts of a stream's end replace those of its begin. */
export type AnthropicCounts = JsonRecord;

export interface AnthropicErrorBody {
  type: string | null;
  message: string | null;
}

/** Null = not a message. */
export function parseAnthropicMessage(value: unknown): AnthropicMessage | null {
  const message = toRecord(value);
  if (!message || message.type !== 'message') return null;
  return {
    id: toWord(message.id),
    model: toWord(message.model),
    blocks: toRecords(message.content).map(toBlock),
    stopReason: toWord(message.stop_reason),
    refusal: toExplanation(message),
    usage: toRecord(message.usage) ?? {},
  };
}

/** Of a content block, whole or at its begin. */
export function toBlock(block: JsonRecord): AnthropicBlock {
  if (block.type === 'text') return { type: 'text', text: toText(block.text) ?? '' };
  if (block.type === 'thinking') return { type: 'thinking', text: toText(block.thinking) ?? '' };
  const [id, name] = [toWord(block.id), toText(block.name)];
  if (block.type !== 'tool_use' || id === null || name === null) return { type: 'other' };
  return { type: 'tool_use', id, name, input: toRecord(block.input) ?? {} };
}

/** Why it refused, where the vendor says so. */
export function toExplanation(value: JsonRecord): string | null {
  return toText(toRecord(value.stop_details)?.explanation);
}

export function parseAnthropicError(bodyText: string): AnthropicErrorBody {
  return readAnthropicError(parseJson(bodyText) ?? bodyText);
}

/** Never fails: what cannot be read has no type. */
export function readAnthropicError(body: unknown): AnthropicErrorBody {
  const whole = toRecord(body);
  const error = toRecord(whole?.error) ?? whole ?? {};
  return { type: toWord(error.type), message: toText(error.message) ?? toText(body) };
}

/** In our words; the vendor's input leaves out what came from its cache or went there. Null = not to be believed. */
export function readAnthropicUsage(counts: AnthropicCounts): TokenUsage | null {
  const fresh = toTokenCount(counts.input_tokens);
  const outputTokens = toTokenCount(counts.output_tokens);
  const cached = toTokenCount(counts.cache_read_input_tokens ?? 0);
  const written = toTokenCount(counts.cache_creation_input_tokens ?? 0);
  if (fresh === null || outputTokens === null || cached === null || written === null) return null;
  const thinking = toRecord(counts.output_tokens_details)?.thinking_tokens;
  return toBelievable({
    inputTokens: fresh + cached + written,
    cachedInputTokens: cached,
    cacheWriteTokens: written,
    outputTokens,
    reasoningTokens: toTokenCount(thinking),
  });
}
