import type { ChatCall } from '../spec/chat-call.js';
import { type JsonRecord, toRecord, toRecords, toText } from './read-json.js';

/** OpenAI's messages in one form, for those who translate them. `developer` is `system`. */
export interface ChatTurn {
  role: 'system' | 'user' | 'assistant' | 'tool';
  /** Where it stands in `messages`, for the words of an error. */
  index: number;
  parts: readonly ChatPart[];
  toolCalls: readonly ChatToolCall[];
  /** Of a tool's answer: the call it answers. */
  toolCallId: string | null;
}

/** `other`: audio, files, and what is not known; `kind` is its `type`. */
export type ChatPart =
  | { type: 'text'; text: string }
  | { type: 'image'; url: string; detail: string | null }
  | { type: 'other'; kind: string };

export interface ChatToolCall {
  id: string;
  name: string;
  /** JSON as the caller wrote it; not parsed. */
  argumentsText: string;
  /** What the vendor said with the call, as the caller gave it back; null = nothing. */
  extraContent: JsonRecord | null;
}

const ROLES: Readonly<Record<string, ChatTurn['role']>> = {
  system: 'system',
  developer: 'system',
  user: 'user',
  assistant: 'assistant',
  tool: 'tool',
  function: 'tool',
};
const DATA_URL = /^data:([a-z]+\/[a-z0-9.+-]+)((?:;[a-z0-9-]+=[^;,]*)*);base64,/i;

export function readChatTurns(request: ChatCall['request']): ChatTurn[] {
  return toRecords(request.messages).map((message, index) => ({
    role: ROLES[String(message.role)] ?? 'user',
    index,
    parts: readParts(message),
    toolCalls: readToolCalls(message),
    toolCallId: toText(message.tool_call_id) ?? toText(message.name),
  }));
}

/** All text of a turn, its parts one after the other. */
export function joinText(parts: readonly ChatPart[]): string {
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
}

/** A picture in the address itself; null = an address to be fetched, or none. */
export function parseDataUrl(url: string): { mediaType: string; base64: string } | null {
  const found = DATA_URL.exec(url);
  if (!found?.[1]) return null;
  return { mediaType: found[1].toLowerCase(), base64: url.slice(found[0].length) };
}

function readParts({ content, refusal }: JsonRecord): ChatPart[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }];
  if (Array.isArray(content)) return toRecords(content).map(readPart);
  const refused = toText(refusal);
  return refused === null ? [] : [{ type: 'text', text: refused }];
}

function readPart(part: JsonRecord): ChatPart {
  const text = toText(part.text) ?? toText(part.refusal);
  if (part.type === 'text' || part.type === 'refusal') return { type: 'text', text: text ?? '' };
  const image = toRecord(part.image_url);
  const url = toText(image?.url) ?? toText(part.image_url);
  if (part.type === 'image_url' && url !== null) {
    return { type: 'image', url, detail: toText(image?.detail) };
  }
  return { type: 'other', kind: toText(part.type) ?? 'unknown' };
}

function readToolCalls(message: JsonRecord): ChatToolCall[] {
  const legacy = toRecord(message.function_call);
  const calls = toRecords(message.tool_calls).map((call) => {
    const called = toRecord(call.function);
    const name = toText(called?.name) ?? '';
    return {
      id: toText(call.id) ?? name,
      name,
      argumentsText: toText(called?.arguments) ?? '{}',
      extraContent: toRecord(call.extra_content),
    };
  });
  const name = toText(legacy?.name);
  if (name === null) return calls;
  const argumentsText = toText(legacy?.arguments) ?? '{}';
  return [...calls, { id: name, name, argumentsText, extraContent: null }];
}
