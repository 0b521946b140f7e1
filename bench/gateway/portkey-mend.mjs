/**
 * Loaded before Portkey: as it is, it answers every stream with 500 on Node, because it changes headers that the
 * platform made read-only (Portkey-AI/gateway, issues 1389 and 1550). A stream's answer is handed to it with headers
 * that it may change; nothing else is touched.
 */
const { fetch: platformFetch, Response: PlatformResponse } = globalThis;

globalThis.fetch = async (...parameters) => {
  const response = await platformFetch(...parameters);
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) return response;
  const { status, statusText, headers } = response;
  return new PlatformResponse(response.body, { status, statusText, headers });
};
