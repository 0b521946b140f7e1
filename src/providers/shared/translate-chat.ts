import type { Clock } from '../../common/clock.js';
import type { ChatCall, ChatReply } from '../spec/chat-call.js';
import { beginBody } from './begin-body.js';
import { ChatChunkWriter, type ChatIdentity } from './chat-chunk-writer.js';
import type { ChatReportDraft } from './chat-report-draft.js';
import { MalformedAnswerError } from './malformed-answer.error.js';
import { toRecord } from './read-json.js';
import { type AnsweredToolCall, toChatCompletion, toToolCall } from './to-chat-completion.js';

const MS_PER_S = 1_000;

/** A piece of a vendor's answer, in our words. All of a call comes in one piece. */
export interface ChatStep {
  text?: string | null;
  /** What the model thought, where the vendor tells. */
  reasoning?: string | null;
  /** Why there is no answer, in our own words. */
  refusal?: string | null;
  toolCalls?: readonly AnsweredToolCall[];
}

export interface ChatTranslation {
  /** Told by the steps as they come: the model before the first of them, the reason before the end. */
  draft: ChatReportDraft;
  /** Ended early when nobody reads on. */
  steps: AsyncGenerator<ChatStep>;
  clock: Clock;
  /** What a fault on the way means. */
  toError: (error: unknown) => unknown;
}

/** The vendor's steps as OpenAI's answer, once the first of them is here. @throws what `toError` made of a fault */
export async function translateChat(
  call: ChatCall,
  translation: ChatTranslation,
): Promise<ChatReply> {
  const write = call.stream ? writeEvents : writeWhole;
  const body = await beginBody(catchFaults(write(call, translation), translation));
  return {
    form: call.stream ? 'events' : 'json',
    body,
    report: () => translation.draft.toReport(),
  };
}

async function* catchFaults(
  source: AsyncGenerator<Uint8Array>,
  { toError }: ChatTranslation,
): AsyncGenerator<Uint8Array> {
  try {
    yield* source;
  } catch (error) {
    throw toError(error);
  }
}

async function* writeEvents(
  call: ChatCall,
  { draft, steps, clock }: ChatTranslation,
): AsyncGenerator<Uint8Array> {
  const showUsage = toRecord(call.request.stream_options)?.include_usage === true;
  let writer: ChatChunkWriter | null = null;
  let calls = 0;
  for await (const { text, reasoning, refusal, toolCalls = [] } of steps) {
    writer ??= new ChatChunkWriter(toIdentity(call, draft, clock), showUsage);
    if (reasoning) yield writer.delta({ reasoning_content: reasoning });
    if (text) yield writer.text(text);
    if (refusal) yield writer.delta({ refusal });
    for (const one of toolCalls) {
      yield writer.delta({ tool_calls: [{ index: calls, ...toToolCall(one) }] });
      calls += 1;
    }
  }
  writer ??= new ChatChunkWriter(toIdentity(call, draft, clock), showUsage);
  yield writer.end(getFinishReason(draft), draft.usage);
}

async function* writeWhole(
  call: ChatCall,
  { draft, steps, clock }: ChatTranslation,
): AsyncGenerator<Uint8Array> {
  let content = '';
  let thoughts = '';
  let refused: string | null = null;
  const toolCalls: AnsweredToolCall[] = [];
  for await (const step of steps) {
    content += step.text ?? '';
    thoughts += step.reasoning ?? '';
    refused = step.refusal ?? refused;
    toolCalls.push(...(step.toolCalls ?? []));
  }
  const hasOther = toolCalls.length > 0 || refused !== null;
  yield toChatCompletion(toIdentity(call, draft, clock), {
    content: content === '' && hasOther ? null : content,
    refusal: refused,
    reasoning: thoughts,
    toolCalls,
    finishReason: getFinishReason(draft),
    usage: draft.usage,
  });
}

/** An answer that ends without saying why was cut. */
function getFinishReason({ finishReason }: ChatReportDraft): string {
  if (finishReason === null) throw new MalformedAnswerError('the answer ended before its end');
  return finishReason;
}

function toIdentity(call: ChatCall, draft: ChatReportDraft, clock: Clock): ChatIdentity {
  draft.servedModel ??= call.model;
  return {
    id: `chatcmpl-${call.attemptId}`,
    createdS: Math.floor(clock.now().getTime() / MS_PER_S),
    model: draft.servedModel,
  };
}

/** Of a vendor that gives its calls no names. At most 40 characters, which is what OpenAI takes back. */
export function toToolCallId({ attemptId }: Pick<ChatCall, 'attemptId'>, index: number): string {
  return `call_${attemptId.replaceAll('-', '')}${index}`;
}
