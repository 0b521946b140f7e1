/** A server on the path of a vendor that answers with whatever bytes a test wants, and counts who asked. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type HostileAnswer = (response: ServerResponse) => void;

const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const PICTURES = 10_001;
const DRIP_MS = 250;
const JSON_TYPE = { 'content-type': 'application/json' };
const toError = (type: string) =>
  JSON.stringify({ error: { message: 'no', type, code: null, param: null } });

const toAnswer = (count: number) =>
  JSON.stringify({ created: 1, data: Array.from({ length: count }, () => ({ b64_json: PIXEL })) });

const send =
  (status: number, body: string, headers: Record<string, string> = JSON_TYPE): HostileAnswer =>
  (response) =>
    response.writeHead(status, headers).end(body);

/** By name, what vendors and what stands before them have been seen to do. */
export const HOSTILE_ANSWERS = {
  fine: send(200, toAnswer(1)),
  status_500: send(500, toError('server_error')),
  status_429: send(429, toError('requests')),
  silence: () => undefined,
  reset: (response) => response.socket?.resetAndDestroy(),
  reset_in_body: (response) => {
    response.writeHead(200, JSON_TYPE).write(toAnswer(1).slice(0, 60));
    setTimeout(() => response.socket?.resetAndDestroy(), DRIP_MS);
  },
  drip: (response) => {
    response.writeHead(200, JSON_TYPE);
    const timer = setInterval(() => response.write(' '), DRIP_MS);
    response.once('close', () => clearInterval(timer));
  },
  truncated_json: send(200, toAnswer(1).slice(0, -20)),
  invalid_base64: send(200, '{"created":1,"data":[{"b64_json":"@@not base64@@"}]}'),
  error_in_success: send(200, toError('server_error')),
  wrong_type: send(200, '<html><body>welcome</body></html>', { 'content-type': 'text/html' }),
  wrong_shape: send(200, '{"created":1,"data":{"b64_json":42}}'),
  too_many: send(200, toAnswer(PICTURES)),
} as const satisfies Record<string, HostileAnswer>;

export class HostileUpstream {
  callCount = 0;
  answer: keyof typeof HOSTILE_ANSWERS = 'fine';
  private server: Server | null = null;

  get baseUrl(): string {
    if (!this.server) throw new Error('not started');
    const { port } = this.server.address() as AddressInfo;
    return `http://127.0.0.1:${port}/v1`;
  }

  async listen(): Promise<this> {
    const server = createServer((request, response) => {
      request.resume().once('end', () => {
        this.callCount += 1;
        HOSTILE_ANSWERS[this.answer](response);
      });
    });
    this.server = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  async stop(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((resolve) => this.server?.close(resolve));
  }
}
