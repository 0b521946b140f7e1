import { createHash } from 'node:crypto';
import type { ChatRequest } from './read-chat-request.js';

/**
 * A request as it goes out under the house's credential, whose account tenants share: nothing is stored there, a key for
 * the vendor's cache is told apart by space, and an answer whose length was left open has no more than was paid for.
 * @param field by which the API bounds an answer
 * @param bound null = the request says it itself, or the answer is paid for as it grows
 */
export function toHouseRequest(
  request: ChatRequest,
  { searchSpaceId }: { searchSpaceId: string },
  field: 'max_tokens' | 'max_output_tokens',
  bound: number | null,
): ChatRequest {
  const { prompt_cache_key: cacheKey, store } = request;
  return {
    ...(bound === null ? request : withoutOpenBound(request)),
    ...(store === true && { store: false }),
    ...(typeof cacheKey === 'string' && { prompt_cache_key: toKey(searchSpaceId, cacheKey) }),
    ...(bound !== null && { [field]: bound }),
  };
}

/** A bound that is given as null would stand beside ours. */
function withoutOpenBound(request: ChatRequest): ChatRequest {
  const { max_completion_tokens: open, ...others } = request;
  return open === null || open === undefined ? others : request;
}

function toKey(searchSpaceId: string, key: string): string {
  return createHash('sha256').update(`${searchSpaceId}\n${key}`).digest('hex');
}
