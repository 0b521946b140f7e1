import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import fixtures from './fixtures/replicate-image.json' with { type: 'json' };
import { toText } from './openai-image-rules.js';
import type { SimulatedBody } from './read-simulated-body.js';
import { hasModel, readReplicateInput, type ReplicateOrder } from './replicate-image-rules.js';
import type { SimulatedCall } from './simulated-call.js';
import { makePicture } from './simulator-picture.js';
import {
  type Fixture,
  playFixture,
  sendBytes,
  type SimulatedExchange,
  VendorSimulator,
  type VendorSimulatorOptions,
} from './vendor-simulator.js';

const FIXTURES: Readonly<Record<string, Fixture>> = fixtures;
/** How a prediction may end, by the fault of its request. */
const ENDS = {
  moderation: {
    status: 'failed',
    error:
      'The input or output was flagged as sensitive. Please try again with different inputs. (E005) (x1)',
  },
  nsfw: { status: 'failed', error: 'NSFW content detected. Try running it again.' },
  failed: { status: 'failed', error: 'CUDA out of memory' },
  canceled: { status: 'canceled', error: null },
  aborted: { status: 'aborted', error: null },
  removed: { status: 'succeeded', data_removed: true },
  no_output: { status: 'succeeded', output: [] },
} as const;

/** A fixture's name; an end of a prediction; `echo_key`: a refusal that repeats the credential; `more`: too many. */
export type ReplicateFaultName = keyof typeof fixtures | keyof typeof ENDS | 'echo_key' | 'more';

export interface ReplicateSimulatorOptions extends VendorSimulatorOptions {
  /** How long each prediction takes. */
  jobMs?: number;
}

interface Job {
  order: ReplicateOrder;
  fault: string | null;
  startedAt: number;
  canceledAt: number | null;
  number: number;
}

const JSON_TYPE = { 'content-type': 'application/json' };
const CREATED = 201;
const WAIT_S = 60;
const WAIT_STEP_MS = 10;
const MS_PER_S = 1_000;

/** Replicate's v1 on a local port: predictions of official models and of versions, and files that go in. */
export class ReplicateSimulator extends VendorSimulator<ReplicateFaultName> {
  /** Predictions that were asked after since a test cleared it. */
  readonly asked = new Set<string>();
  /** Changed by tests: how long each prediction takes from now on. */
  jobMs: number;
  private readonly jobs = new Map<string, Job>();
  private readonly files = new Map<string, Buffer>();
  private readonly fileFacts = new Map<string, object>();

  private constructor(options: ReplicateSimulatorOptions) {
    super(options);
    this.jobMs = options.jobMs ?? 0;
  }

  static start(options: ReplicateSimulatorOptions = {}): Promise<ReplicateSimulator> {
    return new ReplicateSimulator(options).listen();
  }

  get baseUrl(): string {
    return `${this.origin}/v1`;
  }

  /** Requests for pictures, which are what costs money. */
  get orders(): SimulatedCall[] {
    return this.calls.filter(
      ({ method, path }) => method === 'POST' && path.endsWith('/predictions'),
    );
  }

  protected promptOf(body: SimulatedBody | null): string {
    return toText((body?.fields.input as { prompt?: unknown } | undefined)?.prompt, '');
  }

  protected async answer(exchange: SimulatedExchange): Promise<void> {
    const { request, response, path, fault } = exchange;
    if (path.startsWith('/delivery/')) return this.deliver(exchange);
    const key = request.headers.authorization;
    const { apiKey = null } = this.options;
    if (fault === 'echo_key')
      return sendJson(exchange, 401, { detail: `bad token ${String(key)}` });
    if (apiKey !== null && key !== `Bearer ${apiKey}`)
      return playFixture(response, fixtures.bad_key);
    const fixture = fault === null ? undefined : FIXTURES[fault];
    if (fixture) return playFixture(response, fixture);
    const [, one] = /^\/v1\/predictions\/([\w-]+)$/.exec(path) ?? [];
    if (one !== undefined && request.method === 'GET') return this.tell(exchange, one);
    const [, file] = /^\/v1\/files\/([\w-]+)$/.exec(path) ?? [];
    if (file !== undefined) return this.handleFile(exchange, file);
    if (request.method !== 'POST') return playFixture(response, fixtures.not_found);
    const [, canceled] = /^\/v1\/predictions\/([\w-]+)\/cancel$/.exec(path) ?? [];
    if (canceled !== undefined) return this.cancel(exchange, canceled);
    if (path === '/v1/files') return this.keep(exchange);
    const [, model] = /^\/v1\/models\/([\w.-]+\/[\w.-]+)\/predictions$/.exec(path) ?? [];
    if (model !== undefined && hasModel(model)) return this.take(exchange, model);
    const version = toText(exchange.body?.fields.version, '');
    if (path !== '/v1/predictions') return playFixture(response, fixtures.not_found);
    if (!hasModel(version)) return playFixture(response, fixtures.bad_version);
    await this.take(exchange, version);
  }

