import type { GoogleRefusal } from './gemini-image-rules.js';
import { replyTo, type SimulatedReply } from './simulated-chat.js';

type Fields = Readonly<Record<string, unknown>>;

/** A body of generateContent that the vendor took. */
export interface ChatOrder {
  reply: SimulatedReply;
  showsThoughts: boolean;
}

/** Tokens of a model's answer; from Gemini 3 on models sign their calls and think in levels. */
const MODELS =
  /^gemini-(?:4-argon|3\.[5-8]-flash(?:-lite)?|3\.1-(?:pro-preview|flash-lite)|2\.5-(?:pro|flash|flash-lite))$/;
const EMBEDDING_MODELS = ['gemini-embedding-001', 'gemini-embedding-2'];
const OLDER = /^gemini-2\.5/;

const BODY_FIELDS = [
  'contents',
  'tools',
  'toolConfig',
  'safetySettings',
  'systemInstruction',
  'generationConfig',
  'cachedContent',
];
const CONFIG_FIELDS = [
  'stopSequences',
  'responseMimeType',
  'responseSchema',
  'responseJsonSchema',
  'candidateCount',
  'maxOutputTokens',
  'temperature',
  'topP',
  'topK',
  'seed',
  'presencePenalty',
  'frequencyPenalty',
  'responseLogprobs',
  'logprobs',
  'thinkingConfig',
];
const SCHEMA_FIELDS = [
  'type',
  'format',
  'title',
  'description',
  'nullable',
  'enum',
  'maxItems',
  'minItems',
  'properties',
  'required',
  'minProperties',
  'maxProperties',
  'minLength',
  'maxLength',
  'pattern',
  'example',
  'anyOf',
  'propertyOrdering',
  'default',
  'items',
  'minimum',
  'maximum',
];
const TYPES = ['STRING', 'NUMBER', 'INTEGER', 'BOOLEAN', 'ARRAY', 'OBJECT', 'NULL'];
const DECLARATION_FIELDS = ['name', 'description', 'parameters', 'parametersJsonSchema'];
const MODES = ['AUTO', 'ANY', 'NONE', 'VALIDATED'];
const PART_KINDS = ['text', 'inlineData', 'functionCall', 'functionResponse', 'fileData'];
const FUNCTION_NAME = /^[a-zA-Z_][\w.:-]{0,127}$/;
const STOPS_MAX = 5;
const SIGNATURE_FORM = /^[\w+/=-]+$/;

export function knowsGeminiChat(model: string): boolean {
  return MODELS.test(model);
}

export function knowsGeminiEmbedding(model: string): boolean {
  return EMBEDDING_MODELS.includes(model);
}

/** Whether the model signs its calls and wants the signatures back. */
export function signsCalls(model: string): boolean {
  return !OLDER.test(model);
}

/** Reads a body as strictly as the vendor does. */
export function readGeminiChat(
  model: string,
  body: Fields,
): { order: ChatOrder } | { refusal: GoogleRefusal } {
  const config = toFields(body.generationConfig);
  const message =
    findUnknown(body, BODY_FIELDS, '') ??
    findUnknown(config, CONFIG_FIELDS, 'generation_config') ??
    checkContents(model, listFields(body.contents)) ??
    checkTools(body) ??
    checkConfig(model, config);
  if (message !== null) {
    return { refusal: { code: 400, status: 'INVALID_ARGUMENT', message, field: 'contents' } };
  }
  const thinking = toFields(config.thinkingConfig);
  const calling = toFields(toFields(body.toolConfig).functionCallingConfig);
  const allowed = calling.allowedFunctionNames;
  const offered = listDeclarations(body).map(({ name }) => String(name));
  const parts = listParts(listFields(body.contents).at(-1));
  const reply = replyTo({
    text: parts.map(({ text = '' }) => String(text)).join(' '),
    images: parts.filter(({ inlineData }) => inlineData).length,
    tools: Array.isArray(allowed) ? allowed.map(String) : offered,
    mustCall: calling.mode === 'ANY',
    hasForm: Boolean(config.responseSchema ?? config.responseJsonSchema),
    tokensMax: (config.maxOutputTokens as number | undefined) ?? null,
    sizeBytes: JSON.stringify(body).length,
  });
  return { order: { reply, showsThoughts: thinking.includeThoughts === true } };
}

