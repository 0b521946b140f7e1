import { randomUUID } from 'node:crypto';
import { type BflFault, type BflOrder, hasModel, readBflOrder } from './bfl-image-rules.js';
import fixtures from './fixtures/bfl-image.json' with { type: 'json' };
import { toText } from './openai-image-rules.js';
import type { SimulatedBody } from './read-simulated-body.js';
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
/** How a job may end, by the fault of its request; all with status 200. */
const ENDS = {
  moderation: { status: 'Request Moderated', details: { 'Moderation Reasons': ['Violence'] } },
  content_moderation: { status: 'Content Moderated', details: { 'Moderation Reasons': ['X'] } },
  error: { status: 'Error', details: { error: 'worker lost' } },
  failed: { status: 'Failed', details: null },
  no_sample: { status: 'Ready', details: null },
} as const;

/** A fixture's name; an end of a job; `echo_key`: a refusal that repeats the credential; `lost`: a job nobody finds. */
export type BflFaultName = keyof typeof fixtures | keyof typeof ENDS | 'echo_key' | 'lost';

export interface BflSimulatorOptions extends VendorSimulatorOptions {
  /** How long each job takes. */
  jobMs?: number;
  /** How long a picture can be fetched; the vendor's ten minutes. */
  sampleMs?: number;
}

interface Job {
  order: BflOrder;
  subject: string;
  fault: string | null;
  startedAt: number;
}

const ACTIVE_MAX = 24;
const SAMPLE_MS = 600_000;
const CREDITS = 3;

/** Black Forest Labs' v1 on a local port: a job for each request, asked after at the address that the answer named. */
export class BflSimulator extends VendorSimulator<BflFaultName> {
  /** Jobs that were asked after since a test cleared it. */
  readonly asked = new Set<string>();
  private readonly jobs = new Map<string, Job>();
  /** Changed by tests: how long each job takes from now on. */
  jobMs: number;

  private constructor(private readonly settings: BflSimulatorOptions) {
    super(settings);
    this.jobMs = settings.jobMs ?? 0;
  }

  static start(options: BflSimulatorOptions = {}): Promise<BflSimulator> {
    return new BflSimulator(options).listen();
  }

  get baseUrl(): string {
    return this.origin;
  }

  /** Requests for pictures, which are what costs money. */
  get orders(): SimulatedCall[] {
    return this.calls.filter(({ method }) => method === 'POST');
  }

  protected promptOf(body: SimulatedBody | null): string {
    return toText(body?.fields.prompt, '');
  }

  protected async answer(exchange: SimulatedExchange): Promise<void> {
    const { request, response, path, fault } = exchange;
    if (path.startsWith('/delivery/')) return this.deliver(exchange);
    const key = request.headers['x-key'];
    const { apiKey = null } = this.options;
    if (fault === 'echo_key') return sendJson(exchange, 403, { detail: `bad key ${String(key)}` });
    if (apiKey !== null && key !== apiKey) return playFixture(response, fixtures.bad_key);
    const fixture = fault === null ? undefined : FIXTURES[fault];
    if (fixture) return playFixture(response, fixture);
    if (request.method === 'GET' && path === '/v1/get_result') return this.tell(exchange);
    const name = path.replace('/v1/', '');
    if (request.method === 'POST' && hasModel(name)) return this.take(exchange, name);
    playFixture(response, fixtures.not_found);
  }

  private async take(exchange: SimulatedExchange, name: string): Promise<void> {
    if (!exchange.body) return sendJson(exchange, 422, { detail: 'no JSON' });
    const order = await readBflOrder(name, exchange.body);
    if (!('prompt' in order)) return sendJson(exchange, 422, { detail: [toDetail(order)] });
    const active = [...this.jobs.values()].filter((job) => !this.hasEnded(job));
    if (active.length >= ACTIVE_MAX) return playFixture(exchange.response, fixtures.rate_limit);
    const id = randomUUID();
    const subject = `${order.prompt}#${(this.picturesMade += 1)}`;
    this.jobs.set(id, { order, subject, fault: exchange.fault, startedAt: Date.now() });
    const facts = {
      id,
      polling_url: `${this.origin}/v1/get_result?id=${id}`,
      cost: CREDITS,
      input_mp: order.inputs,
      output_mp: 1,
    };
    const bytes = Buffer.from(JSON.stringify(facts));
    await sendBytes(exchange.response, JSON_TYPE, bytes, exchange.fault);
  }

  private tell(exchange: SimulatedExchange): void {
    const id = new URL(exchange.request.url ?? '', this.origin).searchParams.get('id') ?? '';
    this.asked.add(id);
    const job = this.jobs.get(id);
    const nothing = { id, result: null, progress: null, details: null, preview: null };
    if (!job || job.fault === 'lost') {
      return sendJson(exchange, 404, { ...nothing, status: 'Task not found' });
    }
    if (!this.hasEnded(job)) return sendJson(exchange, 200, { ...nothing, status: 'Pending' });
    const end = ENDS[job.fault as keyof typeof ENDS];
    if (end) return sendJson(exchange, 200, { ...nothing, ...end });
    const { prompt, seed, format } = job.order;
    const sample = `${this.origin}/delivery/${id}.${format}`;
    const result = { sample, prompt: `${prompt}, in detail`, seed, duration: 1.5 };
    sendJson(exchange, 200, { ...nothing, status: 'Ready', result });
  }

  private async deliver({ response, path, fault }: SimulatedExchange): Promise<void> {
    const job = this.jobs.get(path.replace(/^\/delivery\/|\.\w+$/g, ''));
    const { sampleMs = SAMPLE_MS } = this.settings;
    if (!job || Date.now() > job.startedAt + this.jobMs + sampleMs) {
      return void response.writeHead(403, { 'content-type': 'application/xml' }).end('<Error/>');
    }
    const { widthPx, heightPx, format } = job.order;
    const picture = await makePicture(job.subject, widthPx, heightPx, format);
    await sendBytes(response, { 'content-type': `image/${format}` }, picture, fault);
  }

  private hasEnded({ startedAt }: Job): boolean {
    return Date.now() >= startedAt + this.jobMs;
  }
}

const JSON_TYPE = { 'content-type': 'application/json' };

function sendJson({ response }: SimulatedExchange, status: number, body: object): void {
  response.writeHead(status, JSON_TYPE).end(JSON.stringify(body));
}

function toDetail({ field, message }: BflFault): object {
  return { loc: ['body', field], msg: message, type: 'value_error' };
}
