import { type Refusal, toText } from './openai-image-rules.js';
import { replyTo, type SimulatedQuestion, type SimulatedReply } from './simulated-chat.js';

/** What OpenAI's chat and embeddings APIs take, written from its documents and not from the product's code. */

export type Fields = Readonly<Record<string, unknown>>;

const CHAT_FIELDS = new Set(
  'model messages max_completion_tokens max_tokens temperature top_p n stop stream stream_options tools tool_choice parallel_tool_calls response_format reasoning_effort verbosity seed logprobs top_logprobs logit_bias presence_penalty frequency_penalty service_tier store metadata prompt_cache_key safety_identifier user modalities audio prediction functions function_call web_search_options'.split(
    ' ',
  ),
);
/** What its description does not let be null. */
const NEVER_NULL = new Set([
  'tools',
  'tool_choice',
  'functions',
  'function_call',
  'response_format',
  'parallel_tool_calls',
  'user',
]);
const CHAT_MODELS = /^(?:gpt-|o[34]|chatgpt-|some-deployment|llama)/;
const REASONING_MODELS = /^(?:gpt-[56]|o[34])/;
const ROLES = ['developer', 'system', 'user', 'assistant', 'tool'];
const STOPS_MAX = 4;

/** The question in the request, or what the vendor finds wrong with it. */
export function readChat(fields: Fields): { reply: SimulatedReply } | { refusal: Refusal } {
  const refusal = checkChat(fields);
  if (refusal) return { refusal };
  const question = toQuestion(fields);
  const reply = replyTo(question);
  const stops = [fields.stop].flat().filter((stop) => typeof stop === 'string');
  const at = reply.words.findIndex((word) => stops.some((stop) => word.includes(stop)));
  return { reply: at < 0 ? reply : { ...reply, words: reply.words.slice(0, at), finish: 'stop' } };
}

export function knowsChatModel(model: unknown): boolean {
  return CHAT_MODELS.test(toText(model, ''));
}

function checkChat(fields: Fields): Refusal | null {
  const unknown = Object.keys(fields).find((name) => !CHAT_FIELDS.has(name));
  if (unknown !== undefined) {
    return refuse('unknown_parameter', `Unknown parameter: '${unknown}'.`, unknown);
  }
  const empty = Object.keys(fields).find((name) => NEVER_NULL.has(name) && fields[name] === null);
  if (empty !== undefined) {
    return refuse('invalid_type', `Invalid type for '${empty}': got null instead.`, empty);
  }
  if (!Array.isArray(fields.messages) || fields.messages.length === 0) {
    return refuse(
      'missing_required_parameter',
      "Missing required parameter: 'messages'.",
      'messages',
    );
  }
  if (REASONING_MODELS.test(toText(fields.model, '')) && fields.max_tokens !== undefined) {
    const text =
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.";
    return refuse('unsupported_parameter', text, 'max_tokens');
  }
  if (fields.stream !== true && fields.stream_options !== undefined) {
    const text = "The 'stream_options' parameter is only allowed when 'stream' is enabled.";
    return refuse('invalid_value', text, 'stream_options');
  }
  if (Number(fields.temperature ?? 1) > 2) {
    return refuse(
      'decimal_above_max_value',
      "Invalid 'temperature': decimal above maximum value.",
      'temperature',
    );
  }
  if (Array.isArray(fields.stop) && fields.stop.length > STOPS_MAX) {
    return refuse('array_above_max_length', "Invalid 'stop': array too long.", 'stop');
  }
  return checkMessages(fields.messages as Fields[]);
}

function checkMessages(messages: readonly Fields[]): Refusal | null {
  let asked: string[] = [];
  for (const [index, message] of messages.entries()) {
    const at = `messages[${index}]`;
    if (!ROLES.includes(String(message.role))) {
      return refuse('invalid_value', `Invalid value: '${String(message.role)}'.`, `${at}.role`);
    }
    if (message.role === 'tool' && !asked.includes(String(message.tool_call_id))) {
      const text =
        "messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.";
      return refuse('invalid_value', text, `${at}.role`);
    }
    if (message.role !== 'tool') {
      asked = ((message.tool_calls ?? []) as Fields[]).map((call) => String(call.id));
    }
    const picture = listParts(message).find((part) => part.type === 'image_url');
    const url = toText((picture?.image_url as Fields | undefined)?.url, '');
    if (picture && !/^(?:https?:\/\/|data:image\/(?:png|jpeg|webp|gif);base64,)/.test(url)) {
      return refuse('invalid_image_url', 'Invalid image URL.', `${at}.content`);
    }
  }
  return null;
}

function toQuestion(fields: Fields): SimulatedQuestion {
  const messages = fields.messages as Fields[];
  const last = messages.at(-1) ?? {};
  const choice = fields.tool_choice as string | Fields | undefined;
  const named =
    typeof choice === 'object' ? toText((choice.function as Fields | undefined)?.name, '') : '';
  const offered = ((fields.tools ?? []) as Fields[]).map((tool) =>
    String((tool.function as Fields).name),
  );
  const tokensMax = fields.max_completion_tokens ?? fields.max_tokens ?? null;
  const form = fields.response_format as Fields | undefined;
  return {
    text: toPromptText(last),
    images: messages.flatMap(listParts).filter((part) => part.type === 'image_url').length,
    tools: named ? [named] : offered,
    mustCall: choice === 'required' || named !== '',
    hasForm: form !== undefined && form.type !== 'text',
    tokensMax: tokensMax === null ? null : Number(tokensMax),
    sizeBytes: Buffer.byteLength(JSON.stringify(messages)),
  };
}

/** The text of a message, whatever its form. */
export function toPromptText(message: Fields | undefined): string {
  if (typeof message?.content === 'string') return message.content;
  return listParts(message ?? {})
    .map((part) => toText(part.text, ''))
    .join('');
}

function listParts({ content }: Fields): Fields[] {
  return Array.isArray(content) ? (content as Fields[]) : [];
}

function refuse(code: string, message: string, param: string): Refusal {
  return { status: 400, message, type: 'invalid_request_error', code, param };
}
