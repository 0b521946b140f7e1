import { createHash, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import sharp from 'sharp';
import { type WebSocket, WebSocketServer } from 'ws';
import { describeNodes, findGraphFault, type Graph } from './comfyui-node-rules.js';
import { ComfyuiQueue } from './comfyui-queue.js';
import fixtures from './fixtures/comfyui-image.json' with { type: 'json' };
import { toText } from './openai-image-rules.js';
import type { SimulatedBody } from './read-simulated-body.js';
import type { SimulatedCall } from './simulated-call.js';
import {
  type Fixture,
  playFixture,
  sendBytes,
  type SimulatedExchange,
  VendorSimulator,
  type VendorSimulatorOptions,
} from './vendor-simulator.js';

const FIXTURES: Readonly<Record<string, Fixture>> = fixtures;
const JSON_TYPE = { 'content-type': 'application/json' };
const UUID_FORM = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** More than any listener takes of one message. */
const HUGE_BYTES = 5_000_000;

/**
 * A fixture's name; an end of a job (`forgotten`: the server was started anew); `own_id`: as an older server that chooses
 * ids itself; `node_errors`: taken, with a part that cannot run; `echo_key`: a refusal that repeats the credential.
 */
export type ComfyuiFaultName =
  | keyof typeof fixtures
  | 'failed'
  | 'out_of_memory'
  | 'no_output'
  | 'more'
  | 'forgotten'
  | 'own_id'
  | 'node_errors'
  | 'echo_key';

/** What the socket does instead of telling: `silent` never says goodbye either. */
export type ComfyuiSocketFault = 'refuse' | 'garbage' | 'huge' | 'silent' | 'cut';

export interface ComfyuiSimulatorOptions extends VendorSimulatorOptions {
  /** How long each job takes. */
  jobMs?: number;
}

/** A ComfyUI server on a local port: its routes, its queue of one job at a time, and its socket. */
export class ComfyuiSimulator extends VendorSimulator<ComfyuiFaultName> {
  /** Jobs that were asked after since a test cleared it. */
  readonly asked = new Set<string>();
  socketFault: ComfyuiSocketFault | null = null;
  /** What happens to the next pictures that are fetched; null = nothing. */
  viewFaults: (string | null)[] = [];
  /** Connections to the socket so far, also those refused. */
  socketCount = 0;
  private readonly files = new Map<string, Buffer>();
  private readonly sockets = new Map<string, WebSocket>();
  private readonly upgraded = new Set<Duplex>();
  private readonly queue = new ComfyuiQueue({
    send: (clientId, message) => this.send(clientId, message),
    fileOf: (name) => this.files.get(name),
  });
  private readonly socketServer = new WebSocketServer({ noServer: true });

  static start(options: ComfyuiSimulatorOptions = {}): Promise<ComfyuiSimulator> {
    const simulator = new ComfyuiSimulator(options);
    simulator.jobMs = options.jobMs ?? 0;
    return simulator.listen();
  }

  get baseUrl(): string {
    return this.origin;
  }

  get jobMs(): number {
    return this.queue.jobMs;
  }

  /** Changed by tests: how long each job takes from now on, also the one that runs. */
  set jobMs(jobMs: number) {
    this.queue.jobMs = jobMs;
  }

  /** Orders of pictures, which are what keeps the server busy. */
  get orders(): SimulatedCall[] {
    return this.calls.filter(({ method, path }) => method === 'POST' && path === '/prompt');
  }

  /** Connections that are still open. */
  get openSockets(): number {
    return [...this.upgraded].filter(({ destroyed }) => !destroyed).length;
  }

  override async listen(): Promise<this> {
    await super.listen();
    this.server?.on('upgrade', (request, socket, head) => this.upgrade(request, socket, head));
    return this;
  }

  override async stop(): Promise<void> {
    this.queue.stop();
    for (const socket of this.upgraded) socket.destroy();
    await super.stop();
  }

  protected promptOf(body: SimulatedBody | null): string {
    const graph = body?.fields.prompt;
    if (typeof graph !== 'object') return '';
    const nodes = Object.values((graph ?? {}) as Graph);
    return nodes.map(({ inputs }) => toText(inputs.text, '')).join(' ');
  }

  protected async answer(exchange: SimulatedExchange): Promise<void> {
    const { request, response, fault } = exchange;
    const path = exchange.path.replace(/^\/api(?=\/)/, '');
    const key = request.headers.authorization;
    if (fault === 'echo_key') return sendJson(exchange, 401, { error: `bad key ${String(key)}` });
    if (!this.hasKey(request)) return playFixture(response, fixtures.bad_key);
    if (isForeign(request)) return playFixture(response, fixtures.foreign_origin);
    const fixture = fault === null ? undefined : FIXTURES[fault];
    if (fixture) return playFixture(response, fixture);
    const [, asked] = /^\/history\/([\w-]+)$/.exec(path) ?? [];
    if (asked !== undefined && request.method === 'GET') return this.tell(exchange, asked);
    const routes: Readonly<Record<string, () => Promise<void> | void>> = {
      'POST /prompt': () => this.take(exchange),
      'GET /queue': () => this.tellQueue(exchange),
      'POST /queue': () => this.remove(exchange),
      'POST /interrupt': () => this.interrupt(exchange),
      'POST /upload/image': () => this.keep(exchange),
      'GET /view': () => this.view(exchange),
      'GET /object_info': () => sendJson(exchange, 200, describeNodes()),
      'GET /system_stats': () =>
        sendJson(exchange, 200, { system: { comfyui_version: '0.3.64' }, devices: [] }),
    };
    const route = routes[`${request.method} ${path}`];
    if (!route) return playFixture(response, fixtures.not_found);
    await route();
  }

  private async take(exchange: SimulatedExchange): Promise<void> {
    const { prompt: graph, prompt_id, client_id } = exchange.body?.fields ?? {};
    const id = prompt_id === undefined ? undefined : toText(prompt_id, '');
    if (typeof graph !== 'object' || graph === null) {
      return playFixture(exchange.response, fixtures.no_prompt);
    }
    if (id !== undefined && !UUID_FORM.test(id)) {
      const error = { type: 'invalid_prompt_id', message: 'prompt_id must be a UUID', details: '' };
      return sendJson(exchange, 400, { error, node_errors: {} });
    }
    const fault = findGraphFault(graph as Graph, (name) => this.files.has(name));
    if (fault) return sendJson(exchange, 400, fault);
    const isOwn = exchange.fault === 'own_id' || id === undefined;
    const promptId = isOwn ? randomUUID() : id;
    const number = (this.picturesMade += 1);
    const clientId = client_id === undefined ? null : toText(client_id, '');
    this.queue.add({
      number,
      id: promptId,
      graph: graph as Graph,
      clientId,
      fault: exchange.fault,
    });
    const nodeErrors = exchange.fault === 'node_errors' ? { '99': { errors: [] } } : {};
    const body = { prompt_id: promptId, number, node_errors: nodeErrors };
    await sendBytes(
      exchange.response,
      JSON_TYPE,
      Buffer.from(JSON.stringify(body)),
      exchange.fault,
    );
  }

  private tell(exchange: SimulatedExchange, id: string): void {
    this.asked.add(id);
    const entry = this.queue.history.get(id);
    sendJson(exchange, 200, entry ? { [id]: entry } : {});
  }

  private tellQueue(exchange: SimulatedExchange): void {
    const { running, pending } = this.queue;
    sendJson(exchange, 200, {
      queue_running: running ? [this.queue.entryOf(running)] : [],
      queue_pending: pending.map((job) => this.queue.entryOf(job)),
    });
  }

  private remove(exchange: SimulatedExchange): void {
    const ids = (exchange.body?.fields.delete ?? []) as string[];
    const kept = this.queue.pending.filter(({ id }) => !ids.includes(id));
    this.queue.pending.splice(0, this.queue.pending.length, ...kept);
    exchange.response.writeHead(200).end();
  }

  private interrupt(exchange: SimulatedExchange): void {
    const id = exchange.body?.fields.prompt_id;
    if (id === undefined || id === this.queue.running?.id) this.queue.interrupt();
    exchange.response.writeHead(200).end();
  }

  private keep(exchange: SimulatedExchange): void {
    const { fields = {}, files = [] } = exchange.body ?? {};
    const file = files.find(({ field }) => field === 'image');
    if (!file) return void exchange.response.writeHead(400).end();
    const subfolder = typeof fields.subfolder === 'string' ? fields.subfolder : '';
    const toKey = (name: string): string => (subfolder === '' ? name : `${subfolder}/${name}`);
    let { name } = file;
    const isTaken = (): boolean => {
      const known = this.files.get(toKey(name));
      return known !== undefined && digestOf(known) !== digestOf(file.bytes);
    };
    for (let copy = 1; fields.overwrite !== 'true' && isTaken(); copy += 1) {
      name = file.name.replace(/(\.\w+)$/, ` (${copy})$1`);
    }
    this.files.set(toKey(name), file.bytes);
    sendJson(exchange, 200, { name, subfolder, type: 'input' });
  }

  private async view(exchange: SimulatedExchange): Promise<void> {
    const { request, response } = exchange;
    const fault = this.viewFaults.shift() ?? exchange.fault;
    const fixture = fault === null ? undefined : FIXTURES[fault];
    if (fault === 'cut') return void response.destroy();
    if (fixture) return playFixture(response, fixture);
    const query = new URL(request.url ?? '', this.origin).searchParams;
    const name = query.get('filename') ?? '';
    if (name.startsWith('/') || name.includes('..')) return void response.writeHead(400).end();
    const picture = this.queue.saved.get(`${query.get('subfolder') ?? ''}/${name}`);
    if (!picture || query.get('type') !== 'output') return void response.writeHead(404).end();
    const [format = '', quality] = query.get('preview')?.split(';') ?? [];
    if (format === '') return sendBytes(response, { 'content-type': 'image/png' }, picture, fault);
    const options = { quality: Number(quality ?? 90) };
    const known = format === 'jpeg' ? 'jpeg' : 'webp';
    const bytes = await sharp(picture).toFormat(known, options).toBuffer();
    await sendBytes(response, { 'content-type': `image/${known}` }, bytes, fault);
  }

  private upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.socketCount += 1;
    const url = new URL(request.url ?? '', this.origin);
    const isKnown = url.pathname.replace(/^\/api(?=\/)/, '') === '/ws' && this.hasKey(request);
    if (!isKnown || isForeign(request) || this.socketFault === 'refuse') {
      return void socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n');
    }
    this.upgraded.add(socket);
    this.socketServer.handleUpgrade(request, socket, head, (client) => {
      const sid = url.searchParams.get('clientId') ?? randomUUID();
      client.on('error', () => undefined);
      if (this.socketFault === 'cut') return void socket.destroy();
      if (this.socketFault === 'huge') client.send(Buffer.alloc(HUGE_BYTES));
      if (this.socketFault === 'silent') return void socket.removeAllListeners('data');
      if (this.socketFault === 'garbage') {
        for (const text of ['{', '[]', '{"type":"progress","data":{"value":"x"}}'])
          client.send(text);
        for (const size of [0, 7, 9]) client.send(Buffer.alloc(size, 255));
      }
      this.sockets.set(sid, client);
      const queueRemaining = this.queue.pending.length + (this.queue.running ? 1 : 0);
      const status = { exec_info: { queue_remaining: queueRemaining } };
      client.send(JSON.stringify({ type: 'status', data: { status, sid } }));
    });
  }

  private send(clientId: string | null, message: string | Buffer): void {
    const targets = clientId === null ? [...this.sockets.values()] : [this.sockets.get(clientId)];
    for (const target of targets) target?.send(message, () => undefined);
  }

  private hasKey({ headers }: IncomingMessage): boolean {
    const { apiKey = null } = this.options;
    return apiKey === null || headers.authorization === `Bearer ${apiKey}`;
  }
}

/** What the server takes for a website that abuses a browser. */
function isForeign({ headers }: IncomingMessage): boolean {
  if (headers['sec-fetch-site'] === 'cross-site') return true;
  return headers.origin !== undefined && headers.origin !== `http://${headers.host}`;
}

function digestOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function sendJson({ response }: SimulatedExchange, status: number, body: object): void {
  response.writeHead(status, JSON_TYPE).end(JSON.stringify(body));
}
