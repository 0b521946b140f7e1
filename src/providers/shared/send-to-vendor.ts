import { MalformedAnswerError } from './malformed-answer.error.js';
import {
  type BegunAnswer,
  type ProviderExchange,
  StreamedResponse,
  type TextRequest,
} from './provider-http.js';
import type { WholeAnswer } from './whole-answer.handler.js';

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

/**
 * One POST and no repetition; its answer was read to its end.
 * @param bytesMax a longer answer is none
 * @throws as `sendToVendor`, and MalformedAnswerError
 */
export async function askVendor(
  exchange: ProviderExchange,
  request: TextRequest,
  bytesMax: number,
): Promise<WholeAnswer> {
  request.signal.throwIfAborted();
  return assertSuccess(exchange, await exchange.ask(request, bytesMax));
}

/** One POST and no repetition; nothing of a success is read yet. @throws as `sendToVendor` */
export async function beginAtVendor(
  exchange: ProviderExchange,
  request: TextRequest,
): Promise<BegunAnswer> {
  request.signal.throwIfAborted();
  return assertSuccess(exchange, await exchange.begin(request));
}

function assertSuccess<A extends { status: number }>(exchange: ProviderExchange, answer: A): A {
  if (exchange.failure) throw new Error(`the vendor answered ${answer.status}`);
  return answer;
}

/** Ends an answer of which nothing more is wanted; its connection goes with what was left unread. */
export function dropRest({ content }: StreamedResponse): void {
  content.on('error', () => undefined);
  content.destroy();
}
