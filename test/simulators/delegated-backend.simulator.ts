import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as readText } from 'node:stream/consumers';

/**
 * `hang`: no answer; `cut`: hung up on; `cut_body`: half an answer; `huge`: more than anybody reads; `other_user`: a
 * yes about somebody else; `forged`: a reply with a wrong signature; `status=500`: that status.
 */
export type BackendFault =
  | 'hang'
  | 'cut'
  | 'cut_body'
  | 'html'
  | 'huge'
  | 'other_user'
  | 'forged'
  | 'redirect'
  | `status=${number}`;

export interface BackendCall {
  method: string;
  /** With the query. */
  path: string;
  headers: IncomingMessage['headers'];
  body: Record<string, unknown> | null;
  /** Whether the signature was that of the secret, and the time about now. */
  isGenuine: boolean;
}

interface Account {
  apiKey: string;
  credits: number;
}

const VERIFY = '/api/v1/auth/verify/';
const CREDITS = '/api/v1/credits/check/';
const WEBHOOK = '/api/v1/inference/webhook/';
const HUGE_BYTES = 1_000_000;
const CLOCK_SKEW_S = 300;
const MS_PER_S = 1_000;

/** The backend of the virtual try-on shop: it knows users, their keys and their credits, and books what they used. */
export class DelegatedBackendSimulator {
  readonly accounts = new Map<string, Account>();
  readonly calls: BackendCall[] = [];
  /** Reports by the id of their event, each booked once. */
  readonly booked = new Map<string, Record<string, unknown>>();
  /** Whether its replies are signed. */
  signsReplies = false;
  private faults: { path: string; fault: BackendFault }[] = [];
  private server: Server | null = null;

  private constructor(private readonly secret: string) {}

  static async start(secret: string): Promise<DelegatedBackendSimulator> {
    const simulator = new DelegatedBackendSimulator(secret);
    await simulator.listen();
    return simulator;
  }

  get url(): string {
    const { port } = this.server!.address() as AddressInfo;
    return `http://127.0.0.1:${port}/shop`;
  }

  /** The next requests of this kind fail like this. */
  failNext(kind: 'verify' | 'credits' | 'webhook', fault: BackendFault, times = 1): void {
    const path = { verify: VERIFY, credits: CREDITS, webhook: WEBHOOK }[kind];
    for (let count = 0; count < times; count += 1) this.faults.push({ path, fault });
  }

  listCalls(kind: 'verify' | 'credits' | 'webhook'): BackendCall[] {
    const path = { verify: VERIFY, credits: CREDITS, webhook: WEBHOOK }[kind];
    return this.calls.filter((call) => call.path.startsWith(`/shop${path}`));
  }

  reset(): void {
    this.calls.length = 0;
    this.booked.clear();
    this.faults = [];
  }

  async stop(): Promise<void> {
    const { server } = this;
    if (!server) return;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  private async listen(): Promise<void> {
    const server = createServer((request, response) => {
      this.handle(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
    this.server = server;
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const raw = await readText(request);
    const wire = request.url ?? '';
    const isGenuine = this.isGenuine(request, raw);
    const body = raw === '' ? null : (JSON.parse(raw) as Record<string, unknown>);
    const method = request.method ?? '';
    this.calls.push({ method, path: wire, headers: request.headers, body, isGenuine });
    const path = wire.replace('/shop', '');
    const index = this.faults.findIndex((planned) => path.startsWith(planned.path));
    const [planned] = index === -1 ? [] : this.faults.splice(index, 1);
    if (planned) return this.fail(response, planned.fault, request);
    if (!isGenuine) return this.send(request, response, 401, { detail: 'Bad signature.' });
    const [status, answer] = this.answer(path, request, body ?? {});
    this.send(request, response, status, answer);
  }

  private answer(
    path: string,
    request: IncomingMessage,
    body: Record<string, unknown>,
  ): [status: number, answer: Record<string, unknown>] {
    if (path === VERIFY) {
      const isKnown = this.accounts.get(String(body.user_id))?.apiKey === body.api_key;
      return isKnown ? [200, { user_id: body.user_id, valid: true }] : [401, { valid: false }];
    }
    if (path.startsWith(CREDITS)) {
      const userId = new URL(path, 'http://shop').searchParams.get('user_id') ?? '';
      const account = this.accounts.get(userId);
      if (!account) return [401, { detail: 'Unknown user.' }];
      const { credits } = account;
      return [200, { has_credits: credits > 0, available_credits: credits }];
    }
    if (path === WEBHOOK) {
      this.book(String(request.headers['x-atelier-event-id']), body);
      return [200, { status: 'ok' }];
    }
    return [404, { detail: 'No such page.' }];
  }

  /** An event that was booked costs nothing more. */
  private book(eventId: string, report: Record<string, unknown>): void {
    if (this.booked.has(eventId)) return;
    this.booked.set(eventId, report);
    const account = this.accounts.get(String(report.user_id));
    if (account) account.credits -= Number(report.used_credits);
  }

  private fail(response: ServerResponse, fault: BackendFault, request: IncomingMessage): void {
    if (fault === 'hang') return;
    if (fault === 'cut') return void response.destroy();
    if (fault === 'cut_body') {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '500' });
      response.write('{"valid": true', () => response.destroy());
      return;
    }
    if (fault === 'huge')
      return void response.end(`{"valid":true,"x":"${'x'.repeat(HUGE_BYTES)}"}`);
    if (fault === 'html') return void response.end('<html>Welcome</html>');
    if (fault === 'other_user') {
      const answer = { user_id: 'somebody-else', has_credits: true, available_credits: 9 };
      return this.send(request, response, 200, answer);
    }
    if (fault === 'forged') {
      response.setHeader('x-atelier-signature', 'f'.repeat(64));
      return void response.end('{"valid":true,"has_credits":true,"available_credits":9}');
    }
    if (fault === 'redirect') {
      return void response.writeHead(302, { location: `${this.url}${VERIFY}` }).end();
    }
    this.send(request, response, Number(fault.slice('status='.length)), { valid: true });
  }

  private send(
    request: IncomingMessage,
    response: ServerResponse,
    status: number,
    answer: Record<string, unknown>,
  ): void {
    const body = JSON.stringify(answer);
    if (this.signsReplies) {
      const asked = String(request.headers['x-atelier-signature']);
      response.setHeader('x-atelier-signature', this.sign([asked, String(status), body]));
    }
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  }

  private isGenuine(request: IncomingMessage, body: string): boolean {
    const timestamp = String(request.headers['x-atelier-timestamp']);
    const skewS = Math.abs(Date.now() / MS_PER_S - Number(timestamp));
    const expected = this.sign([timestamp, request.method ?? '', request.url ?? '', body]);
    return skewS < CLOCK_SKEW_S && request.headers['x-atelier-signature'] === expected;
  }

  private sign(parts: readonly string[]): string {
    return createHmac('sha256', this.secret).update(parts.join('.')).digest('hex');
  }
}
