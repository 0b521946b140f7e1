import type { ChatReportDraft } from '../shared/chat-report-draft.js';
import { MalformedAnswerError } from '../shared/malformed-answer.error.js';
import { toBelievable, toTokenCount } from '../shared/token-usage.js';
import { type ChatStep, toToolCallId } from '../shared/translate-chat.js';
import type { ChatCall, TokenUsage } from '../spec/chat-call.js';
import { type OllamaChatLine, parseOllamaChatLine } from './ollama-chat-api.js';

/** Takes the lines of one answer; of those that are no stream there is one. */
export class OllamaChatReader {
  private calls = 0;

  constructor(
    private readonly call: ChatCall,
    private readonly draft: ChatReportDraft,
  ) {}

  /** @throws MalformedAnswerError for what is no line, OllamaFault for a fault that the server reports */
  take(document: unknown): ChatStep {
    const line = parseOllamaChatLine(document);
    if (!line) throw new MalformedAnswerError('an answer without a message');
    if (line.error !== null) throw new OllamaFault(line.error);
    this.draft.servedModel ??= line.model;
    const toolCalls = line.toolCalls.map(({ id, name, args }) => {
      const index = this.calls;
      this.calls += 1;
      return {
        id: id ?? toToolCallId(this.call, index),
        name,
        argumentsText: JSON.stringify(args),
      };
    });
    if (line.isDone) this.end(line);
    return { text: line.content, reasoning: line.thinking, toolCalls };
  }

  private end({ doneReason, inputTokens, outputTokens }: OllamaChatLine): void {
    const isCut = doneReason === 'length';
    this.draft.finishReason = isCut ? 'length' : this.calls > 0 ? 'tool_calls' : 'stop';
    if (inputTokens !== undefined || outputTokens !== undefined) {
      this.draft.takeUsage(mapOllamaUsage(inputTokens, outputTokens));
    }
  }
}

/** The server reports a fault in an answer that it began as a success. */
export class OllamaFault extends Error {
  override readonly name = 'OllamaFault';

  /** @param text the server's own words, for the log */
  constructor(readonly text: string) {
    super('the server reported a fault in its answer');
  }
}

/** Null = not to be believed. What was read before is in neither count, and thoughts are output. */
export function mapOllamaUsage(input: unknown, output: unknown): TokenUsage | null {
  const inputTokens = toTokenCount(input ?? 0);
  const outputTokens = toTokenCount(output ?? 0);
  if (inputTokens === null || outputTokens === null) return null;
  return toBelievable({
    inputTokens,
    cachedInputTokens: null,
    cacheWriteTokens: null,
    outputTokens,
    reasoningTokens: null,
  });
}
