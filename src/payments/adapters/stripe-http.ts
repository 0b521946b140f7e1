import type { Readable } from 'node:stream';
import { type Dispatcher, request } from 'undici';

/** Stripe's answers are some kilobytes; a list of a hundred payments some hundred. */
const ANSWER_BYTES_MAX = 2_097_152;

/** A `fetch` for Stripe's package over guarded connections. Follows no redirect; an answer is read whole, with a bound. */
export function createStripeFetch(dispatcher: Dispatcher): typeof fetch {
  return async (input, init = {}) => {
    const answer = await request(toUrl(input), {
      dispatcher,
      method: init.method ?? 'GET',
      headers: Object.fromEntries(new Headers(init.headers).entries()),
      body: typeof init.body === 'string' && init.body !== '' ? init.body : null,
      signal: init.signal ?? null,
    });
    const text = await readBounded(answer.body);
    return new Response(text, { status: answer.statusCode, headers: toHeaders(answer.headers) });
  };
}

function toUrl(input: string | URL | Request): string {
  return input instanceof Request ? input.url : String(input);
}

async function readBounded(body: Readable): Promise<string> {
  const parts: Buffer[] = [];
  let sizeBytes = 0;
  for await (const part of body) {
    parts.push(part as Buffer);
    sizeBytes += (part as Buffer).length;
    if (sizeBytes > ANSWER_BYTES_MAX) throw new Error('an answer of Stripe is too large');
  }
  return Buffer.concat(parts).toString('utf8');
}

function toHeaders(raw: Dispatcher.ResponseData['headers']): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(raw)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return headers;
}
