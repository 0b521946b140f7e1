import type { ChatRequest } from './read-chat-request.js';

const PRICED_TIERS: readonly unknown[] = ['auto', 'default', null, undefined];

/**
 * What of a chat request vendors charge for by prices of its own, which no list here has; null = nothing. On the house's
 * credential it is refused, for unknown is never free; on one of the caller's own it passes.
 */
export function findUnpriced(request: ChatRequest): string | null {
  if (request.web_search_options) return 'web_search_options';
  if (!PRICED_TIERS.includes(request.service_tier)) return 'service_tier';
  if (request.audio) return 'audio';
  const { modalities } = request;
  if (Array.isArray(modalities) && modalities.some((one) => one !== 'text')) return 'modalities';
  return findSpoken(request);
}

function findSpoken({ messages }: ChatRequest): string | null {
  const list = messages as readonly { content?: unknown; audio?: unknown }[];
  for (let index = 0; index < list.length; index += 1) {
    const { content, audio } = list[index]!;
    // An answer spoken before, by the name that it has in the account of the house.
    if (audio) return `messages[${index}].audio`;
    if (!Array.isArray(content)) continue;
    const part = content.findIndex((one: { type?: unknown }) => one.type === 'input_audio');
    if (part !== -1) return `messages[${index}].content[${part}]`;
  }
  return null;
}

/** Of the Responses API: what tools of the vendor's own cost apart. */
const FREE_TOOLS: readonly unknown[] = ['function', 'custom'];

/** The same for a request to the Responses API. */
export function findUnpricedResponse(request: ChatRequest): string | null {
  if (!PRICED_TIERS.includes(request.service_tier)) return 'service_tier';
  if (!Array.isArray(request.tools)) return null;
  const tools = request.tools as readonly { type?: unknown }[];
  const index = tools.findIndex(({ type }) => !FREE_TOOLS.includes(type));
  return index === -1 ? null : `tools[${index}]`;
}
