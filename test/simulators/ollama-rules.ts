import { replyTo, type SimulatedReply } from './simulated-chat.js';

export type Fields = Readonly<Record<string, unknown>>;

/** What the server answers to a body that it does not take. */
export interface OllamaRefusal {
  status: number;
  error: string;
}

export interface OllamaChatOrder {
  reply: SimulatedReply;
  thinks: boolean;
  /** The prompt was empty: the model is only loaded, or put out of memory. */
  isLoad: boolean;
}

type Capability = 'completion' | 'tools' | 'thinking' | 'vision' | 'embedding';

export const OLLAMA_MODELS: Readonly<Record<string, readonly Capability[]>> = {
  'gpt-oss:20b': ['completion', 'tools', 'thinking'],
  'gpt-oss:120b': ['completion', 'tools', 'thinking'],
  'llama3.2': ['completion', 'tools'],
  qwen3: ['completion', 'tools', 'thinking'],
  'qwen3-vl': ['completion', 'tools', 'thinking', 'vision'],
  gemma3: ['completion', 'vision'],
  'nomic-embed-text': ['embedding'],
  embeddinggemma: ['embedding'],
  'mxbai-embed-large': ['embedding'],
};
export const OLLAMA_DIMENSIONS: Readonly<Record<string, number>> = {
  'nomic-embed-text': 768,
  embeddinggemma: 768,
  'mxbai-embed-large': 1_024,
};
const OPTION_TYPES: Readonly<Record<string, string>> = {
  num_ctx: 'integer',
  num_predict: 'integer',
  top_k: 'integer',
  seed: 'integer',
  temperature: 'float32',
  top_p: 'float32',
  min_p: 'float32',
  repeat_penalty: 'float32',
  presence_penalty: 'float32',
  frequency_penalty: 'float32',
  stop: 'array',
};
const THINK_WORDS = ['low', 'medium', 'high', 'max'];
const ROLES = ['system', 'user', 'assistant', 'tool'];
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** A name without the tag that every name has. */
export function toModelName(model: unknown): string {
  return toText(model).replace(/:latest$/, '');
}

/** What both routes refuse alike; null = nothing. */
export function checkModel({ model }: Fields, wanted: Capability): OllamaRefusal | null {
  if (typeof model !== 'string' || model === '') return { status: 400, error: 'model is required' };
  const capabilities = OLLAMA_MODELS[toModelName(model)];
  if (!capabilities) return { status: 404, error: `model '${model}' not found` };
  const word = wanted === 'completion' ? 'chat' : 'embeddings';
  if (!capabilities.includes(wanted)) {
    return { status: 400, error: `"${model}" does not support ${word}` };
  }
  return null;
}

/** Reads a body of chat as the server does: unknown fields are passed over, wrong types are not. */
export function readOllamaChat(
  fields: Fields,
): { order: OllamaChatOrder } | { refusal: OllamaRefusal } {
  const messages = toList(fields.messages);
  const capabilities = OLLAMA_MODELS[toModelName(fields.model)] ?? [];
  const refusal =
    checkModel(fields, 'completion') ??
    checkOptions(fields.options) ??
    checkThink(fields, capabilities) ??
    checkMessages(messages, capabilities);
  if (refusal) return { refusal };
  const tools = toList(fields.tools);
  if (tools.length > 0 && !capabilities.includes('tools')) {
    return invalid(`registry.ollama.ai/library/${String(fields.model)} does not support tools`);
  }
  const spoken = messages.filter(({ role }) => role !== 'system');
  const last = spoken.at(-1) ?? {};
  const told = messages.at(-1);
  const options = toFields(fields.options);
  const reply = replyTo({
    text: toText(last.content),
    images: Array.isArray(last.images) ? last.images.length : 0,
    tools: tools.map((tool) => toText(toFields(tool.function).name)),
    // Nothing makes it call a tool but its own mind, which does as it was told last.
    mustCall: told?.role === 'system' && /calling one of the tools/.test(toText(told.content)),
    hasForm: typeof fields.format === 'object' && fields.format !== null,
    tokensMax: (options.num_predict as number | undefined) ?? null,
    sizeBytes: JSON.stringify(fields).length,
  });
  const thinks = capabilities.includes('thinking') && fields.think !== false;
  return { order: { reply, thinks, isLoad: messages.length === 0 } };
}

function checkOptions(options: unknown): OllamaRefusal | null {
  for (const [name, value] of Object.entries(toFields(options))) {
    const type = OPTION_TYPES[name];
    // A wrong type falls through to the server's default branch.
    if (type && !isOfType(value, type)) {
      return { status: 500, error: `option "${name}" must be of type ${type}` };
    }
  }
  return null;
}

function checkThink({ think, model }: Fields, capabilities: readonly Capability[]) {
  if (think === undefined) return null;
  if (typeof think !== 'boolean' && !THINK_WORDS.includes(toText(think))) {
    return {
      status: 400,
      error: `invalid think value: ${JSON.stringify(think)} (must be "high", "medium", "low", "max", true, or false)`,
    };
  }
  if (think === false || capabilities.includes('thinking')) return null;
  return { status: 400, error: `"${String(model)}" does not support thinking` };
}

function checkMessages(
  messages: readonly Fields[],
  capabilities: readonly Capability[],
): OllamaRefusal | null {
  for (const { role, content, images, tool_calls: calls } of messages) {
    if (!ROLES.includes(toText(role)) || (content !== undefined && typeof content !== 'string')) {
      return {
        status: 400,
        error: 'json: cannot unmarshal into Go struct field ChatRequest.messages',
      };
    }
    const pictures = Array.isArray(images) ? images : [];
    if (pictures.some((picture) => !BASE64.test(toText(picture)))) {
      return { status: 400, error: 'illegal base64 data at input byte 0' };
    }
    if (pictures.length > 0 && !capabilities.includes('vision')) {
      return { status: 500, error: 'this model is missing data required for image input' };
    }
    for (const call of toList(calls)) {
      const given = toFields(call.function).arguments;
      if (typeof given !== 'object' || given === null) {
        return { status: 400, error: 'Value looks like object, but can’t find closing ’}’ symbol' };
      }
    }
  }
  return null;
}

function isOfType(value: unknown, type: string): boolean {
  if (type === 'array') return Array.isArray(value);
  return type === 'integer' ? Number.isInteger(value) : typeof value === 'number';
}

function invalid(error: string): { refusal: OllamaRefusal } {
  return { refusal: { status: 400, error } };
}

function toList(value: unknown): Fields[] {
  return Array.isArray(value) ? value.map(toFields) : [];
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function toFields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}
