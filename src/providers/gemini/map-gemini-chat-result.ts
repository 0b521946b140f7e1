import type { ChatReportDraft } from '../shared/chat-report-draft.js';
import { MalformedAnswerError } from '../shared/malformed-answer.error.js';
import type { JsonRecord } from '../shared/read-json.js';
import type { AnsweredToolCall } from '../shared/to-chat-completion.js';
import { toBelievable, toTokenCount } from '../shared/token-usage.js';
import { type ChatStep, toToolCallId } from '../shared/translate-chat.js';
import type { ChatCall, TokenUsage } from '../spec/chat-call.js';
import { ProviderError } from '../spec/provider.errors.js';
import {
  type GeminiChatFrame,
  type GeminiChatPart,
  parseGeminiChatFrame,
} from './gemini-chat-api.js';

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
const REFUSAL = 'The provider ended this answer under its content policy.';

/** Takes the frames of one answer; of those that are no stream there is one. */
export class GeminiChatReader {
  private calls = 0;
  private hasContent = false;

  constructor(
    private readonly call: ChatCall,
    private readonly draft: ChatReportDraft,
  ) {}

  /**
   * @throws MalformedAnswerError for what is no frame, ProviderError when the prompt was refused or nothing came of it,
   *   GeminiFault for a fault that the vendor reports
   */
  take(document: unknown): ChatStep {
    const frame = parseGeminiChatFrame(document);
    if (!frame) throw new MalformedAnswerError('an answer without candidates');
    if (frame.error) throw new GeminiFault(frame.error);
    this.draft.servedModel ??= frame.model;
    if (frame.usage) this.draft.takeUsage(mapGeminiTokenUsage(frame.usage));
    if (frame.blockReason !== null) throw toBlocked(this.call, frame.blockReason);
    const toolCalls = frame.parts.flatMap((part) => this.toToolCall(part) ?? []);
    const text = join(frame.parts, 'text');
    this.hasContent ||= text !== '' || toolCalls.length > 0;
    const ending = frame.finishReason === null ? null : this.end(frame.finishReason, frame);
    const refusal = ending === 'content_filter' ? REFUSAL : null;
    return { text, reasoning: join(frame.parts, 'thought'), toolCalls, refusal };
  }

  private end(reason: string, { usage }: GeminiChatFrame): string {
    const ending = this.toFinishReason(reason);
    if (ending === null) {
      const tokens = toTokenCount(usage?.candidatesTokenCount) ?? 0;
      throw new ProviderError('malformed', {
        ...toBase(this.call),
        reason: 'no_output',
        mayHaveBeenPaid: tokens > 0,
        vendorText: `ended with ${reason}`,
      });
    }
    this.draft.finishReason = ending;
    return ending;
  }

  /** Null = the vendor gave up without an answer. */
  private toFinishReason(reason: string): string | null {
    if (REFUSALS.includes(reason)) return 'content_filter';
    if (reason === 'MAX_TOKENS') return 'length';
    if (this.calls > 0) return 'tool_calls';
    return reason === 'STOP' || this.hasContent ? 'stop' : null;
  }

  private toToolCall(part: GeminiChatPart): AnsweredToolCall | null {
    if (part.kind !== 'call') return null;
    const { id, name, args, signature } = part;
    const extra = signature === null ? null : { google: { thought_signature: signature } };
    const index = this.calls;
    this.calls += 1;
    return {
      id: id ?? toToolCallId(this.call, index),
      name,
      argumentsText: JSON.stringify(args),
      ...(extra ? { extraContent: extra } : {}),
    };
  }
}

/** The vendor reports a fault in an answer that it began as a success. */
export class GeminiFault extends Error {
  override readonly name = 'GeminiFault';

  constructor(readonly error: JsonRecord) {
    super('the vendor reported a fault in its answer');
  }
}

/** Null = not to be believed. Thoughts are output; what tools read is input. */
export function mapGeminiTokenUsage(usage: JsonRecord): TokenUsage | null {
  const count = (name: string) => toTokenCount(usage[name] ?? 0);
  const input = [count('promptTokenCount'), count('toolUsePromptTokenCount')];
  const output = [count('candidatesTokenCount'), count('thoughtsTokenCount')];
  const cached = count('cachedContentTokenCount');
  const inputTokens = sum(input);
  const outputTokens = sum(output);
  if (inputTokens === null || outputTokens === null || cached === null) return null;
  return toBelievable({
    inputTokens,
    cachedInputTokens: usage.cachedContentTokenCount === undefined ? null : cached,
    cacheWriteTokens: null,
    outputTokens,
    reasoningTokens: usage.thoughtsTokenCount === undefined ? null : (output[1] ?? null),
  });
}

/** A prompt that was refused: no answer was begun. */
function toBlocked(call: ChatCall, blockReason: string): ProviderError {
  const reason = REASON_FORM.test(blockReason) ? blockReason.toLowerCase() : null;
  return new ProviderError('refused', { ...toBase(call), reason });
}

function toBase({ model }: ChatCall) {
  return { provider: 'gemini', model, status: STATUS_OK };
}

function join(parts: readonly GeminiChatPart[], kind: 'text' | 'thought'): string {
  return parts.map((part) => (part.kind === kind ? part.text : '')).join('');
}

function sum(counts: readonly (number | null)[]): number | null {
  return counts.reduce((total, one) => (total === null || one === null ? null : total + one), 0);
}
