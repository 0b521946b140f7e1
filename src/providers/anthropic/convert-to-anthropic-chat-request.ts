import {
  type ChatPart,
  type ChatTurn,
  joinText,
  parseDataUrl,
  readChatTurns,
} from '../shared/read-chat-messages.js';
import { type JsonRecord, parseJson, toRecord, toRecords, toText } from '../shared/read-json.js';
import { toOutputTokensMax, toStops, toToolOffer } from '../shared/read-tool-offer.js';
import type { ChatCall } from '../spec/chat-call.js';
import type { ChatCapabilities } from '../spec/chat-model.js';

/** The vendor wants a bound; for a model that is not in the catalogue. */
const OUTPUT_TOKENS_DEFAULT = 4_096;
const TEMPERATURE_MAX = 1;
const EFFORTS = ['low', 'medium', 'high', 'xhigh', 'max'];
/** What the vendor takes in the id of a call; other vendors' ids may hold more. */
const NOT_IN_CALL_ID = /[^a-zA-Z0-9_-]/g;

type Block = Record<string, unknown>;

interface Message {
  role: 'user' | 'assistant';
  content: Block[];
}

/** OpenAI's words to the Messages API. Unset fields are left out, so that the vendor's defaults hold. */
export function convertToAnthropicChatRequest(
  call: ChatCall,
  capabilities: ChatCapabilities | null,
): Record<string, unknown> {
  const { request } = call;
  const turns = readChatTurns(request);
  const system = turns.filter(({ role }) => role === 'system').map(({ parts }) => joinText(parts));
  const stops = toStops(request).filter((stop) => stop.trim() !== '');
  const body: Record<string, unknown> = {
    model: call.vendorModel ?? call.model,
    max_tokens:
      toOutputTokensMax(request) ?? capabilities?.outputTokensMax ?? OUTPUT_TOKENS_DEFAULT,
    messages: toMessages(turns),
    system: system.join('\n\n') || null,
    stream: call.stream,
    stop_sequences: stops.length > 0 ? stops : null,
    metadata: toMetadata(request),
    output_config: toOutputConfig(request, capabilities),
    ...((capabilities?.sampling ?? true) ? toSampling(request) : {}),
    ...toTools(request, capabilities),
  };
  return Object.fromEntries(Object.entries(body).filter(([, value]) => isSet(value)));
}

/** The vendor takes turns of the two sides in alternation; results of tools are words of the user. */
function toMessages(turns: readonly ChatTurn[]): Message[] {
  const messages: Message[] = [];
  for (const turn of turns) {
    if (turn.role === 'system') continue;
    const role = turn.role === 'assistant' ? 'assistant' : 'user';
    const content = turn.role === 'tool' ? [toToolResult(turn)] : toContent(turn);
    if (content.length === 0) continue;
    const last = messages.at(-1);
    if (last?.role === role) last.content.push(...content);
    else messages.push({ role, content });
  }
  return messages;
}

function toContent({ parts, toolCalls }: ChatTurn): Block[] {
  const calls = toolCalls.map(({ id, name, argumentsText }) => ({
    type: 'tool_use',
    id: toCallId(id),
    name,
    input: toRecord(parseJson(argumentsText)) ?? {},
  }));
  return [...toBlocks(parts), ...calls];
}

function toToolResult({ parts, toolCallId }: ChatTurn): Block {
  return {
    type: 'tool_result',
    tool_use_id: toCallId(toolCallId ?? ''),
    content: toBlocks(parts),
  };
}

/** Empty texts are refused by the vendor, and say nothing. */
function toBlocks(parts: readonly ChatPart[]): Block[] {
  return parts.flatMap((part): Block[] => {
    if (part.type === 'text') return part.text === '' ? [] : [{ type: 'text', text: part.text }];
    if (part.type === 'other') return [];
    const data = parseDataUrl(part.url);
    const source = data
      ? { type: 'base64', media_type: data.mediaType, data: data.base64 }
      : { type: 'url', url: part.url };
    return [{ type: 'image', source }];
  });
}

function toTools(
  request: ChatCall['request'],
  capabilities: ChatCapabilities | null,
): Record<string, unknown> {
  const offer = toToolOffer(request);
  if (offer.tools.length === 0) return {};
  const strict = new Set(toRecords(request.tools).filter(isStrict).map(nameOf));
  const tools = offer.tools.map(({ name, description, parameters }) => ({
    name,
    ...(description === null ? {} : { description }),
    input_schema: { type: 'object', properties: {}, ...parameters },
    ...(strict.has(name) ? { strict: true } : {}),
  }));
  if (offer.mode === 'none') return { tools, tool_choice: { type: 'none' } };
  const isForced = offer.mode === 'required' && (capabilities?.forcedTools ?? true);
  const [only] = offer.tools;
  const choice = isForced
    ? only && offer.tools.length === 1
      ? { type: 'tool', name: only.name }
      : { type: 'any' }
    : { type: 'auto' };
  const isSingle = request.parallel_tool_calls === false;
  return {
    tools,
    tool_choice: isSingle ? { ...choice, disable_parallel_tool_use: true } : choice,
  };
}

function toSampling({ temperature, top_p: topP }: ChatCall['request']): Record<string, unknown> {
  if (typeof temperature === 'number') {
    return { temperature: Math.min(temperature, TEMPERATURE_MAX) };
  }
  return { top_p: topP };
}

function toOutputConfig(
  request: ChatCall['request'],
  capabilities: ChatCapabilities | null,
): Record<string, unknown> | null {
  const format = toRecord(request.response_format);
  const schema = toRecord(toRecord(format?.json_schema)?.schema);
  const isForm = format?.type === 'json_schema' && schema && (capabilities?.jsonSchema ?? true);
  const effort = request.reasoning_effort;
  const isEffort = typeof effort === 'string' && (capabilities?.effort ?? true);
  if (!isForm && !isEffort) return null;
  return {
    ...(isForm ? { format: { type: 'json_schema', schema } } : {}),
    // OpenAI's `none` and `minimal` have no like here: the least there is.
    ...(isEffort ? { effort: EFFORTS.includes(effort) ? effort : EFFORTS[0] } : {}),
  };
}

function toMetadata(request: ChatCall['request']): Record<string, unknown> | null {
  const user = toText(request.safety_identifier) ?? toText(request.user);
  return user === null ? null : { user_id: user };
}

function isStrict(tool: JsonRecord): boolean {
  return toRecord(tool.function)?.strict === true;
}

function nameOf(tool: JsonRecord): string | null {
  return toText(toRecord(tool.function)?.name);
}

function toCallId(id: string): string {
  return id.replaceAll(NOT_IN_CALL_ID, '_');
}

function isSet(value: unknown): boolean {
  return value !== null && value !== undefined;
}
