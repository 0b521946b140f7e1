import { toModelLack } from '../shared/model-lack.js';
import { type JsonRecord, toRecord, toRecords, toText } from '../shared/read-json.js';

/** A message of chat, and where what it says stands in the request to the Responses API. */
export interface SourcedMessage {
  message: JsonRecord;
  /** `instructions`, `input`, `input[2]` */
  source: string;
}

const CALLER_ROLES = ['user', 'system', 'developer'];

/**
 * `instructions` and `input` as messages of chat. Reasoning of earlier answers is left out: other vendors have their own.
 * @throws DomainError `routing.capability_missing` naming what chat has no word for
 */
export function readResponseInput({ instructions, input }: JsonRecord): SourcedMessage[] {
  const messages: SourcedMessage[] = [];
  const told = toText(instructions);
  if (told !== null) {
    messages.push({ message: { role: 'system', content: told }, source: 'instructions' });
  }
  if (typeof input === 'string') {
    return [...messages, { message: { role: 'user', content: input }, source: 'input' }];
  }
  for (const [index, item] of toRecords(input).entries()) {
    const source = `input[${index}]`;
    const last = messages.at(-1);
    const call = item.type === 'function_call' ? toToolCall(item) : null;
    if (call && last?.message.role === 'assistant') {
      const calls = toRecords(last.message.tool_calls);
      last.message = { ...last.message, tool_calls: [...calls, call] };
    } else if (call) {
      messages.push({ message: { role: 'assistant', content: null, tool_calls: [call] }, source });
    } else if (item.type !== 'reasoning') {
      messages.push({ message: toMessage(item, source), source });
    }
  }
  return messages;
}

function toMessage(item: JsonRecord, source: string): JsonRecord {
  if (item.type === 'function_call_output') {
    const { call_id: tool_call_id, output } = item;
    return { role: 'tool', tool_call_id, content: toOutput(output, `${source}.output`) };
  }
  const type = item.type ?? 'message';
  if (type !== 'message') {
    throw toModelLack(`${source}.type`, 'must be message, function_call or function_call_output');
  }
  const field = `${source}.content`;
  if (item.role === 'assistant') return toAnswer(item.content, field);
  const role = CALLER_ROLES.includes(String(item.role)) ? item.role : 'user';
  return { role, content: toContent(item.content, field) };
}

function toContent(content: unknown, field: string): unknown {
  if (!Array.isArray(content)) return content ?? '';
  return toRecords(content).map((part, index) => toPart(part, `${field}[${index}]`));
}

function toPart(part: JsonRecord, field: string): JsonRecord {
  switch (part.type) {
    case 'input_text':
    case 'output_text':
    case 'text':
      return { type: 'text', text: part.text ?? '' };
    case 'input_image': {
      const url = toText(part.image_url);
      if (url === null) throw toModelLack(`${field}.image_url`, 'must be given');
      const detail = toText(part.detail);
      return { type: 'image_url', image_url: { url, ...(detail !== null && { detail }) } };
    }
    case 'input_file': {
      const { filename, file_data } = part;
      return { type: 'file', file: { filename, file_data } };
    }
    default:
      throw toModelLack(`${field}.type`, 'must be input_text, input_image or input_file');
  }
}

/** What a model said before: its texts, or why it said nothing. */
function toAnswer(content: unknown, field: string): JsonRecord {
  if (!Array.isArray(content)) return { role: 'assistant', content: content ?? '' };
  const parts = toRecords(content);
  const at = parts.findIndex(({ type }) => type !== 'output_text' && type !== 'refusal');
  const other = parts[at];
  if (other && other.type !== 'input_text' && other.type !== 'text') {
    throw toModelLack(`${field}[${at}].type`, 'must be output_text or refusal');
  }
  const said = parts.map(({ text, refusal }) => toText(text) ?? toText(refusal) ?? '');
  return { role: 'assistant', content: said.join('') };
}

/** Of a tool, texts alone. */
function toOutput(output: unknown, field: string): string {
  if (typeof output === 'string') return output;
  if (!Array.isArray(output)) return JSON.stringify(output ?? '');
  return toRecords(output)
    .map((part, index) => {
      const text = toText(part.text);
      if (text !== null || part.type === 'input_text') return text ?? '';
      throw toModelLack(`${field}[${index}].type`, 'must be input_text');
    })
    .join('');
}

function toToolCall(item: JsonRecord): JsonRecord {
  const { call_id: id, name, extra_content } = item;
  return {
    id,
    type: 'function',
    function: { name, arguments: toText(item.arguments) ?? '{}' },
    // What a vendor wants back with its call, as the answer gave it.
    ...(toRecord(extra_content) && { extra_content }),
  };
}
