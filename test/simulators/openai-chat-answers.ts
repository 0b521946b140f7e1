import type { ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import type { Fields } from './openai-chat-rules.js';
import type { SimulatedReply } from './simulated-chat.js';

/**
 * A success that goes another way. `stall`: begins and never ends. `no_done`: a stream without `[DONE]`, as compatible
 * servers send; `no_finish`: one that just ends; `usage_at_finish`: the usage in the chunk that ends the answer; `crlf`:
 * lines end as in mail; `azure`: a first chunk about the filter, without a model; `pieces`: one byte at a time;
 * `two_calls`: of the tool at once; `refusal`: the model's own; `error_first`: a fault under the status of a success.
 */
export type ChatLie =
  | 'stall'
  | 'no_done'
  | 'no_finish'
  | 'usage_at_finish'
  | 'crlf'
  | 'azure'
  | 'pieces'
  | 'two_calls'
  | 'refusal'
  | 'content_filter'
  | 'error_first'
  | 'error_event'
  | 'named_error_event'
  | 'no_usage'
  | 'wild_usage'
  | 'bad_json'
  | 'too_long'
  | 'cut_body';

const HEADERS = { 'x-request-id': 'req_sim_0001', 'openai-processing-ms': '1' };
const CREATED_S = 1_795_161_600;
const TOO_LONG_BYTES = 17_000_000;
const REFUSAL_TEXT = "I'm sorry, I can't help with that.";
const ERROR = {
  error: {
    message: 'The server had an error while processing your request. Sorry about that!',
    type: 'server_error',
    param: null,
    code: null,
  },
};

export function sendCompletion(
  response: ServerResponse,
  fields: Fields,
  reply: SimulatedReply,
  fault: string | null,
): void {
  const isRefusal = fault === 'refusal';
  const message = {
    role: 'assistant',
    content: reply.call || isRefusal ? null : reply.words.join(''),
    refusal: isRefusal ? REFUSAL_TEXT : null,
    ...(reply.call ? { tool_calls: listCalls(reply.call, fault) } : {}),
    annotations: [],
  };
  const finish_reason = fault === 'content_filter' ? 'content_filter' : reply.finish;
  const logprobs = fields.logprobs === true ? toLogprobs(reply.words) : null;
  const answer = {
    id: 'chatcmpl-sim1',
    object: 'chat.completion',
    created: CREATED_S,
    model: servedName(fields),
    choices: listIndexes(fields).map((index) => ({ index, message, logprobs, finish_reason })),
    ...(fault === 'no_usage' ? {} : { usage: toUsage(fields, reply, fault) }),
    service_tier: 'default',
    system_fingerprint: 'fp_sim',
  };
  const text = JSON.stringify(fault === 'error_first' ? ERROR : answer);
  const sent = fault === 'bad_json' ? text.slice(0, -9) : text;
  response.writeHead(200, { ...HEADERS, 'content-type': 'application/json' });
  if (fault === 'too_long') return void response.end(text.padEnd(TOO_LONG_BYTES));
  if (fault !== 'cut_body') return void response.end(sent);
  response.write(text.slice(0, text.length / 2), () => response.destroy());
}

export async function streamCompletion(
  response: ServerResponse,
  fields: Fields,
  reply: SimulatedReply,
  fault: string | null,
): Promise<void> {
  response.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream; charset=utf-8' });
  const events = listEvents(fields, reply, fault);
  const halfway = Math.ceil(events.length / 2);
  const isBroken = ['stall', 'cut_body', 'error_event', 'named_error_event'].includes(fault ?? '');
  let text = events.slice(0, isBroken ? halfway : events.length).join('');
  if (fault === 'error_first') text = toEvent(ERROR);
  if (fault === 'error_event') text += toEvent(ERROR) + events.slice(halfway).join('');
  if (fault === 'named_error_event') text += `event: error\ndata: {"message":"overloaded"}\n\n`;
  if (fault === 'too_long') text = `data: ${'x'.repeat(TOO_LONG_BYTES)}`;
  if (fault === 'crlf') text = text.replaceAll('\n', '\r\n');
  if (fault === 'stall') return void response.write(text);
  if (fault === 'cut_body') return void response.write(text, () => response.destroy());
  if (fault !== 'pieces') return void response.end(text);
  for (const byte of Buffer.from(text)) {
    response.write(Buffer.from([byte]));
    await wait(0);
  }
  response.end();
}

function listEvents(fields: Fields, reply: SimulatedReply, fault: string | null): string[] {
  const options = fields.stream_options as { include_usage?: boolean } | undefined;
  const withUsage = options?.include_usage === true && fault !== 'no_usage';
  const isApart = withUsage && fault !== 'usage_at_finish';
  const base = { id: 'chatcmpl-sim1', object: 'chat.completion.chunk', created: CREATED_S };
  const empty = isApart ? { usage: null } : {};
  const chunk = (delta: Delta, finish_reason: string | null = null, more: object = empty) =>
    listIndexes(fields).map((index) =>
      toEvent({
        ...base,
        model: servedName(fields),
        service_tier: 'default',
        choices: [{ index, delta, logprobs: toChunkLogprobs(fields, delta), finish_reason }],
        ...more,
        obfuscation: 'x7Kq',
      }),
    );
  const usage = { usage: toUsage(fields, reply, fault) };
  const finish = fault === 'content_filter' ? 'content_filter' : reply.finish;
  return [
    ...(fault === 'azure'
      ? [toEvent({ ...base, model: '', choices: [], prompt_filter_results: [], ...empty })]
      : []),
    ...chunk({ role: 'assistant', content: reply.call ? null : '', refusal: null }),
    ...listDeltas(reply, fault).flatMap((delta) => chunk(delta)),
    ...(fault === 'no_finish' ? [] : chunk({}, finish, isApart || !withUsage ? empty : usage)),
    ...(isApart ? [toEvent({ ...base, model: servedName(fields), choices: [], ...usage })] : []),
    ...(fault === 'no_done' || fault === 'no_finish' ? [] : ['data: [DONE]\n\n']),
  ];
}

/** What a chunk adds to the message. */
interface Delta extends Record<string, unknown> {
  content?: string | null;
}

function listDeltas({ call, words }: SimulatedReply, fault: string | null): Delta[] {
  if (fault === 'refusal') return [{ refusal: REFUSAL_TEXT }];
  if (!call) return words.map((content) => ({ content }));
  return listCalls(call, fault).flatMap(({ id, type, function: called }, index) => {
    const start = { index, id, type, function: { name: called.name, arguments: '' } };
    const pieces = called.arguments.match(/.{1,5}/g) ?? [];
    return [
      { tool_calls: [start] },
      ...pieces.map((piece) => ({ tool_calls: [{ index, function: { arguments: piece } }] })),
    ];
  });
}

function listCalls(call: NonNullable<SimulatedReply['call']>, fault: string | null) {
  const second = { ...call, id: `${call.id.slice(1)}2`, input: { city: 'Rome' } };
  return (fault === 'two_calls' ? [call, second] : [call]).map(toToolCall);
}

function toToolCall({ id, name, input }: NonNullable<SimulatedReply['call']>) {
  return {
    id: `call_${id}`,
    type: 'function',
    function: { name, arguments: JSON.stringify(input) },
  };
}

/** One for each answer that is asked for. */
function listIndexes({ n }: Fields): number[] {
  return Array.from({ length: Number(n ?? 1) }, (_, index) => index);
}

function toChunkLogprobs({ logprobs }: Fields, { content }: Delta): object | null {
  return logprobs === true && content ? toLogprobs([content]) : null;
}

function toLogprobs(words: readonly string[]): object {
  const content = words.map((token) => {
    const said = { token, logprob: -0.25, bytes: [...Buffer.from(token)] };
    return { ...said, top_logprobs: [said] };
  });
  return { content, refusal: null };
}

/** The vendor answers with the name of the snapshot. */
function servedName({ model }: Fields): string {
  return `${String(model)}-2026-09-01`;
}

function toUsage(
  fields: Fields,
  { inputTokens, outputTokens }: SimulatedReply,
  fault: string | null,
): object {
  const said = outputTokens * listIndexes(fields).length;
  const completion = fault === 'wild_usage' ? 50_000_000_000 : said;
  return {
    prompt_tokens: inputTokens,
    completion_tokens: completion,
    total_tokens: inputTokens + completion,
    prompt_tokens_details: { cached_tokens: 1, audio_tokens: 0, cache_write_tokens: 2 },
    completion_tokens_details: {
      reasoning_tokens: 0,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

function toEvent(value: object): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}
