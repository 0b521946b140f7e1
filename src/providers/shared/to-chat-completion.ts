import type { TokenUsage } from '../spec/chat-call.js';
import type { ChatIdentity } from './chat-chunk-writer.js';
import { toOpenaiUsage } from './token-usage.js';

export interface AnsweredToolCall {
  id: string;
  name: string;
  /** JSON, as OpenAI has it. */
  argumentsText: string;
  /** What the vendor wants back with the call in the next turn, as Google's `{google: {thought_signature}}`. */
  extraContent?: unknown;
}

export interface ChatAnswer {
  /** Null = none; an empty text is one. */
  content: string | null;
  refusal?: string | null;
  /** What the model thought, where the vendor tells; in the field that clients know from DeepSeek. */
  reasoning?: string | null;
  toolCalls: readonly AnsweredToolCall[];
  finishReason: string;
  usage: TokenUsage | null;
}

/** A translated answer as one `chat.completion`. */
export function toChatCompletion(identity: ChatIdentity, answer: ChatAnswer): Buffer {
  const { id, createdS: created, model } = identity;
  const message = {
    role: 'assistant',
    content: answer.content,
    refusal: answer.refusal ?? null,
    ...(answer.reasoning ? { reasoning_content: answer.reasoning } : {}),
    ...(answer.toolCalls.length > 0 ? { tool_calls: answer.toolCalls.map(toToolCall) } : {}),
  };
  const choice = { index: 0, message, logprobs: null, finish_reason: answer.finishReason };
  return Buffer.from(
    JSON.stringify({
      id,
      object: 'chat.completion',
      created,
      model,
      choices: [choice],
      ...(answer.usage ? { usage: toOpenaiUsage(answer.usage) } : {}),
    }),
  );
}

/** A call that is whole. */
export function toToolCall(call: AnsweredToolCall): Record<string, unknown> {
  const { id, name, argumentsText, extraContent } = call;
  const extra = extraContent === undefined ? {} : { extra_content: extraContent };
  return { id, type: 'function', function: { name, arguments: argumentsText }, ...extra };
}
