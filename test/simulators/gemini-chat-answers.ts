import type { ServerResponse } from 'node:http';
import { type ChatOrder, signsCalls } from './gemini-chat-rules.js';
import { embedText } from './simulated-chat.js';

type Fields = Readonly<Record<string, unknown>>;

/**
 * A success that goes another way. `chat_stall`: begins and never ends; `chat_thoughts_only`: all tokens went into
 * thoughts; `chat_gave_up`: ends with OTHER and nothing; `chat_half_safety`: stopped behind its first words;
 * `chat_cached`: part of the prompt was read before; `chat_no_finish`: a stream that just ends.
 */
export type GeminiChatLie =
  | 'chat_stall'
  | 'chat_blocked'
  | 'chat_safety'
  | 'chat_half_safety'
  | 'chat_thoughts_only'
  | 'chat_gave_up'
  | 'chat_cached'
  | 'chat_no_finish'
  | 'chat_error_event'
  | 'chat_error_first'
  | 'chat_no_usage'
  | 'chat_wild_usage'
  | 'chat_bad_json'
  | 'chat_too_long'
  | 'chat_cut_body';

/** A success of batchEmbedContents that lies. */
export type GeminiEmbeddingLie = 'too_few' | 'uneven' | 'not_finite' | 'embed_bad_json';

const JSON_TYPE = 'application/json; charset=UTF-8';
const THOUGHTS_TOKENS = 21;
const TOO_LONG_BYTES = 17_000_000;
const DIMENSIONS = 3_072;
const REQUESTS_MAX = 100;
const FINISHES = { stop: 'STOP', length: 'MAX_TOKENS', tool_calls: 'STOP' } as const;
const ERROR = {
  error: {
    code: 503,
    message: 'The model is overloaded. Please try again later.',
    status: 'UNAVAILABLE',
  },
};

