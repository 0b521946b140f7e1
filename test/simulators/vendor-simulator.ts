import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { readSimulatedBody, type SimulatedBody } from './read-simulated-body.js';
import type { SimulatedCall } from './simulated-call.js';

/** An answer kept in a file, played back as it is. */
export interface Fixture {
  status: number;
  headers: Record<string, string>;
  body?: unknown;
  text?: string;
}

export interface VendorSimulatorOptions {
  /** The only key it takes; null = any, or none. */
  apiKey?: string | null;
  /** Time before every answer. */
  delayMs?: number;
  port?: number;
}

/** What every simulator can be told to do, beside playing its fixtures. */
export type ConnectionFault = 'hang' | 'cut' | 'cut_body' | 'drip' | `slow=${number}`;

export interface SimulatedExchange {
  request: IncomingMessage;
  response: ServerResponse;
  path: string;
  /** Null = neither JSON nor a form. */
  body: SimulatedBody | null;
  fault: string | null;
}

const MARKER = /\[sim:([a-z_0-9]+(?:=\d+)?)\]/;
const KEPT_CALLS_MAX = 5_000;
const DRIP_PIECES = 20;
const DRIP_PAUSE_MS = 100;

/**
 * A vendor on a local port. A request is made to fail by `failNext`, by `POST /__simulator/faults {"fault", "times"}`,
 * or by a marker in its prompt: `[sim:quota]`, `[sim:slow=500]`. Counts and keeps what reached it.
 */
export abstract class VendorSimulator<Fault extends string> {
  readonly calls: SimulatedCall[] = [];
  callCount = 0;
  /** Highest number of requests that were being answered at the same moment. */
  concurrencyMax = 0;
  /** Answers whose client left before their end. */
  leftCount = 0;
  /** Connections that were opened to it. */
  connectionCount = 0;
  /** Pictures made so far: no two are alike. */
  protected picturesMade = 0;
  private concurrency = 0;
  private faults: string[] = [];
  private onLeft: () => void = () => undefined;
  protected server: Server | null = null;

  constructor(protected readonly options: VendorSimulatorOptions = {}) {}

  /** What a connection's base URL is set to. */
  abstract get baseUrl(): string;
  protected abstract answer(exchange: SimulatedExchange): Promise<void>;
  protected abstract promptOf(body: SimulatedBody | null): string;

  get origin(): string {
    const address = this.server?.address() ?? null;
    if (address === null || typeof address === 'string') throw new Error('not started');
    return `http://127.0.0.1:${address.port}`;
  }

  /** The next requests fail like this, before prompts are looked at. */
  failNext(fault: Fault | ConnectionFault, times = 1): void {
    for (let count = 0; count < times; count += 1) this.faults.push(fault);
  }

  reset(): void {
    this.calls.length = 0;
    this.callCount = 0;
    this.concurrencyMax = 0;
    this.leftCount = 0;
    this.connectionCount = 0;
    this.picturesMade = 0;
    this.faults = [];
  }

  /** Resolves when that many clients have left before the end of their answer. */
  async untilLeft(count = 1): Promise<void> {
    while (this.leftCount < count) await new Promise<void>((resolve) => (this.onLeft = resolve));
  }

  async listen(): Promise<this> {
    const server = createServer((request, response) => {
      this.handle(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
    server.on('connection', () => (this.connectionCount += 1));
    this.server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.options.port ?? 0, '127.0.0.1', resolve);
    });
    return this;
  }

  async stop(): Promise<void> {
    const { server } = this;
    if (!server) return;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    this.server = null;
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '/', 'http://simulator').pathname;
    if (path.startsWith('/__simulator/')) return this.control(path, request, response);
    this.concurrency += 1;
    this.concurrencyMax = Math.max(this.concurrencyMax, this.concurrency);
    response.once('close', () => this.noteClose(response));
    const body = await readSimulatedBody(request).catch(() => null);
    // A client that broke off its request has not made one.
    if (!request.complete) return;
    const fault = this.faults.shift() ?? MARKER.exec(this.promptOf(body))?.[1] ?? null;
    this.record(request, path, body, fault ?? 'success');
    const slowMs = Number(/^slow=(\d+)$/.exec(fault ?? '')?.[1] ?? 0);
    await wait((this.options.delayMs ?? 0) + slowMs);
    if (fault === 'hang') return;
    if (fault === 'cut') return void response.destroy();
    await this.answer({ request, response, path, body, fault });
  }

  private noteClose(response: ServerResponse): void {
    this.concurrency -= 1;
    if (response.writableFinished) return;
    this.leftCount += 1;
    this.onLeft();
  }

  private record(
    request: IncomingMessage,
    path: string,
    body: SimulatedBody | null,
    outcome: string,
  ): void {
    this.callCount += 1;
    this.calls.push({
      method: request.method ?? '',
      path,
      headers: { ...request.headers } as Record<string, string>,
      fields: body?.fields ?? {},
      files: body?.files ?? [],
      outcome,
    });
    if (this.calls.length > KEPT_CALLS_MAX) this.calls.shift();
  }

  /** For tests in another process. */
  private async control(
    path: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    if (path === '/__simulator/faults' && request.method === 'POST') {
      const fields = (await readSimulatedBody(request))?.fields ?? {};
      this.failNext(fields.fault as Fault, Number(fields.times ?? 1));
    } else if (request.method === 'DELETE') this.reset();
    const calls = this.calls.map(({ files, ...call }) => ({ ...call, files: files.length }));
    const counts = { count: this.callCount, concurrency_max: this.concurrencyMax, calls };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(counts));
  }
}

export function playFixture(response: ServerResponse, fixture: Fixture): void {
  response.writeHead(fixture.status, fixture.headers);
  response.end(fixture.text ?? JSON.stringify(fixture.body));
}

/** A whole answer, or one whose connection fails on the way. */
export async function sendBytes(
  response: ServerResponse,
  headers: Record<string, string>,
  bytes: Buffer,
  fault: string | null,
): Promise<void> {
  response.writeHead(200, { ...headers, 'content-length': bytes.length });
  if (fault === 'cut_body') {
    response.write(bytes.subarray(0, Math.ceil(bytes.length / 2)), () => response.destroy());
  } else if (fault === 'drip') {
    const step = Math.ceil(bytes.length / DRIP_PIECES);
    for (let at = 0; at < bytes.length && !response.destroyed; at += step) {
      response.write(bytes.subarray(at, at + step));
      await wait(DRIP_PAUSE_MS);
    }
    response.end();
  } else response.end(bytes);
}
