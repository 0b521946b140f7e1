import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import type { OnApplicationShutdown } from '@nestjs/common';
import type { Agent, Dispatcher } from 'undici';
import type { ProviderCredential } from '../spec/image-call.js';
import { MarkedDispatcher } from './marked-dispatcher.js';
import { listenToSocket, type SocketRequest } from './vendor-socket.js';
import { type WholeAnswer, WholeAnswerHandler } from './whole-answer.handler.js';

/** A large picture takes minutes to make before the first byte comes; the call's own deadline is usually shorter. */
export const HEADERS_TIMEOUT_MS = 600_000;
/** Between two chunks of an answer that has begun. */
const BODY_TIMEOUT_MS = 120_000;
/** Shorter than the five seconds of common servers: a request sent into a closing connection is one that may be paid. */
const KEEP_ALIVE_MS = 4_000;
/** Further requests wait for a free connection, within their own deadline. */
const CONNECTIONS_PER_ORIGIN_MAX = 256;
/** An error's body beyond this is not read. */
const ERROR_BODY_BYTES_MAX = 65_536;
/** One message of a WebSocket; a larger one ends the connection. */
const SOCKET_MESSAGE_BYTES_MAX = 4_194_304;
const STATUS_OK_MIN = 200;
const STATUS_OK_MAX = 299;
/** Statuses with which a Response may carry no body. */
const STATUS_WITHOUT_BODY = [204, 205];

/** Taken apart before; when so many are known all are forgotten. */
const ADDRESSES_MAX = 1_000;
const addresses = new Map<string, { origin: string; path: string }>();

export const PROVIDER_DISPATCHER_OPTIONS = {
  connections: CONNECTIONS_PER_ORIGIN_MAX,
  headersTimeout: HEADERS_TIMEOUT_MS,
  bodyTimeout: BODY_TIMEOUT_MS,
  keepAliveTimeout: KEEP_ALIVE_MS,
  webSocket: { maxPayloadSize: SOCKET_MESSAGE_BYTES_MAX },
} as const satisfies Agent.Options;

/** A vendor's answer that was not a success, as it came. */
export interface VendorFailure {
  status: number;
  headers: Headers;
  /** Its first 64 KB. */
  bodyText: string;
}

/** A success whose body stays the raw stream of the socket; nothing of it was read. */
export class StreamedResponse extends Response {
  constructor(
    readonly content: Readable,
    init: { status: number; headers: Headers },
  ) {
    super(null, init);
  }
}

/** A POST whose body is at hand. */
export interface TextRequest {
  url: string;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: string;
  signal: AbortSignal;
}

/** The beginning of an answer that is read while it comes. */
export interface BegunAnswer {
  status: number;
  /** By names in lower case. */
  headers: Dispatcher.ResponseData['headers'];
  content: Readable;
}

/** One request to a vendor and what is known of it when it fails. */
export class ProviderExchange {
  /** Whether any of it may have left this machine. False = the vendor cannot have done any work. */
  wasSent = false;
  failure: VendorFailure | null = null;
  /** What an input picture's stream threw while it was sent; null = none. */
  uploadFault: unknown = null;

  constructor(private readonly dispatcher: Dispatcher) {}

  /** A `fetch` for vendors' packages. Follows no redirect, so a credential never leaves its origin. */
  readonly fetch = async (url: unknown, init: RequestInit = {}): Promise<Response> => {
    const answer = await this.send(new URL(String(url)), init);
    const status = answer.statusCode;
    const headers = toHeaders(answer.headers);
    if (isSuccess(status)) {
      return new StreamedResponse(answer.body, { status, headers });
    }
    const bodyText = await readStart(answer.body);
    this.failure = { status, headers, bodyText };
    return new Response(STATUS_WITHOUT_BODY.includes(status) ? null : bodyText, {
      status,
      headers,
    });
  };

  /**
   * An answer that is needed whole, with as few steps as there can be. A failure is noted as by `fetch`.
   * @param bytesMax of a success
   * @throws MalformedAnswerError for one that is longer, the signal's reason, or what the connection threw
   */
  async ask(request: TextRequest, bytesMax: number): Promise<WholeAnswer> {
    const { signal } = request;
    const handler = new WholeAnswerHandler({
      signal,
      isSuccess,
      toBytesMax: (status) => (isSuccess(status) ? bytesMax : ERROR_BODY_BYTES_MAX),
      mark: this.mark,
    });
    this.dispatcher.dispatch(toDispatchOptions(request), handler);
    const answer = await handler.answer;
    if (isSuccess(answer.status)) return answer;
    const bodyText = answer.bytes.toString('utf8').slice(0, ERROR_BODY_BYTES_MAX);
    this.failure = { status: answer.status, headers: toHeaders(answer.headers), bodyText };
    return answer;
  }

