import { MalformedAnswerError } from './malformed-answer.error.js';
import type { ProviderExchange, StreamedResponse } from './provider-http.js';
import { dropRest, sendToVendor, type VendorRequest } from './send-to-vendor.js';

/** Answers about jobs are short; more is no such answer. */
const BODY_BYTES_MAX = 1_048_576;

/** One request for a short answer. @throws as `sendToVendor` and `readJsonBody` */
export async function requestJson(
  exchange: ProviderExchange,
  request: VendorRequest,
): Promise<unknown> {
  const response = await sendToVendor(exchange, request);
  try {
    return await readJsonBody(response);
  } finally {
    dropRest(response);
  }
}

/**
 * A short answer as JSON, to be read leniently.
 * @throws MalformedAnswerError when it is no JSON or longer than 1 MiB, or what the connection threw
 */
async function readJsonBody({ content }: StreamedResponse): Promise<unknown> {
  const parts: Buffer[] = [];
  let sizeBytes = 0;
  for await (const part of content) {
    sizeBytes += (part as Buffer).length;
    if (sizeBytes > BODY_BYTES_MAX) throw new MalformedAnswerError('an answer that is too long');
    parts.push(part as Buffer);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString('utf8')) as unknown;
  } catch {
    throw new MalformedAnswerError('an answer that is no JSON');
  }
}
