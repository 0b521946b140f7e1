import type { ChatTurn } from '../shared/read-chat-messages.js';
import { readChatTurns } from '../shared/read-chat-messages.js';
import { toRecord } from '../shared/read-json.js';
import { toOutputTokensMax, toStops, toToolOffer } from '../shared/read-tool-offer.js';
import type { ChatAnswer } from '../shared/to-chat-completion.js';
import { toToolCallId } from '../shared/translate-chat.js';
import type { ChatCall, TokenUsage } from '../spec/chat-call.js';
import { composeText, toTopic, type Topic } from './compose-text.js';
import { countTokens, cutToTokens, TOKENS_PER_MESSAGE } from './count-tokens.js';
import { fillSchema } from './fill-schema.js';

export type EmbeddedAnswer = ChatAnswer & { usage: TokenUsage };

/** The whole answer to a request, made of the request alone. */
export function composeAnswer(call: ChatCall): EmbeddedAnswer {
  const { request } = call;
  const turns = readChatTurns(request);
  const topic = toTopic(turns);
  const { mode, tools } = toToolOffer(request);
  const [tool] = mode === 'required' ? tools : [];
  const inputTokens = countInput(turns, request);
  if (tool) {
    const given = fillSchema(tool.parameters ?? { type: 'object' }, {
      text: topic.text,
      value: topic.subject,
    });
    const argumentsText = JSON.stringify(given);
    const toolCalls = [{ id: toToolCallId(call, 0), name: tool.name, argumentsText }];
    const usage = toUsage(inputTokens, countTokens(tool.name + argumentsText));
    return { content: null, toolCalls, finishReason: 'tool_calls', usage };
  }
  const { text, finishReason } = bound(composeContent(request, topic), request);
  return {
    content: text,
    toolCalls: [],
    finishReason,
    usage: toUsage(inputTokens, countTokens(text)),
  };
}

function composeContent(request: ChatCall['request'], topic: Topic): string {
  const seed = typeof request.seed === 'number' ? request.seed : 0;
  const text = composeText(topic, seed);
  const format = toRecord(request.response_format);
  if (format?.type === 'json_object') {
    return JSON.stringify({ answer: text, keywords: topic.keywords });
  }
  if (format?.type !== 'json_schema') return text;
  return JSON.stringify(
    fillSchema(toRecord(format.json_schema)?.schema ?? {}, { text, value: topic.subject }),
  );
}

/** What comes before the first stop, and of that as many tokens as are allowed. */
function bound(
  whole: string,
  request: ChatCall['request'],
): { text: string; finishReason: 'stop' | 'length' } {
  const ends = toStops(request)
    .map((stop) => whole.indexOf(stop))
    .filter((at) => at >= 0);
  const stopped = whole.slice(0, Math.min(whole.length, ...ends));
  const text = cutToTokens(stopped, toOutputTokensMax(request) ?? Number.MAX_SAFE_INTEGER);
  return { text, finishReason: text.length < stopped.length ? 'length' : 'stop' };
}

/** Of every message its texts and its calls; of the tools that are offered, their description. */
function countInput(turns: readonly ChatTurn[], { tools }: ChatCall['request']): number {
  const messages = turns.reduce((sum, { parts, toolCalls }) => {
    const texts = parts.map((part) => (part.type === 'text' ? countTokens(part.text) : 0));
    const calls = toolCalls.map(({ name, argumentsText }) => countTokens(name + argumentsText));
    return sum + TOKENS_PER_MESSAGE + [...texts, ...calls].reduce((total, one) => total + one, 0);
  }, 0);
  return messages + (tools ? countTokens(JSON.stringify(tools)) : 0);
}

function toUsage(inputTokens: number, outputTokens: number): TokenUsage {
  return {
    inputTokens,
    cachedInputTokens: null,
    cacheWriteTokens: null,
    outputTokens,
    reasoningTokens: null,
  };
}
