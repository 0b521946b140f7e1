import { type Dispatcher, request } from 'undici';
import { decodeBody } from '../../outbound/bounded-body.js';
import { FetchDeadline } from '../../outbound/fetch-deadline.js';
import { fetchFailed, urlRefused } from '../../outbound/outbound.errors.js';
import type { OutboundGuard } from '../../outbound/outbound-guard.js';

/** What openid-client and jose ask for; both take a `fetch` of this shape. */
export interface IssuerRequest {
  method: string;
  headers: Headers | Record<string, string>;
  body?: FormBody;
  signal?: AbortSignal;
}

/** Of what `fetch` could send, forms are all that these two do. */
type FormBody = URLSearchParams | string | ArrayBuffer | Uint8Array | ReadableStream | null;

export type IssuerFetch = (url: string, options: IssuerRequest) => Promise<Response>;

const ANSWER_BYTES_MAX = 512 * 1_024;
const TIMEOUT_MS = 10_000;
const SERVER_FAULT = 500;
const BODILESS_STATUSES: ReadonlySet<number> = new Set([204, 205, 304]);
/** After a request that brought nothing, others are not even sent for this long. */
export const QUIET_MS = 3_000;

/**
 * A fetch for issuers: only where the guard lets it, TLS unless the operator named the host, no redirects, everything
 * read at once under one deadline and one size.
 */
export function createIssuerFetch(guard: OutboundGuard, dispatcher: Dispatcher): IssuerFetch {
  return async (address, options) => {
    const url = guard.assertUrl(address);
    if (url.protocol !== 'https:' && !guard.isListed(url)) throw urlRefused('scheme');
    const deadline = new FetchDeadline(TIMEOUT_MS, options.signal);
    try {
      const response = await request(url, {
        dispatcher,
        method: options.method,
        headers: { ...toRecord(options.headers), 'accept-encoding': 'identity' },
        body: toForm(options.body),
        signal: deadline.signal,
      });
      return await readResponse(response);
    } catch (error) {
      throw deadline.explain(error, 'unreachable');
    } finally {
      deadline.end();
    }
  };
}

/** The same for one issuer, leaving it alone for a moment after a failure, however many ask. */
export function withQuiet(fetch: IssuerFetch): IssuerFetch {
  let quietUntilMs = 0;
  let failure: unknown;
  return async (url, options) => {
    if (performance.now() < quietUntilMs) throw failure;
    try {
      return await fetch(url, options);
    } catch (error) {
      failure = error;
      quietUntilMs = performance.now() + QUIET_MS;
      throw error;
    }
  };
}

async function readResponse(response: Dispatcher.ResponseData): Promise<Response> {
  const { statusCode: status, headers } = response;
  const encoding = headers['content-encoding'];
  const chunks: Uint8Array[] = [];
  for await (const chunk of decodeBody(response.body, toText(encoding), ANSWER_BYTES_MAX)) {
    chunks.push(chunk);
  }
  if (status >= SERVER_FAULT) throw fetchFailed('unreachable', new Error(`status ${status}`));
  const contentType = toText(headers['content-type']);
  const challenge = toText(headers['www-authenticate']);
  return new Response(BODILESS_STATUSES.has(status) ? null : Buffer.concat(chunks), {
    status,
    headers: {
      ...(contentType && { 'content-type': contentType }),
      ...(challenge && { 'www-authenticate': challenge }),
    },
  });
}

function toForm(body: FormBody | undefined): string | null {
  return body instanceof URLSearchParams || typeof body === 'string' ? body.toString() : null;
}

function toRecord(headers: Headers | Record<string, string>): Record<string, string> {
  return headers instanceof Headers ? Object.fromEntries(headers.entries()) : headers;
}

function toText(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
