import { createHash } from 'node:crypto';
import type { JsonValue } from '../../common/json-value.js';
import { toSession } from '../../generations/domain/session.js';
import type { ResponsesRequest } from '../../inference/domain/read-responses-request.js';

const SESSION_CHARS_MAX = 200;

/**
 * What holds a conversation to one connection, as in toChatSession: a header, else `prompt_cache_key`, else what a
 * conversation begins with. Encrypted reasoning is read only by the account that wrote it.
 */
export function toResponsesSession(
  headers: Record<string, string | string[] | undefined>,
  request: ResponsesRequest,
): string | null {
  const told = toSession(headers);
  if (told !== null) return told;
  const { prompt_cache_key: key } = request;
  if (typeof key === 'string' && key !== '') return key.slice(0, SESSION_CHARS_MAX);
  return toOpening(request);
}

/** Of model, instructions, tools, and all up to the first thing that the user says. */
function toOpening(request: ResponsesRequest): string | null {
  const items = listItems(request);
  const first = items.findIndex(({ role }) => role === 'user');
  // A first message alone is no conversation, unless the account that answers is to take its answer up again.
  if (items.length <= first + 1 && !includesReasoning(request)) return null;
  const opening = items.slice(0, first + 1).map(({ role, content }) => [role, content]);
  const { model = null, instructions = null, tools = null } = request;
  const seed = JSON.stringify([model, instructions, tools, opening]);
  return `opening:${createHash('sha256').update(seed).digest('base64url')}`;
}

function listItems({ input }: ResponsesRequest): readonly Readonly<Record<string, JsonValue>>[] {
  if (typeof input === 'string') return [{ role: 'user', content: input }];
  return input as readonly Readonly<Record<string, JsonValue>>[];
}

function includesReasoning({ include }: ResponsesRequest): boolean {
  return Array.isArray(include) && include.includes('reasoning.encrypted_content');
}
