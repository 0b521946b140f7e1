import { type JsonRecord, toRecord } from '../shared/read-json.js';
import type { ChatCall, TokenUsage } from '../spec/chat-call.js';

/** What of a response is known before its answer: who it is, and what was asked for. */
export interface ResponseFrame {
  /** Of the attempt; names of items are made of it. */
  key: string;
  fields: JsonRecord;
}

const PLAIN_TEXT = { format: { type: 'text' } };

/** @param createdS seconds since 1970 */
export function openResponse({ attemptId, request }: ChatCall, createdS: number): ResponseFrame {
  const key = attemptId.replaceAll('-', '');
  const { effort = null, summary = null } = toRecord(request.reasoning) ?? {};
  const asked = (field: string, usual: unknown): unknown => request[field] ?? usual;
  return {
    key,
    fields: {
      id: `resp_${key}`,
      object: 'response',
      created_at: createdS,
      background: false,
      error: null,
      instructions: asked('instructions', null),
      max_output_tokens: asked('max_output_tokens', null),
      max_tool_calls: asked('max_tool_calls', null),
      metadata: asked('metadata', {}),
      parallel_tool_calls: asked('parallel_tool_calls', true),
      previous_response_id: null,
      prompt_cache_key: asked('prompt_cache_key', null),
      reasoning: { effort, summary },
      safety_identifier: asked('safety_identifier', null),
      service_tier: 'default',
      store: false,
      temperature: asked('temperature', 1),
      text: { ...PLAIN_TEXT, ...withoutNulls(toRecord(request.text) ?? {}) },
      tool_choice: asked('tool_choice', 'auto'),
      tools: asked('tools', []),
      top_logprobs: 0,
      top_p: asked('top_p', 1),
      truncation: 'disabled',
      user: asked('user', null),
    },
  };
}

/** In the words of the Responses API. */
export function toResponseUsage(usage: TokenUsage): JsonRecord {
  const { inputTokens, cachedInputTokens, outputTokens, reasoningTokens } = usage;
  return {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: cachedInputTokens ?? 0 },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: reasoningTokens ?? 0 },
    total_tokens: inputTokens + outputTokens,
  };
}

function withoutNulls(fields: JsonRecord): JsonRecord {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}
