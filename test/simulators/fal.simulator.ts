import { randomUUID } from 'node:crypto';
import { type FalFault, type FalOrder, hasApp, readFalInput } from './fal-image-rules.js';
import fixtures from './fixtures/fal-image.json' with { type: 'json' };
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
/** How a result may fail, by the fault of its request: the queue calls all of these completed. */
const FAILURES: Readonly<Record<string, { status: number; type: string; final?: boolean }>> = {
  moderation: { status: 422, type: 'content_policy_violation' },
  too_small: { status: 422, type: 'image_too_small' },
  failed: { status: 500, type: 'internal_server_error' },
  failed_for_good: { status: 500, type: 'internal_server_error', final: true },
  timed_out: { status: 504, type: 'generation_timeout' },
  downstream: { status: 400, type: 'downstream_service_error' },
};
/** What the status says of a request that the platform has given up. */
const GIVEN_UP: Readonly<Record<string, object>> = {
  runner_lost: { error: 'Runner disconnected', error_type: 'runner_disconnected' },
  untyped: { error: 'something went wrong' },
};

/**
 * A fixture's name, a failure of the result, or: `nsfw`: all pictures are black and marked, `nsfw_one`: the first;
 * `no_images`; `more`: too many; `gone`: nobody finds the request; `echo_key`: a refusal that repeats the credential.
 */
export type FalFaultName =
  | keyof typeof fixtures
  | 'moderation'
  | 'too_small'
  | 'failed'
  | 'failed_for_good'
  | 'timed_out'
  | 'downstream'
  | 'runner_lost'
  | 'untyped'
  | 'nsfw'
  | 'nsfw_one'
  | 'no_images'
  | 'more'
  | 'gone'
  | 'echo_key';

export interface FalSimulatorOptions extends VendorSimulatorOptions {
  /** How long each request takes. */
  jobMs?: number;
}

interface Job {
  order: FalOrder | FalFault;
  fault: string | null;
  startedAt: number;
  canceledAt: number | null;
  number: number;
}

const JSON_TYPE = { 'content-type': 'application/json' };

/** fal's queue on a local port, with the storage that pictures go into; each request is at `requests/{id}` of its app. */
export class FalSimulator extends VendorSimulator<FalFaultName> {
  /** Requests that were asked after since a test cleared it. */
  readonly asked = new Set<string>();
  /** Changed by tests: how long each request takes from now on. */
  jobMs: number;
  private readonly jobs = new Map<string, Job>();
  private readonly files = new Map<string, Buffer>();

  private constructor(options: FalSimulatorOptions) {
    super(options);
    this.jobMs = options.jobMs ?? 0;
  }

  static start(options: FalSimulatorOptions = {}): Promise<FalSimulator> {
    return new FalSimulator(options).listen();
  }

  get baseUrl(): string {
    return this.origin;
  }

  /** Requests for pictures, which are what costs money. */
  get orders(): SimulatedCall[] {
    return this.calls.filter(
      ({ method, path }) => method === 'POST' && !path.startsWith('/storage/'),
    );
  }

  protected promptOf(body: SimulatedBody | null): string {
    return toText(body?.fields.prompt, '');
  }

  protected async answer(exchange: SimulatedExchange): Promise<void> {
    const { request, response, path, fault } = exchange;
    if (path.startsWith('/delivery/')) return this.deliver(exchange);
    const fixture = fault === null ? undefined : FIXTURES[fault];
    if (path.startsWith('/storage/put/')) {
      return fixture ? playFixture(response, fixture) : this.keep(exchange);
    }
    const key = request.headers.authorization;
    const { apiKey = null } = this.options;
    if (fault === 'echo_key') return sendJson(exchange, 401, { detail: `bad key ${String(key)}` });
    if (apiKey !== null && key !== `Key ${apiKey}`) return playFixture(response, fixtures.bad_key);
    if (fixture) return playFixture(response, fixture);
    if (path === '/storage/upload/initiate') return this.openUpload(exchange);
    const [, id, verb = ''] = /^\/[\w-]+\/[\w-]+\/requests\/([\w-]+)(?:\/(\w+))?$/.exec(path) ?? [];
    const app = path.slice(1);
    if (request.method === 'POST' && hasApp(app)) return this.take(exchange, app);
    const job = id === undefined ? undefined : this.jobs.get(id);
    if (id !== undefined) this.asked.add(id);
    if (!job || id === undefined || job.fault === 'gone') {
      return sendJson(exchange, 404, { detail: 'Request not found' });
    }
    response.setHeader('x-fal-request-id', id);
    const route = `${request.method} ${verb}`;
    if (route === 'GET status') return this.tell(exchange, id, job);
    if (route === 'PUT cancel') return this.cancel(exchange, job);
    if (route === 'GET ') return this.show(exchange, id, job);
    playFixture(response, fixtures.not_found);
  }

  /** The queue takes anything: a model reads its input when it runs. */
  private async take(exchange: SimulatedExchange, app: string): Promise<void> {
    if (!exchange.body) return sendJson(exchange, 422, { detail: 'Invalid JSON' });
    const order = await readFalInput(app, exchange.body.fields, this.files);
    const id = randomUUID();
    const { fault } = exchange;
    const facts = { order, fault, startedAt: Date.now(), canceledAt: null };
    this.jobs.set(id, { ...facts, number: (this.picturesMade += 1) });
    // What follows the app's owner and name is not in the addresses.
    const url = `${this.origin}/${app.split('/').slice(0, 2).join('/')}/requests/${id}`;
    const urls = { response_url: url, status_url: `${url}/status`, cancel_url: `${url}/cancel` };
    const answer = { request_id: id, ...urls, status: 'IN_QUEUE', queue_position: 0 };
    const bytes = Buffer.from(JSON.stringify(answer));
    const headers = { ...JSON_TYPE, 'x-fal-request-id': id };
    await sendBytes(exchange.response, headers, bytes, fault);
  }

