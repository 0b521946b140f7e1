import type { ServerResponse } from 'node:http';
import type { Fields } from './openai-chat-rules.js';
import type { SimulatedTurn } from './openai-responses-rules.js';

/**
 * A success that goes another way: the model asks for pictures (`draw…`, of the function generate_image alone); the
 * response fails on its way (`failed`); and what chat's answers know as well.
 */
export type ResponsesLie =
  | 'draw'
  | 'draw_and_talk'
  | 'draw_and_ask'
  | 'draw_badly'
  | 'draw_twice'
  | 'draw_forever'
  | 'failed'
  | 'pretty';

const HEADERS = { 'x-request-id': 'req_sim_0001', 'openai-processing-ms': '1' };
const CREATED_S = 1_795_161_600;
const CALL_TOKENS = 17;
const REASONING_TOKENS = 7;
const REFUSAL_TEXT = "I'm sorry, I can't help with that.";
const ERROR = { code: 'server_error', message: 'The model had an error. Sorry about that!' };

type Event = Record<string, unknown> & { type: string };

export async function sendSimulatedResponse(
  response: ServerResponse,
  fields: Fields,
  turn: SimulatedTurn,
  fault: string | null,
): Promise<void> {
  const whole = toWhole(fields, turn, fault);
  if (fields.stream === true) return streamWhole(response, whole, fault);
  response.writeHead(200, { ...HEADERS, 'content-type': 'application/json' });
  const text = JSON.stringify(whole, null, fault === 'pretty' || fault === 'no_usage' ? 2 : 0);
  if (fault === 'bad_json') return void response.end(text.slice(0, -9));
  if (fault !== 'cut_body') return void response.end(text);
  response.write(text.slice(0, text.length / 2), () => response.destroy());
}

async function streamWhole(
  response: ServerResponse,
  whole: Fields,
  fault: string | null,
): Promise<void> {
  response.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream; charset=utf-8' });
  const events = [...listEvents(whole)].map((event, sequence_number) =>
    toEvent({ ...event, sequence_number }),
  );
  const isBroken = ['stall', 'cut_body', 'error_event', 'failed'].includes(fault ?? '');
  let text = events.slice(0, isBroken ? -3 : events.length).join('');
  if (fault === 'error_event') text += toEvent({ type: 'error', ...ERROR, param: null });
  if (fault === 'failed') {
    text += toEvent({
      type: 'response.failed',
      response: { ...whole, status: 'failed', error: ERROR },
    });
  }
  if (fault === 'crlf') text = text.replaceAll('\n', '\r\n');
  if (fault === 'stall') return void response.write(text);
  if (fault === 'cut_body') return void response.write(text, () => response.destroy());
  if (fault !== 'pieces') return void response.end(text);
  for (const byte of Buffer.from(text)) {
    response.write(Buffer.from([byte]));
    await new Promise((resolve) => setImmediate(resolve));
  }
  response.end();
}

function toWhole(fields: Fields, turn: SimulatedTurn, fault: string | null): Fields {
  const outputTokens =
    turn.words.length + turn.calls.length * CALL_TOKENS + (turn.reasoning ? REASONING_TOKENS : 0);
  const cached = Math.min(1, turn.inputTokens);
  return {
    id: 'resp_sim1',
    object: 'response',
    created_at: CREATED_S,
    status: turn.isCut ? 'incomplete' : fault === 'failed' ? 'failed' : 'completed',
    background: false,
    error: fault === 'failed' ? ERROR : null,
    incomplete_details: turn.isCut ? { reason: 'max_output_tokens' } : null,
    instructions: fields.instructions ?? null,
    max_output_tokens: fields.max_output_tokens ?? null,
    model: `${String(fields.model)}-2026-09-01`,
    output: listOutput(turn, fault),
    parallel_tool_calls: fields.parallel_tool_calls ?? true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    store: fields.store ?? true,
    temperature: fields.temperature ?? 1,
    text: fields.text ?? { format: { type: 'text' } },
    tool_choice: fields.tool_choice ?? 'auto',
    tools: fields.tools ?? [],
    top_p: 1,
    truncation: 'disabled',
    usage:
      fault === 'no_usage'
        ? null
        : {
            input_tokens: turn.inputTokens,
            input_tokens_details: { cached_tokens: cached },
            output_tokens: outputTokens,
            output_tokens_details: { reasoning_tokens: turn.reasoning ? REASONING_TOKENS : 0 },
            total_tokens: turn.inputTokens + outputTokens,
          },
    metadata: fields.metadata ?? {},
  };
}

function listOutput(turn: SimulatedTurn, fault: string | null): Fields[] {
  const { words, calls, reasoning, isCut } = turn;
  const status = isCut ? 'incomplete' : 'completed';
  const text = words.join('');
  const part =
    fault === 'refusal'
      ? { type: 'refusal', refusal: REFUSAL_TEXT }
      : { type: 'output_text', annotations: [], logprobs: [], text };
  return [
    ...(reasoning
      ? [
          {
            id: 'rs_sim1',
            type: 'reasoning',
            summary: [],
            ...(reasoning.encrypted !== null && { encrypted_content: reasoning.encrypted }),
          },
        ]
      : []),
    ...(words.length > 0
      ? [{ id: 'msg_sim1', type: 'message', status, role: 'assistant', content: [part] }]
      : []),
    ...calls.map(({ callId, name, arguments: given }, index) => ({
      id: `fc_sim${index + 1}`,
      type: 'function_call',
      status: 'completed',
      call_id: callId,
      name,
      arguments: given,
    })),
  ];
}

function* listEvents(whole: Fields): Generator<Event> {
  const begun = {
    ...whole,
    status: 'in_progress',
    output: [],
    usage: null,
    incomplete_details: null,
  };
  yield { type: 'response.created', response: begun };
  yield { type: 'response.in_progress', response: begun };
  for (const [output_index, item] of (whole.output as Fields[]).entries()) {
    yield* listItemEvents(item, output_index);
  }
  yield { type: `response.${String(whole.status)}`, response: whole };
}

function* listItemEvents(item: Fields, output_index: number): Generator<Event> {
  const at = { item_id: item.id, output_index };
  if (item.type === 'message') {
    const [part] = item.content as [Fields];
    const place = { ...at, content_index: 0 };
    const field = part.type === 'refusal' ? 'refusal' : 'text';
    const name = field === 'text' ? 'response.output_text' : 'response.refusal';
    const words = String(part[field]).split(/(?<= )/);
    yield added({ ...item, status: 'in_progress', content: [] }, output_index);
    yield { type: 'response.content_part.added', ...place, part: { ...part, [field]: '' } };
    for (const delta of words) {
      yield { type: `${name}.delta`, ...place, delta, logprobs: [], obfuscation: 'x7Kq' };
    }
    yield { type: `${name}.done`, ...place, [field]: part[field], logprobs: [] };
    yield { type: 'response.content_part.done', ...place, part };
  } else if (item.type === 'function_call') {
    const name = 'response.function_call_arguments';
    yield added({ ...item, status: 'in_progress', arguments: '' }, output_index);
    for (const delta of String(item.arguments).match(/.{1,5}/g) ?? []) {
      yield { type: `${name}.delta`, ...at, delta, obfuscation: 'q1' };
    }
    yield { type: `${name}.done`, ...at, arguments: item.arguments };
  } else yield added(item, output_index);
  yield { type: 'response.output_item.done', output_index, item };
}

function added(item: Fields, output_index: number): Event {
  return { type: 'response.output_item.added', output_index, item };
}

function toEvent(event: Event): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
