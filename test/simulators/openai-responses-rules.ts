import { createHash } from 'node:crypto';
import { type Fields, toPromptText } from './openai-chat-rules.js';
import { type Refusal, toText } from './openai-image-rules.js';

/** What OpenAI's Responses API takes, written from its documents and not from the product's code. */

const FIELDS = new Set(
  'background context_management conversation include input instructions max_output_tokens max_tool_calls metadata model moderation parallel_tool_calls previous_response_id prompt prompt_cache_key prompt_cache_options prompt_cache_retention reasoning safety_identifier service_tier store stream stream_options temperature text tool_choice tools top_logprobs top_p truncation user'.split(
    ' ',
  ),
);
const TOOLS = ['function', 'custom', 'web_search', 'file_search', 'image_generation', 'mcp'];
const REASONING_MODELS = /^(?:gpt-[56]|o[34])/;
const BYTES_PER_TOKEN = 4;
const DRAWN = 'a red fox in the snow';

/** What the simulated model does. */
export interface SimulatedTurn {
  words: readonly string[];
  calls: readonly { callId: string; name: string; arguments: string }[];
  /** Null = this model does not reason. Its content comes to those who ask for it. */
  reasoning: { encrypted: string | null } | null;
  isCut: boolean;
  inputTokens: number;
}

export function readResponses(
  fields: Fields,
  fault: string | null,
): SimulatedTurn | { refusal: Refusal } {
  const items = toItems(fields.input);
  const refusal = checkFields(fields) ?? checkTools(fields) ?? checkItems(items);
  return refusal ? { refusal } : toTurn(fields, items, fault);
}

function checkFields(fields: Fields): Refusal | null {
  const unknown = Object.keys(fields).find((name) => !FIELDS.has(name));
  if (unknown !== undefined) {
    return refuse('unknown_parameter', `Unknown parameter: '${unknown}'.`, unknown);
  }
  if (fields.input === undefined || fields.input === null) {
    return refuse('missing_required_parameter', "Missing required parameter: 'input'.", 'input');
  }
  if (fields.stream !== true && fields.stream_options !== undefined) {
    const text = "The 'stream_options' parameter is only allowed when 'stream' is enabled.";
    return refuse('invalid_value', text, 'stream_options');
  }
  const wantsReasoning = listOf(fields.include).includes('reasoning.encrypted_content');
  if (wantsReasoning && !REASONING_MODELS.test(toText(fields.model, ''))) {
    return refuse('', 'Encrypted content is not supported with this model.', 'include');
  }
  return null;
}

function checkTools({ tools, tool_choice }: Fields): Refusal | null {
  const list = listOf(tools) as Fields[];
  const at = list.findIndex(({ type }) => !TOOLS.includes(String(type)));
  if (at !== -1) {
    return refuse(
      'invalid_value',
      `Invalid value: '${String(list[at]?.type)}'.`,
      `tools[${at}].type`,
    );
  }
  const { type, name } = toNamed(tool_choice);
  if (type === 'function' && !list.some((tool) => tool.name === name)) {
    const text = `Tool choice 'function' not found in 'tools' parameter.`;
    return refuse('invalid_value', text, 'tool_choice');
  }
  return null;
}

function checkItems(items: readonly Fields[]): Refusal | null {
  const called = new Set<unknown>();
  for (const [index, item] of items.entries()) {
    if (item.type === 'function_call') called.add(item.call_id);
    if (item.type === 'function_call_output' && !called.has(item.call_id)) {
      const text = `No tool call found for function call output with call_id ${String(item.call_id)}.`;
      return refuse('', text, 'input');
    }
    if (item.type === 'reasoning' && typeof item.encrypted_content !== 'string') {
      const text = `Item with id '${String(item.id)}' not found. Items are not persisted when \`store\` is set to false.`;
      return { ...refuse('', text, 'input'), status: 404 };
    }
    if (item.type === 'generate_image_call') {
      const text = `Invalid value: 'generate_image_call'.`;
      return refuse('invalid_value', text, `input[${index}]`);
    }
  }
  return null;
}

function toTurn(fields: Fields, items: readonly Fields[], fault: string | null): SimulatedTurn {
  const last = items.at(-1) ?? {};
  const isTold = last.type === 'function_call_output';
  const text = isTold ? String(last.output) : toPromptText(items.findLast(({ role }) => role));
  const calls = listCalls(fields, text, isTold, fault);
  const form = (fields.text as { format?: Fields } | undefined)?.format;
  const hasForm = form !== undefined && form.type !== 'text';
  const said = hasForm ? '{"city": "Paris"}' : `You said: ${text}`;
  const all = calls.length > 0 && fault !== 'draw_and_talk' ? [] : said.split(/(?<= )/);
  const tokensMax = Number(fields.max_output_tokens ?? Infinity);
  const isReasoning = REASONING_MODELS.test(toText(fields.model, ''));
  const isShown = listOf(fields.include).includes('reasoning.encrypted_content');
  return {
    words: all.slice(0, tokensMax),
    calls,
    reasoning: isReasoning ? { encrypted: isShown ? `sealed:${text.length}` : null } : null,
    isCut: all.length > tokensMax,
    inputTokens: Math.ceil(Buffer.byteLength(JSON.stringify(fields)) / BYTES_PER_TOKEN),
  };
}

/** Functions are called when that is asked for, and by the faults that say so. */
function listCalls(
  { tools, tool_choice }: Fields,
  text: string,
  isTold: boolean,
  fault: string | null,
): SimulatedTurn['calls'] {
  const names = (listOf(tools) as Fields[]).map(({ name }) => String(name));
  const call = (name: string, input: string, salt = '') => ({
    callId: `call_${createHash('sha256')
      .update(text + name + salt)
      .digest('hex')
      .slice(0, 24)}`,
    name,
    arguments: input,
  });
  const draw = (input: object | string, salt = '') =>
    call('generate_image', typeof input === 'string' ? input : JSON.stringify(input), salt);
  const canDraw = names.includes('generate_image');
  const { name: chosen = null } = toNamed(tool_choice);
  if (canDraw && fault === 'draw_forever') return [draw({ prompt: DRAWN, n: 4 })];
  if (canDraw && !isTold) {
    const other = names.find((name) => name !== 'generate_image');
    if (fault === 'draw_badly') return [draw('{"prompt": ')];
    if (fault === 'draw_twice') return [draw({ prompt: DRAWN }), draw({ prompt: 'an owl' }, '2')];
    if (fault === 'draw_and_ask' && other)
      return [draw({ prompt: DRAWN }), call(other, '{"city":"Paris"}')];
    if (fault?.startsWith('draw')) return [draw({ prompt: DRAWN, n: 2 })];
    if (chosen === 'generate_image') return [draw({ prompt: DRAWN })];
  }
  if (tool_choice !== 'required' && chosen === null) return [];
  const name = toText(chosen ?? names[0], '');
  if (name === 'generate_image') return [draw({ prompt: DRAWN })];
  const calls = [call(name, '{"city":"Paris"}')];
  return fault === 'two_calls' ? [...calls, call(name, '{"city":"Rome"}', '2')] : calls;
}

/** The choice of one tool; of none, nothing. */
function toNamed(choice: unknown): Fields {
  return typeof choice === 'object' && choice !== null ? (choice as Fields) : {};
}

function toItems(input: unknown): Fields[] {
  if (typeof input === 'string') return [{ role: 'user', content: input }];
  return listOf(input) as Fields[];
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function refuse(code: string, message: string, param: string): Refusal {
  return { status: 400, message, type: 'invalid_request_error', code, param };
}
