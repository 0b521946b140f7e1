import { DomainError } from '../../common/domain-error.js';
import type { JsonValue } from '../../common/json-value.js';
import { toUnsupported } from '../shared/list-unsupported-options.js';
import { toModelLack } from '../shared/model-lack.js';
import { type JsonRecord, toRecord, toRecords } from '../shared/read-json.js';
import type { ChatCall } from '../spec/chat-call.js';
import type { ProviderWarning } from '../spec/image-result.js';
import { readResponseInput } from './read-response-input.js';

/** A request to the Responses API in the words of chat. */
export interface ChatTranslated {
  request: ChatCall['request'];
  /** Of each message, where it came from. */
  sources: readonly string[];
  warnings: readonly ProviderWarning[];
}

/** Fields that are the same there. */
const SAME = [
  'temperature',
  'top_p',
  'parallel_tool_calls',
  'user',
  'safety_identifier',
  'metadata',
  'prompt_cache_key',
  'prompt_cache_retention',
  'service_tier',
  'store',
];
/** What is called otherwise in chat, by its name there. */
const NAMES: Readonly<Record<string, string>> = {
  messages: 'input',
  max_tokens: 'max_output_tokens',
  max_completion_tokens: 'max_output_tokens',
  response_format: 'text.format',
  verbosity: 'text.verbosity',
  reasoning_effort: 'reasoning.effort',
};
const MESSAGE = /^messages\[(\d+)\](.*)$/;
/** Comes of itself, or is nothing without reasoning of the vendor's own. */
const SILENT_INCLUDES: readonly unknown[] = ['reasoning.encrypted_content'];

/** @throws DomainError `routing.capability_missing` naming what chat has no word for */
export function convertToChatRequest(request: ChatCall['request']): ChatTranslated {
  const messages = readResponseInput(request);
  const { text, reasoning, max_output_tokens: max_tokens } = request;
  const { format, verbosity } = toRecord(text) ?? {};
  const effort = toRecord(reasoning)?.effort;
  const chat = withoutUnset({
    messages: messages.map(({ message }) => message),
    ...Object.fromEntries(SAME.map((field) => [field, request[field]])),
    ...toTools(request),
    max_tokens,
    response_format: toFormat(toRecord(format)),
    verbosity,
    // The highest that chat has a word for.
    reasoning_effort: effort === 'max' ? 'xhigh' : effort,
  });
  return {
    request: chat as ChatCall['request'],
    sources: messages.map(({ source }) => source),
    warnings: listLost(request),
  };
}

/** A refusal of the request in chat, in the words of the one that was sent. */
export function toResponsesFault(error: unknown, sources: readonly string[]): unknown {
  if (!(error instanceof DomainError) || error.fields.length === 0) return error;
  const fields = error.fields.map(({ field, message }) => ({
    field: toResponsesField(field, sources),
    message,
  }));
  const [first] = error.fields;
  const message = error.message.replace(first!.field, fields[0]!.field);
  return new DomainError(error.code, message, { details: error.details, fields, cause: error });
}

/** What was left out, by the name that the caller knows. */
export function toResponsesWarning({ code, field, message }: ProviderWarning): ProviderWarning {
  const name = field && NAMES[field];
  if (!name) return { code, field, message };
  return { code, field: name, message: message.replace(field, name) };
}

function toResponsesField(field: string, sources: readonly string[]): string {
  const [, index, rest = ''] = MESSAGE.exec(field) ?? [];
  if (index === undefined) return NAMES[field] ?? field;
  const source = sources[Number(index)] ?? 'input';
  // Only messages of the caller's have the same parts.
  if (!source.startsWith('input[') || !rest.startsWith('.content')) return source;
  return source + rest.replace('.image_url.url', '.image_url');
}

function toTools({ tools, tool_choice: choice }: JsonRecord): JsonRecord {
  const list = toRecords(tools);
  const other = list.findIndex(({ type }) => type !== 'function');
  if (other !== -1) throw toModelLack(`tools[${other}].type`, 'must be function');
  if (list.length === 0) return {};
  return {
    tools: list.map(({ name, description, parameters, strict }) => ({
      type: 'function',
      function: withoutUnset({ name, description, parameters, strict }),
    })),
    tool_choice: toChoice(choice),
  };
}

function toChoice(choice: unknown): unknown {
  const record = toRecord(choice);
  if (!record) return choice;
  if (record.type === 'function') return toNamed(record);
  if (record.type !== 'allowed_tools') {
    throw toModelLack('tool_choice.type', 'must be function or allowed_tools');
  }
  const tools = toRecords(record.tools).map(toNamed);
  return { type: 'allowed_tools', allowed_tools: { mode: record.mode ?? 'auto', tools } };
}

function toNamed({ name }: JsonRecord): JsonRecord {
  return { type: 'function', function: { name } };
}

function toFormat(format: JsonRecord | null): JsonRecord | null {
  if (!format || format.type === 'text') return null;
  if (format.type !== 'json_schema') return { type: format.type };
  const { name, description, schema, strict } = format;
  return {
    type: 'json_schema',
    json_schema: withoutUnset({ name, description, schema, strict }),
  };
}

/** What is asked for and cannot be said; nothing is dropped in silence. */
function listLost(request: ChatCall['request']): ProviderWarning[] {
  const { include, truncation, top_logprobs, context_management, moderation } = request;
  const others = Array.isArray(include)
    ? include.filter((one) => !SILENT_INCLUDES.includes(one))
    : [];
  const isLost: readonly [field: string, isAsked: boolean][] = [
    ['include', others.length > 0],
    ['truncation', truncation === 'auto'],
    ['top_logprobs', typeof top_logprobs === 'number' && top_logprobs > 0],
    ['context_management', isFilled(context_management)],
    ['moderation', toRecord(moderation) !== null],
  ];
  return isLost
    .filter(([, isAsked]) => isAsked)
    .map(([field]) => toUnsupported(field, 'this model'));
}

function isFilled(value: JsonValue | undefined): boolean {
  return Array.isArray(value) && value.length > 0;
}

function withoutUnset(fields: JsonRecord): JsonRecord {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== null),
  );
}
