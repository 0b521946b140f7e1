import { MalformedAnswerError } from './malformed-answer.error.js';
import { type ProviderExchange, StreamedResponse } from './provider-http.js';

export interface VendorRequest {
  url: string;
  headers: Record<string, string>;
  /** Absent = a POST with a body, else a GET. */
  method?: 'PUT' | 'DELETE';
  /** Pieces are sent as they come. */
  body?: string | AsyncIterable<Uint8Array | string>;
  signal: AbortSignal;
}

/**
 * One request and no repetition; nothing of a success is read yet.
 * @throws Error after an answer that was no success (`exchange.failure` has it), or what the connection threw
 */
export async function sendToVendor(
  exchange: ProviderExchange,
  request: VendorRequest,
): Promise<StreamedResponse> {
  const { url, headers, signal } = request;
  signal.throwIfAborted();
  const body = request.body as RequestInit['body'];
  const method = request.method ?? (body === undefined ? 'GET' : 'POST');
  const response = await exchange.fetch(url, { method, headers, body, signal });
  if (exchange.failure) throw new Error(`the vendor answered ${response.status}`);
  if (response instanceof StreamedResponse) return response;
  throw new MalformedAnswerError('an answer without a body');
}

/** Ends an answer of which nothing more is wanted; its connection goes with what was left unread. */
export function dropRest({ content }: StreamedResponse): void {
  content.on('error', () => undefined);
  content.destroy();
}