  private tell(exchange: SimulatedExchange, id: string, job: Job): void {
    const { fault, canceledAt } = job;
    if (canceledAt !== null) {
      const error = { error: 'Request was cancelled', error_type: 'client_cancelled' };
      return sendJson(exchange, 200, { status: 'COMPLETED', request_id: id, ...error });
    }
    if (!this.hasEnded(job)) {
      const isBegun = Date.now() > job.startedAt + this.jobMs / 2;
      const status = isBegun
        ? { status: 'IN_PROGRESS' }
        : { status: 'IN_QUEUE', queue_position: 1 };
      return sendJson(exchange, 202, { ...status, request_id: id });
    }
    const facts = { status: 'COMPLETED', request_id: id, metrics: { inference_time: 1.2 } };
    sendJson(exchange, 200, { ...facts, ...GIVEN_UP[fault ?? ''] });
  }

  private show(exchange: SimulatedExchange, id: string, { order, ...job }: Job): void {
    const { response } = exchange;
    if (!this.hasEnded(job)) {
      return sendJson(exchange, 400, { detail: 'Request is still in progress' });
    }
    if (job.fault !== null && Object.hasOwn(GIVEN_UP, job.fault)) {
      return void response.writeHead(500).end('Internal Server Error');
    }
    if (!('subject' in order)) return sendJson(exchange, 422, { detail: [order] });
    const failure = FAILURES[job.fault ?? ''];
    if (failure) {
      const { status, type, final = false } = failure;
      const detail = [{ loc: ['body', 'prompt'], msg: `the model said ${type}`, type }];
      const headers = { ...JSON_TYPE, ...(final && { 'x-fal-retryable': 'false' }) };
      return void response.writeHead(status, headers).end(JSON.stringify({ detail }));
    }
    const images = this.listImages(id, order, job.fault);
    const { seed, subject, isSingle } = order;
    if (isSingle) return sendJson(exchange, 200, { image: images[0] ?? null });
    const marks = images.map((_, at) => job.fault === 'nsfw' || (job.fault === 'nsfw_one' && !at));
    const facts = { timings: {}, seed, prompt: `${subject}, in detail`, has_nsfw_concepts: marks };
    sendJson(exchange, 200, { images, ...facts });
  }

  private listImages(id: string, order: FalOrder, fault: string | null): object[] {
    if (fault === 'no_images') return [];
    const { size, format, count } = order;
    return Array.from({ length: count + (fault === 'more' ? 1 : 0) }, (_, at) => ({
      url: `${this.origin}/delivery/${id}/${at}`,
      ...size,
      content_type: `image/${format}`,
    }));
  }

  private cancel(exchange: SimulatedExchange, job: Job): void {
    if (this.hasEnded(job)) return sendJson(exchange, 400, { status: 'ALREADY_COMPLETED' });
    job.canceledAt = Date.now();
    sendJson(exchange, 202, { status: 'CANCELLATION_REQUESTED' });
  }

  private openUpload(exchange: SimulatedExchange): void {
    const { content_type: type, file_name: name } = exchange.body?.fields ?? {};
    if (typeof type !== 'string' || typeof name !== 'string') {
      return playFixture(exchange.response, fixtures.invalid);
    }
    const id = randomUUID();
    const file = `${this.origin}/storage/file/${id}`;
    sendJson(exchange, 200, {
      upload_url: `${this.origin}/storage/put/${id}`,
      file_url: file,
    });
  }

  /** As the store does: no other credential than the address, and a length. */
  private keep({ request, response, path, body }: SimulatedExchange): void {
    const { authorization, 'content-length': length } = request.headers;
    const [file] = body?.files ?? [];
    if (length === undefined) return void response.writeHead(411).end('<Error/>');
    if (authorization !== undefined || request.method !== 'PUT' || !file) {
      return playFixture(response, fixtures.store_refusal);
    }
    this.files.set(`${this.origin}${path.replace('/put/', '/file/')}`, file.bytes);
    response.writeHead(200, JSON_TYPE).end('{}');
  }

  private async deliver({ response, path, fault }: SimulatedExchange): Promise<void> {
    const [, , id = '', at = ''] = path.split('/');
    const job = this.jobs.get(id);
    if (!job || !('subject' in job.order)) return void response.writeHead(404).end();
    const { subject, size, format } = job.order;
    const seed = `${subject}#${job.number}.${at}`;
    const picture = await makePicture(seed, size.width, size.height, format);
    await sendBytes(response, { 'content-type': `image/${format}` }, picture, fault);
  }

  private hasEnded({ startedAt, canceledAt }: Omit<Job, 'order'>): boolean {
    return canceledAt !== null || Date.now() >= startedAt + this.jobMs;
  }
}

function sendJson({ response }: SimulatedExchange, status: number, body: object): void {
  response.writeHead(status, JSON_TYPE).end(JSON.stringify(body));
}