  private async take(exchange: SimulatedExchange, name: string): Promise<void> {
    const input = exchange.body?.fields.input as Record<string, unknown> | undefined;
    if (!input) return playFixture(exchange.response, fixtures.invalid);
    const order = await readReplicateInput(name, input, this.files);
    if (!('subject' in order)) {
      const title = 'Input validation failed';
      const detail = `- input.${order.field}: ${order.description}\n`;
      return sendJson(exchange, 422, { title, detail, status: 422, invalid_fields: [order] });
    }
    const id = randomUUID().replaceAll('-', '').slice(0, 26);
    const job = { order, fault: exchange.fault, startedAt: Date.now(), canceledAt: null };
    this.jobs.set(id, { ...job, number: (this.picturesMade += 1) });
    const begun = { ...this.describe(id, 'starting'), model: name, input };
    const facts = { ...begun, ...(await this.waitFor(exchange, id)) };
    const body = Buffer.from(JSON.stringify(facts));
    if (exchange.fault === 'cut_body' || exchange.fault === 'drip') {
      return sendBytes(exchange.response, JSON_TYPE, body, exchange.fault);
    }
    exchange.response.writeHead(CREATED, JSON_TYPE).end(body);
  }

  /** As long as the client prefers, a minute where it does not say; empty when the prediction has not ended by then. */
  private async waitFor({ request, response }: SimulatedExchange, id: string): Promise<object> {
    const [, seconds] = /^wait(?:=(\d+))?$/.exec(String(request.headers.prefer)) ?? [];
    if (!String(request.headers.prefer).startsWith('wait')) return {};
    const until = Date.now() + Number(seconds ?? WAIT_S) * MS_PER_S;
    const job = this.jobs.get(id) as Job;
    while (Date.now() < until && !response.destroyed) {
      const end = this.toEnd(id, job);
      if (Object.keys(end).length > 0) return end;
      await wait(WAIT_STEP_MS);
    }
    return {};
  }

  private tell(exchange: SimulatedExchange, id: string): void {
    this.asked.add(id);
    const job = this.jobs.get(id);
    if (!job) return playFixture(exchange.response, fixtures.not_found);
    sendJson(exchange, 200, { ...this.describe(id, 'processing'), ...this.toEnd(id, job) });
  }

  private toEnd(id: string, job: Job): object {
    const { order, fault } = job;
    if (job.canceledAt !== null) return ENDS.canceled;
    if (Date.now() < job.startedAt + this.jobMs) return {};
    if (order.isUnreadable) return { status: 'failed', error: 'cannot identify image file' };
    const end = ENDS[fault as keyof typeof ENDS];
    if (end) return end;
    const count = fault === 'more' ? order.count + 1 : order.count;
    const urls = Array.from({ length: count }, (_, at) => `${this.origin}/delivery/${id}/${at}`);
    return {
      status: 'succeeded',
      output: order.isList ? urls : urls[0],
      metrics: { predict_time: 1.2 },
    };
  }

  private cancel(exchange: SimulatedExchange, id: string): void {
    const job = this.jobs.get(id);
    if (!job) return playFixture(exchange.response, fixtures.not_found);
    if (Date.now() < job.startedAt + this.jobMs) job.canceledAt = Date.now();
    sendJson(exchange, 200, { ...this.describe(id, 'processing'), ...this.toEnd(id, job) });
  }

  private keep(exchange: SimulatedExchange): void {
    const file = exchange.body?.files.find(({ field }) => field === 'content');
    if (!file) return playFixture(exchange.response, fixtures.invalid);
    const id = randomUUID();
    const get = `${this.origin}/v1/files/${id}`;
    this.files.set(get, file.bytes);
    const facts = {
      id,
      name: file.name,
      content_type: file.mediaType,
      size: file.bytes.length,
      checksums: { sha256: createHash('sha256').update(file.bytes).digest('hex') },
      metadata: exchange.body?.fields.metadata ?? {},
      created_at: new Date().toISOString(),
      urls: { get },
    };
    this.fileFacts.set(id, facts);
    sendJson(exchange, CREATED, facts);
  }

  private handleFile(exchange: SimulatedExchange, id: string): void {
    const { request, response } = exchange;
    const facts = this.fileFacts.get(id);
    if (!facts) return playFixture(response, fixtures.not_found);
    if (request.method !== 'DELETE') return sendJson(exchange, 200, facts);
    this.fileFacts.delete(id);
    this.files.delete(`${this.origin}/v1/files/${id}`);
    response.writeHead(204).end();
  }

  private async deliver({ response, path, fault }: SimulatedExchange): Promise<void> {
    const [, , id = '', at = ''] = path.split('/');
    const job = this.jobs.get(id);
    if (!job) return void response.writeHead(404).end();
    const { subject, widthPx, heightPx, format } = job.order;
    const picture = await makePicture(`${subject}#${job.number}.${at}`, widthPx, heightPx, format);
    await sendBytes(response, { 'content-type': `image/${format}` }, picture, fault);
  }

  private describe(id: string, status: string): object {
    const url = `${this.baseUrl}/predictions/${id}`;
    const urls = { get: url, cancel: `${url}/cancel` };
    const nothing = { output: null, error: null, logs: '', data_removed: false };
    return { id, status, ...nothing, created_at: new Date().toISOString(), urls };
  }
}

function sendJson({ response }: SimulatedExchange, status: number, body: object): void {
  response.writeHead(status, JSON_TYPE).end(JSON.stringify(body));
}
