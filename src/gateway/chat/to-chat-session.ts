import { createHash } from 'node:crypto';
import type { ChatRequest } from '../../inference/domain/read-chat-request.js';
import { toSession } from '../../generations/domain/session.js';

const SESSION_CHARS_MAX = 200;

type Headers = Parameters<typeof toSession>[0];

/**
 * What holds a conversation to one connection, where the vendor has what was read before: a header, else
 * `prompt_cache_key`, else what a conversation begins with. A first message alone is no conversation: such calls are spread.
 */
export function toChatSession(headers: Headers, request: ChatRequest): string | null {
  const told = toSession(headers);
  if (told !== null) return told;
  const { prompt_cache_key: key } = request;
  if (typeof key === 'string' && key !== '') return key.slice(0, SESSION_CHARS_MAX);
  const messages = request.messages as readonly { role?: unknown }[];
  if (messages.length < 2) return null;
  return toOpening(request, messages);
}

/** Of model, tools, what the system says, and the first thing the user says. */
function toOpening(request: ChatRequest, messages: readonly { role?: unknown }[]): string {
  const first = messages.findIndex(({ role }) => role === 'user');
  const opening = messages.slice(0, first + 1);
  const seed = JSON.stringify([request.model ?? null, request.tools ?? null, opening]);
  return `opening:${createHash('sha256').update(seed).digest('base64url')}`;
}
