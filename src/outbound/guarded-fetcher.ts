import type { Readable } from 'node:stream';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { type Dispatcher, request } from 'undici';
import { decodeBody } from './bounded-body.js';
import { FetchDeadline } from './fetch-deadline.js';
import { createGuardedDispatcher } from './guarded-dispatcher.js';
import { fetchFailed } from './outbound.errors.js';
import {
  OUTBOUND_HEADERS,
  OutboundFetcher,
  type OutboundFetchOptions,
  type OutboundResponse,
} from './outbound-fetcher.port.js';
import { OutboundGuard } from './outbound-guard.js';

export const REDIRECTS_MAX = 3;
const IDLE_TIMEOUT_MS = 10_000;
const USER_AGENT = 'atelier';
const REDIRECT_STATUSES: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Each guard has connections of its own: who joins an open one passes no guard. */
interface Way {
  guard: OutboundGuard;
  dispatcher: Dispatcher;
}

@Injectable()
export class GuardedFetcher extends OutboundFetcher implements OnModuleDestroy {
  private readonly way: Way;
  /** Made when it is first needed. */
  private houseWay: Way | null = null;

  constructor(private readonly guard: OutboundGuard) {
    super();
    this.way = { guard, dispatcher: createGuardedDispatcher(guard) };
  }

  async fetch(url: string, options: OutboundFetchOptions): Promise<OutboundResponse> {
    const deadline = new FetchDeadline(options.timeoutMs, options.signal);
    try {
      const { response, finalUrl } = await this.follow(url, options, deadline);
      return toOutboundResponse(response, finalUrl, options, deadline);
    } catch (error) {
      deadline.end();
      throw deadline.explain(error, 'unreachable');
    }
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all([this.way.dispatcher.destroy(), this.houseWay?.dispatcher.destroy()]);
  }

  private choose({ isHouse }: OutboundFetchOptions): Way {
    if (isHouse !== true) return this.way;
    const guard = this.houseWay?.guard ?? this.guard.forHouse();
    this.houseWay ??= { guard, dispatcher: createGuardedDispatcher(guard) };
    return this.houseWay;
  }

  private async follow(url: string, options: OutboundFetchOptions, deadline: FetchDeadline) {
    const { guard } = this.choose(options);
    let target = guard.assertUrl(url);
    for (let redirects = 0; ; redirects += 1) {
      const response = await this.send(target, options, deadline);
      const location = response.headers.location;
      if (!REDIRECT_STATUSES.has(response.statusCode) || location === undefined) {
        return { response, finalUrl: target.href };
      }
      dropBody(response.body);
      if (redirects === REDIRECTS_MAX) throw fetchFailed('too_many_redirects');
      target = guard.assertUrl(toRedirectUrl(location, target));
    }
  }

  private async send(url: URL, options: OutboundFetchOptions, deadline: FetchDeadline) {
    const idleTimeoutMs = Math.min(options.idleTimeoutMs ?? IDLE_TIMEOUT_MS, options.timeoutMs);
    return request(url, {
      dispatcher: this.choose(options).dispatcher,
      signal: deadline.signal,
      headersTimeout: idleTimeoutMs,
      bodyTimeout: idleTimeoutMs,
      headers: {
        accept: options.accept ?? '*/*',
        'accept-encoding': 'identity',
        'user-agent': USER_AGENT,
        ...(options.withPadding && { 'add-padding': 'true' }),
      },
    });
  }
}

function toOutboundResponse(
  response: Dispatcher.ResponseData,
  finalUrl: string,
  options: OutboundFetchOptions,
  deadline: FetchDeadline,
): OutboundResponse {
  const discard = (): void => {
    deadline.end();
    dropBody(response.body);
  };
  const encoding = toText(response.headers['content-encoding']);
  try {
    const announcedBytes = Number(toText(response.headers['content-length']) ?? 0);
    if (announcedBytes > options.maxBytes) throw fetchFailed('too_large');
    const bytes = decodeBody(response.body, encoding, options.maxBytes);
    const body = deadline.guardBody(bytes, discard);
    return { status: response.statusCode, headers: toHeaders(response), body, finalUrl, discard };
  } catch (error) {
    discard();
    throw error;
  }
}

function toHeaders(response: Dispatcher.ResponseData): OutboundResponse['headers'] {
  const present = OUTBOUND_HEADERS.map((name) => [name, toText(response.headers[name])] as const);
  return Object.fromEntries(present.filter(([, value]) => value !== undefined));
}

/** A header sent more than once counts as its first value. */
function toText(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

function toRedirectUrl(location: string | string[], base: URL): string {
  const text = toText(location) ?? '';
  if (!URL.canParse(text, base.href)) throw fetchFailed('redirect_malformed');
  return new URL(text, base).href;
}

/** Ends the connection rather than reading what nobody wants. */
function dropBody(body: Readable): void {
  body.on('error', () => undefined);
  body.destroy();
}
