import type { Fields } from './openai-chat-rules.js';
import { toText } from './openai-image-rules.js';
import { type SimulatedQuestion } from './simulated-chat.js';
import type { Fixture } from './vendor-simulator.js';

/** What the Messages API takes, written from Anthropic's documents and not from the product's code. */

const FIELDS = new Set(
  'model max_tokens messages system stop_sequences stream temperature top_p top_k tools tool_choice thinking metadata service_tier output_config'.split(
    ' ',
  ),
);
const MODELS = /^claude-(?:fable|opus|sonnet|haiku)-\d/;
const WITHOUT_SAMPLING = /^claude-(?:fable-5|opus-5|sonnet-5|haiku-5)/;
const WITHOUT_FORCED_TOOLS = /^claude-(?:fable-5|opus-5-5)/;
const CALL_ID = /^[a-zA-Z0-9_-]+$/;
const PICTURE_TYPES = ['image/jpeg', 'image/png', 'image/gif', 'image/webp'];

export function knowsClaude(model: unknown): boolean {
  return typeof model === 'string' && MODELS.test(model);
}

/** What the vendor finds wrong with a request; null = nothing. */
export function findFault(fields: Fields): string | null {
  const unknown = Object.keys(fields).find((name) => !FIELDS.has(name));
  if (unknown !== undefined) return `${unknown}: Extra inputs are not permitted`;
  if (!Number.isInteger(fields.max_tokens)) return 'max_tokens: Field required';
  if (!Array.isArray(fields.messages) || fields.messages.length === 0) {
    return 'messages: at least one message is required';
  }
  return (
    findSamplingFault(fields) ??
    findToolFault(fields) ??
    findFormFault(fields) ??
    findMessageFault(fields.messages as Fields[])
  );
}

function findSamplingFault({ model, temperature, top_p, stop_sequences }: Fields): string | null {
  const isSampled = temperature !== undefined || top_p !== undefined;
  if (isSampled && WITHOUT_SAMPLING.test(String(model))) {
    return '`temperature` is deprecated for this model.';
  }
  if (temperature !== undefined && top_p !== undefined) {
    return '`temperature` and `top_p` cannot both be specified for this model.';
  }
  if (temperature !== undefined && !(Number(temperature) >= 0 && Number(temperature) <= 1)) {
    return 'temperature: range: 0..1';
  }
  const isBlank = (stop_sequences as string[] | undefined)?.some((stop) => stop.trim() === '');
  return isBlank ? 'stop_sequences: each stop sequence must contain non-whitespace' : null;
}

function findToolFault({ model, tools = [], tool_choice }: Fields): string | null {
  for (const tool of tools as Fields[]) {
    const schema = tool.input_schema as Fields | undefined;
    if (typeof tool.name !== 'string' || schema?.type !== 'object') {
      return 'tools.0.custom.input_schema.type: Field required';
    }
  }
  const type = (tool_choice as Fields | undefined)?.type;
  if ((type === 'any' || type === 'tool') && WITHOUT_FORCED_TOOLS.test(String(model))) {
    return 'tool_choice forces tool use is not compatible with this model.';
  }
  return type !== undefined && (tools as Fields[]).length === 0
    ? 'tool_choice may only be specified while providing tools.'
    : null;
}

function findFormFault({ model, output_config }: Fields): string | null {
  const { format, effort } = (output_config ?? {}) as Fields;
  if (effort !== undefined && String(model).startsWith('claude-haiku-4')) {
    return 'This model does not support the effort parameter.';
  }
  const schema = (format as Fields | undefined)?.schema as Fields | undefined;
  if (schema?.type === 'object' && schema.additionalProperties !== false) {
    return "output_config.format.schema: For 'object' type, 'additionalProperties' must be false";
  }
  return null;
}

function findMessageFault(messages: readonly Fields[]): string | null {
  if (messages[0]?.role !== 'user') return 'messages: first message must use the "user" role';
  let asked: string[] = [];
  for (const [index, message] of messages.entries()) {
    if (message.role !== 'user' && message.role !== 'assistant') {
      return `messages.${index}.role: Input should be 'user' or 'assistant'`;
    }
    const blocks = listBlocks(message);
    const results = blocks.filter(({ type }) => type === 'tool_result');
    const answered = results.map((block) => String(block.tool_use_id));
    if (asked.some((id) => !answered.includes(id))) {
      return `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after`;
    }
    if (answered.some((id) => !asked.includes(id))) {
      return `messages.${index}: unexpected \`tool_use_id\` found in \`tool_result\` blocks`;
    }
    const fault = blocks.map((block) => findBlockFault(block)).find((one) => one !== null);
    if (fault) return `messages.${index}.${fault}`;
    asked = blocks.filter(({ type }) => type === 'tool_use').map(({ id }) => String(id));
  }
  return null;
}

function findBlockFault(block: Fields): string | null {
  if (block.type === 'text' && !block.text) return 'content: text content blocks must be non-empty';
  if (block.type === 'tool_use' && !CALL_ID.test(String(block.id))) return 'content.id: pattern';
  if (block.type === 'tool_use' && typeof block.input !== 'object') return 'content.input: dict';
  const source = block.source as Fields | undefined;
  if (block.type !== 'image') return null;
  if (source?.type === 'url') return String(source.url).startsWith('https://') ? null : 'url';
  const isTaken = source?.type === 'base64' && PICTURE_TYPES.includes(String(source.media_type));
  return isTaken ? null : 'content.source: Input should be base64 or url';
}

/** The same question that other simulators read. */
export function toClaudeQuestion(fields: Fields): SimulatedQuestion {
  const messages = fields.messages as Fields[];
  const blocks = messages.flatMap(listBlocks);
  const choice = (fields.tool_choice ?? {}) as Fields;
  const tools = ((fields.tools ?? []) as Fields[]).map(({ name }) => String(name));
  return {
    text: toBlockText(messages.at(-1) ?? {}),
    images: blocks.filter(({ type }) => type === 'image').length,
    tools: choice.type === 'tool' ? [String(choice.name)] : tools,
    mustCall: choice.type === 'tool' || choice.type === 'any',
    hasForm: (fields.output_config as Fields | undefined)?.format !== undefined,
    tokensMax: Number(fields.max_tokens),
    sizeBytes: Buffer.byteLength(JSON.stringify(messages)),
  };
}

/** The text of a message, results of tools included. */
export function toBlockText(message: Fields): string {
  const texts = listBlocks(message).map((block) =>
    block.type === 'tool_result' ? toBlockText(block) : toText(block.text, ''),
  );
  return texts.join('');
}

function listBlocks({ content }: Fields): Fields[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  return Array.isArray(content) ? (content as Fields[]) : [];
}

export function toClaudeError(type: string, message: string, status = 400): Fixture {
  return {
    status,
    headers: { 'content-type': 'application/json', 'request-id': 'req_sim_0002' },
    body: { type: 'error', error: { type, message }, request_id: 'req_sim_0002' },
  };
}