/** One answer, whole or as a stream of frames in the same form, each with all that was counted so far. */
export function sendGeminiChat(
  response: ServerResponse,
  { model, isStream, order }: { model: string; isStream: boolean; order: ChatOrder },
  fault: string | null,
): void {
  const frames = listFrames(model, order, fault);
  if (!isStream) {
    const whole = fault === 'chat_error_first' ? ERROR : joinFrames(frames);
    const text = JSON.stringify(whole, null, 2);
    response.writeHead(200, { 'content-type': JSON_TYPE });
    if (fault === 'chat_too_long') return void response.end(text.padEnd(TOO_LONG_BYTES));
    if (fault === 'chat_cut_body') {
      return void response.write(text.slice(0, text.length / 2), () => response.destroy());
    }
    return void response.end(fault === 'chat_bad_json' ? text.slice(0, -9) : text);
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  // Servers have been seen with either end of line.
  const write = (frame: object) => `data: ${JSON.stringify(frame)}\r\n\r\n`;
  const halfway = frames
    .slice(0, Math.ceil(frames.length / 2))
    .map(write)
    .join('');
  if (fault === 'chat_stall') return void response.write(halfway);
  if (fault === 'chat_cut_body') return void response.write(halfway, () => response.destroy());
  if (fault === 'chat_error_event') return void response.end(halfway + write(ERROR));
  if (fault === 'chat_error_first') return void response.end(write(ERROR));
  if (fault === 'chat_bad_json')
    return void response.end(`${halfway}data: {"candidates": [\r\n\r\n`);
  response.end((fault === 'chat_no_finish' ? frames.slice(0, -1) : frames).map(write).join(''));
}

/** Null = the body is not one that the vendor takes. */
export function sendGeminiEmbeddings(
  response: ServerResponse,
  model: string,
  fields: Fields,
  fault: string | null,
): string | null {
  const requests = Array.isArray(fields.requests) ? (fields.requests as Fields[]) : [];
  if (requests.length === 0) return '* BatchEmbedContentsRequest.requests: requests is not set';
  if (requests.length > REQUESTS_MAX) {
    return '* BatchEmbedContentsRequest.requests: at most 100 requests can be in one batch';
  }
  if (requests.some((one) => one.model !== `models/${model}`)) {
    return '* BatchEmbedContentsRequest.requests[0].model: does not match the model in the path';
  }
  const vectors = requests.map(({ content, outputDimensionality = DIMENSIONS }) => {
    const { parts } = content as { parts: { text: string }[] };
    return [...embedText(parts.map(({ text }) => text).join(' '), Number(outputDimensionality))];
  });
  if (fault === 'uneven') vectors[0]?.pop();
  if (fault === 'too_few') vectors.pop();
  const embeddings = vectors.map((values) => ({ values }));
  const text = JSON.stringify({ embeddings }, null, 2);
  const wrong = fault === 'not_finite' ? text.replace(/-?\d\.\d+/, '1e999') : text;
  const sent = fault === 'embed_bad_json' ? wrong.slice(0, -9) : wrong;
  response.writeHead(200, { 'content-type': JSON_TYPE });
  if (fault !== 'cut_body') response.end(sent);
  else response.write(sent.slice(0, sent.length / 2), () => response.destroy());
  return null;
}

function listFrames(model: string, { reply, showsThoughts }: ChatOrder, fault: string | null) {
  const frame = (parts: readonly object[], more: object = {}, outputTokens = 0) => ({
    candidates: [{ content: { parts, role: 'model' }, index: 0, ...more }],
    ...toUsage(reply.inputTokens, outputTokens, fault),
    modelVersion: `${model}-001`,
    responseId: 'sim-chat',
  });
  const finishReason = FINISHES[reply.finish];
  if (fault === 'chat_blocked') {
    const promptFeedback = { blockReason: 'PROHIBITED_CONTENT' };
    return [{ promptFeedback, ...toUsage(9, 0, null), modelVersion: model }];
  }
  if (fault === 'chat_safety') return [frame([], { finishReason: 'SAFETY', safetyRatings: [] })];
  if (fault === 'chat_gave_up') return [frame([], { finishReason: 'OTHER' })];
  if (fault === 'chat_thoughts_only') return [frame([], { finishReason: 'MAX_TOKENS' })];
  const thoughts = showsThoughts ? [frame([{ text: 'They greet me.', thought: true }])] : [];
  if (reply.call) {
    const { name, input } = reply.call;
    const signature = signsCalls(model) ? { thoughtSignature: 'c2lnbmVk' } : {};
    const part = { functionCall: { name, args: input }, ...signature };
    return [
      ...thoughts,
      frame([part]),
      frame([{ text: '' }], { finishReason }, reply.outputTokens),
    ];
  }
  const said = reply.words.map((text, at) => frame([{ text }], {}, at + 1));
  const ending = fault === 'chat_half_safety' ? 'SAFETY' : finishReason;
  const last = frame([{ text: '' }], { finishReason: ending }, reply.outputTokens);
  return [...thoughts, ...said, last];
}

/** The frames of a stream as one answer: the parts of all, the ending of the last. */
function joinFrames(frames: readonly Fields[]): object {
  const last = frames.at(-1) ?? {};
  const [ending] = (last.candidates as Fields[] | undefined) ?? [];
  if (!ending) return last;
  const parts = frames.flatMap(({ candidates }) => {
    const [candidate] = candidates as { content: { parts: Fields[] } }[];
    return (candidate?.content.parts ?? []).filter(({ text }) => text !== '');
  });
  const thought = parts.filter((part) => part.thought === true);
  const text = parts.filter((part) => part.thought !== true && 'text' in part);
  const others = parts.filter((part) => !('text' in part));
  const joined = text.length > 0 ? [{ text: text.map((part) => String(part.text)).join('') }] : [];
  const content = { role: 'model', parts: [...thought, ...joined, ...others] };
  return { ...last, candidates: [{ ...ending, content }] };
}

function toUsage(inputTokens: number, outputTokens: number, fault: string | null): object {
  if (fault === 'chat_no_usage') return {};
  const cached = fault === 'chat_cached' ? { cachedContentTokenCount: inputTokens - 1 } : {};
  const wild = fault === 'chat_wild_usage' ? { promptTokenCount: -4 } : {};
  return {
    usageMetadata: {
      promptTokenCount: inputTokens,
      ...(outputTokens > 0 ? { candidatesTokenCount: outputTokens } : {}),
      totalTokenCount: inputTokens + outputTokens + THOUGHTS_TOKENS,
      thoughtsTokenCount: THOUGHTS_TOKENS,
      promptTokensDetails: [{ modality: 'TEXT', tokenCount: inputTokens }],
      ...cached,
      ...wild,
    },
  };
}
