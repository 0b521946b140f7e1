import { toModelLack } from '../shared/model-lack.js';
import { listUnsupportedChatOptions } from '../shared/list-unsupported-chat-options.js';
import { toUnsupported } from '../shared/list-unsupported-options.js';
import {
  type ChatPart,
  type ChatTurn,
  joinText,
  parseDataUrl,
  readChatTurns,
} from '../shared/read-chat-messages.js';
import { parseJson, toRecord, toRecords } from '../shared/read-json.js';
import {
  toOutputTokensMax,
  toStops,
  type ToolOffer,
  toToolOffer,
} from '../shared/read-tool-offer.js';
import type { ChatCall } from '../spec/chat-call.js';
import type { ProviderWarning } from '../spec/image-result.js';
import { type OllamaChatOptions, toOllamaChatOptions } from './ollama-chat-options.js';

export interface OllamaChatRequest {
  body: string;
  warnings: readonly ProviderWarning[];
}

type ChatRequest = ChatCall['request'];
type Fields = Readonly<Record<string, unknown>>;

const SUPPORTED = [
  'provider_options',
  'temperature',
  'top_p',
  'max_tokens',
  'max_completion_tokens',
  'stop',
  'seed',
  'frequency_penalty',
  'presence_penalty',
  'tools',
  'tool_choice',
  'response_format',
  'reasoning_effort',
];
const EFFORTS: Readonly<Record<string, boolean | string>> = {
  none: false,
  minimal: 'low',
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'max',
};
/** Only these think in levels; the others think or do not. */
const THINKS_IN_LEVELS = /(?:^|\/)gpt-oss/;
/** What must be called cannot be said, so it is asked for. */
const MUST_CALL = 'Answer by calling one of the tools you were given, and with nothing else.';

/** Checks what cannot be said at all. @throws DomainError `routing.capability_missing` naming the field */
export function assertOllamaChatRequest(request: ChatRequest): void {
  toOllamaChatOptions(request);
  for (const { index, parts } of readChatTurns(request)) {
    for (const [at, part] of parts.entries()) assertPart(part, `messages[${index}].content[${at}]`);
  }
  const custom = toRecords(request.tools).findIndex(({ type }) => type !== 'function');
  if (custom >= 0) throw toModelLack(`tools[${custom}].type`, 'must be function');
}

/** OpenAI's words to the vendor's. What is not set is left out, so that the model's own defaults hold. */
export function convertToOllamaChatRequest(call: ChatCall): OllamaChatRequest {
  const { request, stream } = call;
  const model = call.vendorModel ?? call.model;
  const given = toOllamaChatOptions(request);
  const offer = toToolOffer(request);
  const options = toOptions(request, given);
  const messages = toMessages(readChatTurns(request));
  const mustCall = offer.mode === 'required' && offer.tools.length > 0;
  const body = withoutUnset({
    model,
    messages: mustCall ? [...messages, { role: 'system', content: MUST_CALL }] : messages,
    tools: toTools(offer),
    format: toFormat(request),
    options: Object.keys(options).length > 0 ? options : null,
    stream,
    think: given.think ?? toThink(request.reasoning_effort, model),
    keep_alive: given.keep_alive,
  });
  const warnings = listUnsupportedChatOptions(request, SUPPORTED, 'this model');
  return {
    body: JSON.stringify(body),
    warnings: mustCall ? [...warnings, toAsked()] : warnings,
  };
}

function assertPart(part: ChatPart, field: string): void {
  if (part.type === 'image' && !parseDataUrl(part.url)) {
    throw toModelLack(
      `${field}.image_url.url`,
      'must be a data: URL with base64 for this model; send the picture itself, not its address',
    );
  }
  if (part.type === 'other') throw toModelLack(`${field}.type`, 'must be text or image_url');
}

function toMessages(turns: readonly ChatTurn[]): Fields[] {
  const names = new Map(
    turns.flatMap(({ toolCalls }) => toolCalls.map(({ id, name }) => [id, name] as const)),
  );
  return turns.map((turn) => toMessage(turn, names));
}

function toMessage(turn: ChatTurn, names: ReadonlyMap<string, string>): Fields {
  const { role, parts, toolCalls, toolCallId } = turn;
  const images = parts.flatMap((part) =>
    part.type === 'image' ? (parseDataUrl(part.url)?.base64 ?? []) : [],
  );
  const calls = toolCalls.map(({ id, name, argumentsText }, index) => ({
    id,
    // An object there, where OpenAI has a text.
    function: { index, name, arguments: toRecord(parseJson(argumentsText)) ?? {} },
  }));
  const answered = role === 'tool' ? (toolCallId ?? '') : null;
  return withoutUnset({
    role,
    content: joinText(parts),
    images: images.length > 0 ? images : null,
    tool_calls: calls.length > 0 ? calls : null,
    tool_call_id: answered,
    tool_name: answered === null ? null : (names.get(answered) ?? answered),
  });
}

/** There is no word for which tool to call or that none may be: what may not be called is not offered. */
function toTools({ mode, tools }: ToolOffer): Fields[] | null {
  if (tools.length === 0 || mode === 'none') return null;
  return tools.map(({ name, description, parameters }) => ({
    type: 'function',
    function: {
      name,
      description: description ?? '',
      parameters: parameters ?? { type: 'object', properties: {} },
    },
  }));
}

function toFormat({ response_format: given }: ChatRequest): unknown {
  const format = toRecord(given);
  if (format?.type === 'json_object') return 'json';
  if (format?.type !== 'json_schema') return null;
  return toRecord(format.json_schema)?.schema ?? 'json';
}

function toOptions(request: ChatRequest, given: OllamaChatOptions): Fields {
  const stops = toStops(request);
  return withoutUnset({
    temperature: request.temperature,
    top_p: request.top_p,
    num_predict: toOutputTokensMax(request),
    stop: stops.length > 0 ? stops : null,
    seed: request.seed,
    frequency_penalty: request.frequency_penalty || null,
    presence_penalty: request.presence_penalty || null,
    num_ctx: given.num_ctx,
    top_k: given.top_k,
    min_p: given.min_p,
    repeat_penalty: given.repeat_penalty,
  });
}

function toThink(effort: unknown, model: string): unknown {
  const level = typeof effort === 'string' ? EFFORTS[effort] : undefined;
  if (level === undefined || THINKS_IN_LEVELS.test(model)) return level;
  return level !== false;
}

function toAsked(): ProviderWarning {
  return {
    ...toUnsupported('tool_choice', 'this model'),
    message: 'tool_choice cannot be enforced on this model; it was asked to call a tool instead',
  };
}

function withoutUnset(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== null && value !== undefined),
  );
}
