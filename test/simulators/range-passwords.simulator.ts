import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const PREFIX_LENGTH = 5;
const PATH_FORM = /^\/range\/([0-9A-F]{5})$/;
const PADDING_LINES = 20;

/** `hang`: never answers; `cut`: breaks off; `large`: more than anybody wants; a number: that status. */
export type RangeFault = 'hang' | 'cut' | 'large' | number;

/**
 * The range API of a list of known passwords (haveibeenpwned.com/API/v3#PwnedPasswords) on a local port: answers the
 * rest of the hashes that begin with five digits, and pads the answer when it is asked to. Keeps what it was asked.
 */
export class RangePasswordsSimulator {
  readonly requests: { path: string; padding: string | undefined }[] = [];
  fault: RangeFault | null = null;
  private readonly digests = new Map<string, number>();
  private readonly server: Server;

  private constructor() {
    this.server = createServer((request, response) => this.answer(request, response));
  }

  static async start(): Promise<RangePasswordsSimulator> {
    const simulator = new RangePasswordsSimulator();
    simulator.server.listen(0, '127.0.0.1');
    await once(simulator.server, 'listening');
    return simulator;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Base of the API, for BREACHED_PASSWORDS_URL. */
  get url(): string {
    return `http://127.0.0.1:${this.port}/range`;
  }

  /** `count` 0 makes it padding, which is no breach. */
  add(password: string, count: number): void {
    const digest = createHash('sha1').update(password, 'utf8').digest('hex').toUpperCase();
    this.digests.set(digest, count);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const { url: path = '', headers } = request;
    this.requests.push({ path, padding: headers['add-padding'] as string | undefined });
    if (this.fault === 'hang') return;
    if (this.fault === 'cut') {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('0'.repeat(10), () => response.destroy());
      return;
    }
    if (this.fault === 'large') {
      response.end('0'.repeat(10_000_000));
      return;
    }
    const prefix = PATH_FORM.exec(path)?.[1];
    if (typeof this.fault === 'number' || prefix === undefined) {
      response.writeHead(typeof this.fault === 'number' ? this.fault : 400);
      response.end();
      return;
    }
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.end(this.toLines(prefix, headers['add-padding'] === 'true').join('\r\n'));
  }

  private toLines(prefix: string, isPadded: boolean): string[] {
    const known = [...this.digests]
      .filter(([digest]) => digest.startsWith(prefix))
      .map(([digest, count]) => `${digest.slice(PREFIX_LENGTH)}:${count}`);
    const padding = Array.from(
      { length: isPadded ? PADDING_LINES : 0 },
      (_, line) => `${createHash('sha1').update(`${line}`).digest('hex').slice(PREFIX_LENGTH)}:0`,
    );
    return [...known, ...padding];
  }
}
