import type { Readable } from 'node:stream';
import { type Dispatcher, request } from 'undici';
import type { Clock } from '../common/clock.js';
import { joinSignals } from '../common/join-signals.js';
import type { DelegatedConfig } from '../config/app-config.js';
import type { BackendAnswer } from './domain/backend-answer.js';
import { BackendFault } from './domain/backend-fault.js';
import {
  isSameSignature,
  SIGNATURE_HEADER,
  signReply,
  signRequest,
  TIMESTAMP_HEADER,
} from './domain/backend-signature.js';

export interface BackendRequest {
  method: 'GET' | 'POST';
  /** Below the base URL, with the query. */
  path: string;
  json?: Readonly<Record<string, unknown>>;
  headers?: Readonly<Record<string, string>>;
  signal?: AbortSignal;
}

const ANSWER_BYTES_MAX = 65_536;
const MS_PER_S = 1_000;
const USER_AGENT = 'atelier';

/** One signed request to the backend and its bounded, checked reply. Follows no redirect, repeats nothing. */
export class BackendExchange {
  private readonly base: URL;

  /** @param dispatcher the guarded one in the service. */
  constructor(
    private readonly config: DelegatedConfig,
    private readonly dispatcher: Dispatcher,
    private readonly clock: Clock,
  ) {
    this.base = new URL(config.url);
  }

  /** @throws BackendFault for everything but a whole reply that is no forgery. */
  async send(wanted: BackendRequest): Promise<BackendAnswer> {
    const body = wanted.json === undefined ? '' : JSON.stringify(wanted.json);
    // As the request line will have it: an apostrophe in a query is written %27 there.
    const url = new URL(this.base.origin + this.base.pathname.replace(/\/$/, '') + wanted.path);
    const path = url.pathname + url.search;
    const timestamp = String(Math.floor(this.clock.now().getTime() / MS_PER_S));
    const { method } = wanted;
    const signature = signRequest(this.config.secret, { timestamp, method, path, body });
    const { answer, replySignature } = await this.exchange(wanted, path, body, {
      accept: 'application/json',
      'accept-encoding': 'identity',
      'user-agent': USER_AGENT,
      ...(body !== '' && { 'content-type': 'application/json' }),
      ...wanted.headers,
      [TIMESTAMP_HEADER]: timestamp,
      [SIGNATURE_HEADER]: signature,
    });
    this.assertGenuine(answer, signature, replySignature);
    return answer;
  }

  private async exchange(
    { method, signal: outer }: BackendRequest,
    path: string,
    body: string,
    headers: Record<string, string>,
  ): Promise<{ answer: BackendAnswer; replySignature: string | null }> {
    const { timeoutMs } = this.config;
    const limit = AbortSignal.timeout(timeoutMs);
    const parts = outer ? [limit, outer] : [limit];
    let hasBegun = false;
    try {
      return await joinSignals(parts, async (signal) => {
        const response = await request(this.base.origin + path, {
          dispatcher: this.dispatcher,
          method,
          headers,
          body: body === '' ? null : body,
          signal,
          headersTimeout: timeoutMs,
          bodyTimeout: timeoutMs,
        });
        hasBegun = true;
        const text = await readBounded(response.body);
        return {
          answer: { status: response.statusCode, body: text },
          replySignature: toText(response.headers[SIGNATURE_HEADER]),
        };
      });
    } catch (error) {
      if (error instanceof BackendFault) throw error;
      if (limit.aborted) throw new BackendFault('timeout', error);
      throw new BackendFault(hasBegun ? 'cut_off' : 'unreachable', error);
    }
  }

  private assertGenuine(answer: BackendAnswer, requestSignature: string, given: string | null) {
    if (given === null && !this.config.needsSignedReplies) return;
    const expected = signReply(this.config.secret, { requestSignature, ...answer });
    if (given === null || !isSameSignature(given, expected)) throw new BackendFault('forged');
  }
}

async function readBounded(body: Readable): Promise<string> {
  const parts: Buffer[] = [];
  let sizeBytes = 0;
  for await (const part of body) {
    sizeBytes += (part as Buffer).length;
    if (sizeBytes > ANSWER_BYTES_MAX) throw new BackendFault('too_large');
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** A header sent more than once counts as its first value. */
function toText(value: string | string[] | undefined): string | null {
  return (Array.isArray(value) ? value[0] : value) ?? null;
}
