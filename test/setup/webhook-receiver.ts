/** Somebody who is told: an HTTP server on loopback that keeps what it is sent and answers as it is bidden. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  path: string;
  headers: Record<string, string>;
  /** As on the wire. */
  text: string;
  body: ReturnType<typeof JSON.parse>;
}

type Answer = (response: ServerResponse, received: Received) => void;

export class WebhookReceiver {
  readonly received: Received[] = [];
  /** Opened so far. */
  connections = 0;
  /** By the path; 204 where nothing is said. */
  private readonly answers = new Map<string, Answer>();

  private constructor(private readonly server: Server) {
    server.on('connection', () => (this.connections += 1));
    server.on('request', (request, response) => void this.take(request, response));
  }

  static async start(): Promise<WebhookReceiver> {
    const server = createServer();
    const receiver = new WebhookReceiver(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return receiver;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** `127.0.0.1:PORT`, as OUTBOUND_ALLOW takes it. */
  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  toUrl(path: string): string {
    return `http://${this.host}${path}`;
  }

  answer(path: string, answer: Answer): void {
    this.answers.set(path, answer);
  }

  listAt(path: string): Received[] {
    return this.received.filter((one) => one.path === path);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const part of request.setEncoding('utf8')) text += String(part);
    const path = request.url ?? '';
    const headers = request.headers as Record<string, string>;
    const received = { path, headers, text, body: JSON.parse(text) };
    this.received.push(received);
    const answer = this.answers.get(path) ?? ((one) => void one.writeHead(204).end());
    answer(response, received);
  }
}
