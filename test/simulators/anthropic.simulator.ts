import type { ServerResponse } from 'node:http';
import {
  findFault,
  knowsClaude,
  toBlockText,
  toClaudeError,
  toClaudeQuestion,
} from './anthropic-chat-rules.js';
import fixtures from './fixtures/anthropic-chat.json' with { type: 'json' };
import type { Fields } from './openai-chat-rules.js';
import type { SimulatedBody } from './read-simulated-body.js';
import { replyTo, type SimulatedReply } from './simulated-chat.js';
import {
  type Fixture,
  playFixture,
  type SimulatedExchange,
  VendorSimulator,
  type VendorSimulatorOptions,
} from './vendor-simulator.js';

const FIXTURES: Readonly<Record<string, Fixture>> = fixtures;
const HEADERS = { 'request-id': 'req_sim_0002', 'anthropic-organization-id': 'org-sim' };
const TOO_LONG_BYTES = 17_000_000;
const EXPLANATION = 'This request was declined by a safety classifier.';
const OVERLOADED = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };

/**
 * A fixture's name, or a success that lies. `refuse`: the model's classifier ends the answer; `thinking`: it thinks
 * first; `no_arguments`: a call without any; `two_calls`: at once; `error_first`: overloaded under the status of a
 * success; `unknown_events`: such as come in time; `echo_key`: a refusal that repeats the credential.
 */
export type AnthropicFault =
  | keyof typeof fixtures
  | 'refuse'
  | 'thinking'
  | 'no_arguments'
  | 'two_calls'
  | 'error_first'
  | 'error_event'
  | 'unknown_events'
  | 'no_stop'
  | 'stall'
  | 'no_usage'
  | 'wild_usage'
  | 'bad_json'
  | 'too_long'
  | 'cut_body'
  | 'echo_key';

type Block = Record<string, unknown>;

/** Anthropic's Messages API on a local port: JSON and events, its rules and its errors. */
export class AnthropicSimulator extends VendorSimulator<AnthropicFault> {
  static start(options: VendorSimulatorOptions = {}): Promise<AnthropicSimulator> {
    return new AnthropicSimulator(options).listen();
  }

  get baseUrl(): string {
    return this.origin;
  }

  protected promptOf(body: SimulatedBody | null): string {
    const messages = body?.fields.messages;
    return Array.isArray(messages) ? messages.map((one) => toBlockText(one as Fields)).join() : '';
  }

  protected answer({ request, response, path, body, fault }: SimulatedExchange): Promise<void> {
    playFixtureOr(response, this.refuse({ request, response, path, body, fault }), () => {
      const fields = (body?.fields ?? {}) as Fields;
      if (path === '/v1/models') return sendModels(response);
      const message = toMessage(fields, replyTo(toClaudeQuestion(fields)), fault);
      if (fields.stream === true) sendEvents(response, message, fault);
      else sendMessage(response, message, fault);
    });
    return Promise.resolve();
  }

  /** In the vendor's order: path, key, version, body. */
  private refuse({ request, path, body, fault }: SimulatedExchange): Fixture | null {
    const isMessages = path === '/v1/messages' && request.method === 'POST';
    if (!isMessages && path !== '/v1/models') return fixtures.not_found;
    // The vendor takes a key in either header; its own package uses the second.
    const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
    const key = request.headers['x-api-key'] ?? bearer;
    if (fault === 'echo_key') {
      return toClaudeError('authentication_error', `invalid x-api-key: ${String(key)}`, 401);
    }
    const { apiKey = null } = this.options;
    if (apiKey !== null && key !== apiKey) return fixtures.unauthorized;
    const fixture = fault === null ? undefined : FIXTURES[fault];
    if (fixture) return fixture;
    if (request.headers['anthropic-version'] !== '2023-06-01') {
      return toClaudeError('invalid_request_error', 'anthropic-version: header is required');
    }
    if (!isMessages) return null;
    const fields = (body?.fields ?? {}) as Fields;
    const wrong = findFault(fields);
    if (wrong !== null) return toClaudeError('invalid_request_error', wrong);
    return knowsClaude(fields.model) ? null : fixtures.model_not_found;
  }
}

function playFixtureOr(response: ServerResponse, fixture: Fixture | null, go: () => void): void {
  if (fixture) playFixture(response, fixture);
  else go();
}

function toMessage(fields: Fields, reply: SimulatedReply, fault: string | null) {
  const call = reply.call && {
    type: 'tool_use',
    id: `toolu_${reply.call.id}`,
    name: reply.call.name,
  };
  const input = fault === 'no_arguments' ? {} : reply.call?.input;
  const second = { ...call, id: `${call?.id}_2`, input: { city: 'Rome' } };
  const text = reply.words.join('');
  const content: Block[] = [
    ...(fault === 'thinking' ? [{ type: 'thinking', thinking: 'Hm.', signature: 'c2ln' }] : []),
    ...(call || fault === 'refuse' ? [] : [{ type: 'text', text }]),
    ...(call ? [{ ...call, input }] : []),
    ...(call && fault === 'two_calls' ? [second] : []),
  ];
  const stop = { stop: 'end_turn', length: 'max_tokens', tool_calls: 'tool_use' }[reply.finish];
  const isRefused = fault === 'refuse';
  const details = { type: 'refusal', category: 'bio', explanation: EXPLANATION };
  return {
    id: 'msg_01Sim',
    type: 'message',
    role: 'assistant',
    model: `${String(fields.model)}-20260901`,
    content,
    stop_reason: isRefused ? 'refusal' : stop,
    stop_sequence: null,
    ...(isRefused ? { stop_details: details } : {}),
    ...(fault === 'no_usage' ? {} : { usage: toUsage(reply, fault) }),
  };
}