function checkContents(model: string, contents: readonly Fields[]): string | null {
  if (contents.length === 0) return '* GenerateContentRequest.contents: contents is not specified';
  let calls = 0;
  for (const [at, content] of contents.entries()) {
    const parts = listParts(content);
    if (content.role !== 'user' && content.role !== 'model') {
      return 'Please use a valid role: user, model.';
    }
    if (parts.length === 0)
      return `* GenerateContentRequest.contents[${at}].parts: must not be empty`;
    if (parts.some((part) => PART_KINDS.filter((kind) => kind in part).length !== 1)) {
      return `* GenerateContentRequest.contents[${at}].parts: must have one initialized field`;
    }
    const answers = parts.filter(({ functionResponse }) => functionResponse);
    if (answers.length !== (content.role === 'user' ? calls : 0)) {
      return 'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.';
    }
    const unnamed = answers.some(({ functionResponse }) => !isAnswer(toFields(functionResponse)));
    if (unnamed) return `* GenerateContentRequest.contents[${at}]: function_response.name is empty`;
    const called = parts.filter(({ functionCall }) => functionCall);
    calls = called.length;
    const [first] = called;
    if (first && signsCalls(model) && !isSignature(first.thoughtSignature)) {
      return 'Function call is missing a thought_signature in functionCall parts.';
    }
  }
  return null;
}

function isSignature(value: unknown): boolean {
  return typeof value === 'string' && SIGNATURE_FORM.test(value);
}

function isAnswer({ name, response }: Fields): boolean {
  const isObject = typeof response === 'object' && response !== null && !Array.isArray(response);
  return typeof name === 'string' && name !== '' && isObject;
}

function checkTools(body: Fields): string | null {
  const config = toFields(toFields(body.toolConfig).functionCallingConfig);
  const { mode = 'AUTO', allowedFunctionNames: allowed } = config;
  if (!MODES.includes(String(mode)))
    return `Invalid value at 'tool_config' (mode): ${String(mode)}`;
  if (allowed !== undefined && mode !== 'ANY' && mode !== 'VALIDATED') {
    return 'allowed_function_names should only be set when the function calling mode is ANY.';
  }
  for (const [at, declaration] of listDeclarations(body).entries()) {
    const place = `tools[0].function_declarations[${at}]`;
    const { name, parameters } = declaration;
    const unknown = findUnknown(declaration, DECLARATION_FIELDS, place);
    if (unknown !== null) return unknown;
    if (!FUNCTION_NAME.test(String(name))) return `Invalid function name at ${place}.`;
    const fault = parameters === undefined ? null : checkSchema(parameters, `${place}.parameters`);
    if (fault !== null) return fault;
  }
  return null;
}

function checkConfig(model: string, config: Fields): string | null {
  const thinking = toFields(config.thinkingConfig);
  const stops = (config.stopSequences as unknown[] | undefined) ?? [];
  const hasSchema = config.responseSchema !== undefined || config.responseJsonSchema !== undefined;
  if (stops.length > STOPS_MAX) return 'The number of stop sequences must be at most 5.';
  if (Number(config.candidateCount ?? 1) !== 1) {
    return 'Multiple candidates is not enabled for this model';
  }
  if (hasSchema && config.responseMimeType !== 'application/json') {
    return 'Structured output needs response_mime_type application/json.';
  }
  if (thinking.thinkingLevel !== undefined && thinking.thinkingBudget !== undefined) {
    return 'You can only set only one of thinking budget and thinking level.';
  }
  if (thinking.thinkingLevel !== undefined && !signsCalls(model)) {
    return 'Thinking level is not supported for this model.';
  }
  return config.responseSchema === undefined
    ? null
    : checkSchema(config.responseSchema, 'generation_config.response_schema');
}

/** The vendor's own form of a schema, a part of OpenAPI's. */
function checkSchema(schema: unknown, at: string): string | null {
  const fields = toFields(schema);
  const unknown = findUnknown(fields, SCHEMA_FIELDS, at);
  if (unknown !== null) return unknown;
  const { type, anyOf, items, properties } = fields;
  if (anyOf === undefined && !TYPES.includes(String(type))) {
    return `Invalid value at '${at}.type' (type.googleapis.com/google.ai.generativelanguage.v1beta.Type), "${String(type)}"`;
  }
  if (type === 'OBJECT' && Object.keys(toFields(properties)).length === 0) {
    return `* GenerateContentRequest.${at}.properties: should be non-empty for OBJECT type`;
  }
  if (type === 'ARRAY' && items === undefined) {
    return `* GenerateContentRequest.${at}.items: missing field.`;
  }
  const below = [...Object.values(toFields(properties)), ...listFields(anyOf)];
  const parts = items === undefined ? below : [...below, items];
  return parts.map((part) => checkSchema(part, `${at}.parts`)).find((fault) => fault) ?? null;
}

function findUnknown(fields: Fields, known: readonly string[], at: string): string | null {
  const name = Object.keys(fields).find((one) => !known.includes(one));
  if (name === undefined) return null;
  return `Invalid JSON payload received. Unknown name "${name}" at '${at}': Cannot find field.`;
}

function listDeclarations(body: Fields): Fields[] {
  return listFields(body.tools).flatMap((tool) => listFields(tool.functionDeclarations));
}

function listParts(content: Fields | undefined): Fields[] {
  return listFields(content?.parts);
}

function listFields(value: unknown): Fields[] {
  return Array.isArray(value) ? value.map(toFields) : [];
}

function toFields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}
