import { toModelLack } from '../shared/model-lack.js';
import { listUnsupportedChatOptions } from '../shared/list-unsupported-chat-options.js';
import {
  type ChatPart,
  type ChatTurn,
  joinText,
  parseDataUrl,
  readChatTurns,
} from '../shared/read-chat-messages.js';
import { parseJson, toRecord, toRecords, toText } from '../shared/read-json.js';
import { toOutputTokensMax, toStops, toToolOffer } from '../shared/read-tool-offer.js';
import type { ChatCall } from '../spec/chat-call.js';
import type { ProviderWarning } from '../spec/image-result.js';
import { type GeminiChatOptions, toGeminiChatOptions } from './gemini-chat-options.js';
import { toGeminiSchema } from './to-gemini-schema.js';

export interface GeminiChatRequest {
  /** Below the base URL. */
  path: string;
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
const HARM_CATEGORIES = ['HARASSMENT', 'HATE_SPEECH', 'SEXUALLY_EXPLICIT', 'DANGEROUS_CONTENT'];
const CALLING_MODES = { none: 'NONE', auto: 'AUTO', required: 'ANY' } as const;
/** Seeds are signed there. */
const SEED_RANGE = 2_147_483_648;
/** Thinks in tokens; those after it in levels. */
const THINKS_IN_TOKENS = /^gemini-2\.5/;
const EFFORT_TOKENS: Readonly<Record<string, number>> = {
  none: 0,
  minimal: 1_024,
  low: 1_024,
  medium: 8_192,
  high: 24_576,
  xhigh: 24_576,
};
const EFFORT_LEVELS: Readonly<Record<string, string>> = {
  none: 'MINIMAL',
  minimal: 'MINIMAL',
  low: 'LOW',
  medium: 'MEDIUM',
  high: 'HIGH',
  xhigh: 'HIGH',
};
/**
 * Newer models refuse a call of a function that comes back without the signature they gave with it. This word says that
 * there is none, as with a conversation that another model began (Google's page on thought signatures, read 2026-11).
 */
const NO_SIGNATURE = 'skip_thought_signature_validator';

/** Checks what cannot be said at all. @throws DomainError `routing.capability_missing` naming the field */
export function assertGeminiChatRequest(request: ChatRequest): void {
  toGeminiChatOptions(request);
  for (const { index, parts } of readChatTurns(request)) {
    for (const [at, part] of parts.entries()) assertPart(part, `messages[${index}].content[${at}]`);
  }
  const custom = toRecords(request.tools).findIndex(({ type }) => type !== 'function');
  if (custom >= 0) throw toModelLack(`tools[${custom}].type`, 'must be function');
}

/** OpenAI's words to the vendor's. What is not set is left out, so that the vendor's defaults hold. */
export function convertToGeminiChatRequest(call: ChatCall): GeminiChatRequest {
  const { request, stream } = call;
  const model = call.vendorModel ?? call.model;
  const options = toGeminiChatOptions(request);
  const turns = readChatTurns(request);
  const instruction = turns.filter(({ role }) => role === 'system').map(toInstruction);
  const contents = toContents(turns, model);
  const body = withoutUnset({
    // A conversation of instructions alone has nothing else to answer.
    contents: contents.length > 0 ? contents : [{ role: 'user', parts: instruction }],
    systemInstruction:
      contents.length > 0 && instruction.length > 0 ? { parts: instruction } : null,
    ...toTools(request),
    generationConfig: toGenerationConfig(request, options, model),
    safetySettings: toSafetySettings(options.safety_threshold),
  });
  const name = encodeURIComponent(model);
  return {
    path: `models/${name}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
    body: JSON.stringify(body),
    warnings: listUnsupportedChatOptions(request, SUPPORTED, 'this model'),
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

/** Turns of one side that follow each other are one: answers of tools belong together. */
function toContents(turns: readonly ChatTurn[], model: string): Fields[] {
  const contents: { role: string; parts: Fields[] }[] = [];
  const names = new Map(
    turns.flatMap(({ toolCalls }) => toolCalls.map(({ id, name }) => [id, name] as const)),
  );
  for (const turn of turns.filter(({ role }) => role !== 'system')) {
    const role = turn.role === 'assistant' ? 'model' : 'user';
    const parts = turn.role === 'tool' ? [toFunctionResponse(turn, names)] : toParts(turn, model);
    const last = contents.at(-1);
    if (parts.length === 0) continue;
    if (last?.role === role) last.parts.push(...parts);
    else contents.push({ role, parts });
  }
  return contents;
}

function toParts({ parts, toolCalls }: ChatTurn, model: string): Fields[] {
  const calls = toolCalls.map(({ id, name, argumentsText, extraContent }, index) => {
    const given = toText(toRecord(extraContent?.google)?.thought_signature);
    // Of calls made side by side only the first has a signature.
    const missing = index === 0 && !THINKS_IN_TOKENS.test(model) ? NO_SIGNATURE : null;
    return withoutUnset({
      functionCall: { id, name, args: toRecord(parseJson(argumentsText)) ?? {} },
      thoughtSignature: given ?? missing,
    });
  });
  return [...parts.map(toPart), ...calls];
}

function toPart(part: ChatPart): Fields {
  const picture = part.type === 'image' ? parseDataUrl(part.url) : null;
  if (picture) return { inlineData: { mimeType: picture.mediaType, data: picture.base64 } };
  return { text: part.type === 'text' ? part.text : '' };
}

function toInstruction({ parts }: ChatTurn): Fields {
  return { text: joinText(parts) };
}

/** The vendor takes objects alone: what is none is put into one. */
function toFunctionResponse(turn: ChatTurn, names: ReadonlyMap<string, string>): Fields {
  const id = turn.toolCallId ?? '';
  const result = joinText(turn.parts);
  const response = toRecord(parseJson(result)) ?? { result };
  return { functionResponse: { id, name: names.get(id) ?? id, response } };
}

function toTools(request: ChatRequest): Fields {
  const { mode, tools } = toToolOffer(request);
  if (tools.length === 0) return {};
  const functionDeclarations = tools.map(({ name, description, parameters }) => {
    const hasParameters = Object.keys(toRecord(parameters?.properties) ?? {}).length > 0;
    const schema = parameters && hasParameters ? toSchemaField(parameters, 'parameters') : {};
    return withoutUnset({ name, description, ...schema });
  });
  const allowedFunctionNames = mode === 'required' ? tools.map(({ name }) => name) : null;
  const functionCallingConfig = withoutUnset({ mode: CALLING_MODES[mode], allowedFunctionNames });
  return { tools: [{ functionDeclarations }], toolConfig: { functionCallingConfig } };
}

function toSchemaField(schema: Fields, name: 'parameters' | 'response'): Fields {
  const converted = toGeminiSchema(schema);
  const older = name === 'parameters' ? 'parameters' : 'responseSchema';
  return converted ? { [older]: converted } : { [`${name}JsonSchema`]: schema };
}

function toGenerationConfig(
  request: ChatRequest,
  options: GeminiChatOptions,
  model: string,
): Fields | null {
  const stops = toStops(request);
  const { seed } = request;
  const config = withoutUnset({
    temperature: request.temperature,
    topP: request.top_p,
    topK: options.top_k,
    maxOutputTokens: toOutputTokensMax(request),
    stopSequences: stops.length > 0 ? stops : null,
    seed: typeof seed === 'number' ? seed % SEED_RANGE : null,
    frequencyPenalty: request.frequency_penalty || null,
    presencePenalty: request.presence_penalty || null,
    thinkingConfig: toThinking(request.reasoning_effort, options, model),
    ...toResponseFormat(request),
  });
  return Object.keys(config).length > 0 ? config : null;
}

function toResponseFormat({ response_format: given }: ChatRequest): Fields {
  const format = toRecord(given);
  if (format?.type !== 'json_object' && format?.type !== 'json_schema') return {};
  const schema = toRecord(toRecord(format.json_schema)?.schema);
  return {
    responseMimeType: 'application/json',
    ...(schema ? toSchemaField(schema, 'response') : {}),
  };
}

function toThinking(effort: unknown, options: GeminiChatOptions, model: string): Fields | null {
  const inTokens = THINKS_IN_TOKENS.test(model);
  const word = typeof effort === 'string' ? effort : '';
  const isSet = options.thinking_budget !== undefined || options.thinking_level !== undefined;
  const config = withoutUnset({
    thinkingBudget: options.thinking_budget ?? (inTokens && !isSet ? EFFORT_TOKENS[word] : null),
    thinkingLevel: options.thinking_level ?? (inTokens || isSet ? null : EFFORT_LEVELS[word]),
    includeThoughts: options.include_thoughts,
  });
  return Object.keys(config).length > 0 ? config : null;
}

function toSafetySettings(threshold: unknown): Fields[] | null {
  if (threshold === undefined || threshold === null) return null;
  return HARM_CATEGORIES.map((name) => ({ category: `HARM_CATEGORY_${name}`, threshold }));
}

function withoutUnset(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== null && value !== undefined),
  );
}