function toUsage({ inputTokens, outputTokens }: SimulatedReply, fault: string | null) {
  return {
    input_tokens: inputTokens,
    cache_creation_input_tokens: 4,
    cache_read_input_tokens: 8,
    output_tokens: fault === 'wild_usage' ? 7.5 : outputTokens,
    output_tokens_details: { thinking_tokens: fault === 'thinking' ? 1 : 0 },
    service_tier: 'standard',
  };
}

type Message = ReturnType<typeof toMessage>;

function sendMessage(response: ServerResponse, message: Message, fault: string | null): void {
  const text = JSON.stringify(fault === 'error_first' ? OVERLOADED : message);
  response.writeHead(200, { ...HEADERS, 'content-type': 'application/json' });
  if (fault === 'too_long') return void response.end(text.padEnd(TOO_LONG_BYTES));
  if (fault === 'bad_json') return void response.end(text.slice(0, -9));
  if (fault !== 'cut_body') return void response.end(text);
  response.write(text.slice(0, text.length / 2), () => response.destroy());
}

function sendEvents(response: ServerResponse, message: Message, fault: string | null): void {
  response.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream; charset=utf-8' });
  const events = listEvents(message, fault);
  const isBroken = ['stall', 'cut_body', 'error_event'].includes(fault ?? '');
  const kept = isBroken ? events.slice(0, 4) : events;
  let text = kept.map(toEvent).join('');
  if (fault === 'error_event') text += toEvent(OVERLOADED);
  if (fault === 'error_first') text = toEvent(OVERLOADED);
  if (fault === 'too_long') text = `data: ${'x'.repeat(TOO_LONG_BYTES)}`;
  if (fault === 'stall') return void response.write(text);
  if (fault === 'cut_body') return void response.write(text, () => response.destroy());
  response.end(text);
}

function listEvents(message: Message, fault: string | null): Block[] {
  const { content, stop_reason, stop_sequence, usage, ...start } = message;
  const first = usage ? { ...usage, output_tokens: 1, output_tokens_details: null } : undefined;
  const details = 'stop_details' in message ? { stop_details: message.stop_details } : {};
  const end = {
    type: 'message_delta',
    delta: { stop_reason, stop_sequence, ...details },
    ...(usage
      ? {
          usage: {
            output_tokens: usage.output_tokens,
            output_tokens_details: usage.output_tokens_details,
            input_tokens: null,
          },
        }
      : {}),
  };
  return [
    {
      type: 'message_start',
      message: { ...start, content: [], stop_reason: null, stop_sequence: null, usage: first },
    },
    { type: 'ping' },
    ...(fault === 'unknown_events' ? [{ type: 'tide_turned', index: 0 }] : []),
    ...content.flatMap(listBlockEvents),
    ...(fault === 'no_stop' ? [] : [end, { type: 'message_stop' }]),
  ];
}

function listBlockEvents(block: Block, index: number): Block[] {
  const begin = {
    text: { type: 'text', text: '' },
    thinking: { type: 'thinking', thinking: '', signature: '' },
    tool_use: { ...block, input: {} },
  }[String(block.type)];
  return [
    { type: 'content_block_start', index, content_block: begin },
    ...listDeltas(block).map((delta) => ({ type: 'content_block_delta', index, delta })),
    { type: 'content_block_stop', index },
  ];
}

function listDeltas(block: Block): Block[] {
  if (block.type === 'text') {
    return String(block.text)
      .split(/(?<= )/)
      .map((text) => ({ type: 'text_delta', text }));
  }
  if (block.type === 'thinking') {
    return [
      { type: 'thinking_delta', thinking: block.thinking },
      { type: 'signature_delta', signature: block.signature },
    ];
  }
  const json = JSON.stringify(block.input);
  const pieces = json === '{}' ? [''] : ['', ...(json.match(/.{1,6}/g) ?? [])];
  return pieces.map((partial_json) => ({ type: 'input_json_delta', partial_json }));
}

function toEvent(event: Block): string {
  return `event: ${String(event.type)}\ndata: ${JSON.stringify(event)}\n\n`;
}

function sendModels(response: ServerResponse): void {
  const created_at = '2026-10-07T00:00:00Z';
  const data = [
    { type: 'model', id: 'claude-haiku-5-5', display_name: 'Claude Haiku 5.5', created_at },
  ];
  const ends = { has_more: false, first_id: 'claude-haiku-5-5', last_id: 'claude-haiku-5-5' };
  playFixture(response, {
    status: 200,
    headers: { ...HEADERS, 'content-type': 'application/json' },
    body: { data, ...ends },
  });
}
