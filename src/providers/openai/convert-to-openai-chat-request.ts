import type { ChatCall } from '../spec/chat-call.js';

/**
 * The caller's own body with our name of the model and our choice of form. The usage is always asked for, because it is
 * what the call costs; whether the caller sees it is decided when the answer is handed on.
 * @param isListed whether the model is one of OpenAI's own, in the catalogue
 */
export function convertToOpenaiChatRequest(
  call: ChatCall,
  isListed: boolean,
): Record<string, unknown> {
  const { stream_options: streamOptions, ...request } = call.request;
  const body: Record<string, unknown> = {
    ...request,
    model: call.vendorModel ?? call.model,
    stream: call.stream,
  };
  if (call.stream) {
    body.stream_options = { ...(streamOptions as object | null), include_usage: true };
  }
  return withoutNulls(isListed ? withNewTokensName(body) : body);
}

/** To OpenAI a null is often a fault where it means nothing to us. */
function withoutNulls(body: Record<string, unknown>): Record<string, unknown> {
  if (!Object.values(body).includes(null)) return body;
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
}

/** Whether the caller asked for the usage at the end of its stream. */
export function asksForUsage({ stream_options: options }: ChatCall['request']): boolean {
  return (options as { include_usage?: unknown } | null | undefined)?.include_usage === true;
}

/** All of OpenAI's models take the new name, those that reason only that; servers of others often know only the old. */
function withNewTokensName(body: Record<string, unknown>): Record<string, unknown> {
  const { max_tokens: tokensMax, ...others } = body;
  if (tokensMax === undefined || tokensMax === null) return others;
  return { max_completion_tokens: tokensMax, ...others };
}
