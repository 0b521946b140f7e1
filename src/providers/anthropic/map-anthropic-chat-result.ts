import type { ChatIdentity } from '../shared/chat-chunk-writer.js';
import type { ChatReportDraft } from '../shared/chat-report-draft.js';
import { MalformedAnswerError } from '../shared/malformed-answer.error.js';
import { toChatCompletion } from '../shared/to-chat-completion.js';
import {
  type AnthropicCounts,
  type AnthropicMessage,
  readAnthropicUsage,
} from './anthropic-chat-api.js';

const FINISH_REASONS: Readonly<Record<string, string>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  pause_turn: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  refusal: 'content_filter',
};

/** A whole answer, as one `chat.completion`. @throws MalformedAnswerError for a message without an end */
export function mapAnthropicChatResult(
  message: AnthropicMessage,
  identity: ChatIdentity,
  report: ChatReportDraft,
): Buffer {
  const finishReason = toOpenaiFinishReason(message.stopReason);
  if (finishReason === null) throw new MalformedAnswerError('a message without a stop reason');
  report.servedModel = message.model;
  report.finishReason = finishReason;
  takeCounts(report, message.usage);
  const toolCalls = message.blocks.flatMap((block) =>
    block.type === 'tool_use'
      ? [{ id: block.id, name: block.name, argumentsText: JSON.stringify(block.input) }]
      : [],
  );
  const content = joinBlocks(message, 'text');
  const isEmpty = content === '' && (toolCalls.length > 0 || message.refusal !== null);
  return toChatCompletion(identity, {
    content: isEmpty ? null : content,
    refusal: message.refusal,
    reasoning: joinBlocks(message, 'thinking'),
    toolCalls,
    finishReason,
    usage: report.usage,
  });
}

/** Null = it has not ended. A reason that is new here is an end like others. */
export function toOpenaiFinishReason(stopReason: string | null): string | null {
  return stopReason === null ? null : (FINISH_REASONS[stopReason] ?? 'stop');
}

/** Nothing counted is no fault; what cannot be right is. */
export function takeCounts(report: ChatReportDraft, counts: AnthropicCounts): void {
  if (Object.keys(counts).length > 0) report.takeUsage(readAnthropicUsage(counts));
}

function joinBlocks({ blocks }: AnthropicMessage, type: 'text' | 'thinking'): string {
  return blocks.map((block) => (block.type === type ? block.text : '')).join('');
}