  /** An answer that is read while it comes. A failure is noted as by `fetch`, and its `content` is spent. */
  async begin(request: TextRequest): Promise<BegunAnswer> {
    const { signal } = request;
    const marked = new MarkedDispatcher(this.dispatcher, this.mark);
    const answer = await marked.request({ ...toDispatchOptions(request), signal });
    const { statusCode: status, headers, body: content } = answer;
    if (!isSuccess(status)) {
      this.failure = { status, headers: toHeaders(headers), bodyText: await readStart(content) };
    }
    return { status, headers, content };
  }

  private readonly mark = (): void => {
    this.wasSent = true;
  };

  private send(url: URL, init: RequestInit): Promise<Dispatcher.ResponseData> {
    const marked = new MarkedDispatcher(this.dispatcher, this.mark);
    return marked.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: init.method ?? 'GET',
      headers: Object.fromEntries(new Headers(init.headers).entries()),
      body: this.toBody(init.body),
      signal: init.signal,
    });
  }

  private toBody(body: RequestInit['body']): string | Buffer | Readable | null {
    if (body === undefined || body === null || typeof body === 'string') return body ?? null;
    if (ArrayBuffer.isView(body)) {
      return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    }
    return Readable.from(this.watchUpload(body as unknown as ReadableStream<Uint8Array>), {
      objectMode: false,
    });
  }

  /** Only what reading the input throws is noted here, not that the vendor or the caller broke the upload off. */
  private async *watchUpload(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      for await (const part of body) yield part;
    } catch (error) {
      this.uploadFault = error;
      throw error;
    }
  }
}

/** The way to the vendors: one pool of connections with deadlines, shared by all providers. */
export class ProviderHttp implements OnApplicationShutdown {
  /**
   * @param dispatcher made with PROVIDER_DISPATCHER_OPTIONS; in the service it is the guarded one.
   * @param houseDispatcher for the house's own connections. A pool of its own, as who joins an open connection passes no guard
   */
  constructor(
    private readonly dispatcher: Dispatcher,
    private readonly houseDispatcher = dispatcher,
  ) {}

  /** @param credential that the request is made with; absent = one that leads to public hosts alone */
  open(credential?: ProviderCredential): ProviderExchange {
    return new ProviderExchange(this.choose(credential));
  }

  /** A WebSocket through the same guard, for a bounded time. @returns, @throws as `listenToSocket` */
  listen(request: SocketRequest, credential: ProviderCredential): Promise<boolean> {
    return listenToSocket(this.choose(credential), request);
  }

  /** Last of all, when the runs have been drained: what still waits for a vendor is cut. */
  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.dispatcher.destroy(), this.houseDispatcher.destroy()]);
  }

  private choose(credential?: ProviderCredential): Dispatcher {
    return credential?.isHouse === true ? this.houseDispatcher : this.dispatcher;
  }
}

function isSuccess(status: number): boolean {
  return status >= STATUS_OK_MIN && status <= STATUS_OK_MAX;
}

function toDispatchOptions({ url, headers, body }: TextRequest): Dispatcher.DispatchOptions {
  const { origin, path } = toAddress(url);
  return { origin, path, method: 'POST', headers, body };
}

/** The few addresses that nearly all requests go to are taken apart once. */
function toAddress(text: string): { origin: string; path: string } {
  const known = addresses.get(text);
  if (known) return known;
  const { origin, pathname, search } = new URL(text);
  if (addresses.size >= ADDRESSES_MAX) addresses.clear();
  const address = { origin, path: pathname + search };
  addresses.set(text, address);
  return address;
}

function toHeaders(raw: Dispatcher.ResponseData['headers']): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(raw)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return headers;
}

async function readStart(body: Readable): Promise<string> {
  const parts: Buffer[] = [];
  let sizeBytes = 0;
  try {
    for await (const part of body) {
      parts.push(part as Buffer);
      sizeBytes += (part as Buffer).length;
      if (sizeBytes >= ERROR_BODY_BYTES_MAX) break;
    }
  } catch {
    // The status is what counts; a body that breaks off tells no more.
  }
  return Buffer.concat(parts).toString('utf8').slice(0, ERROR_BODY_BYTES_MAX);
}
