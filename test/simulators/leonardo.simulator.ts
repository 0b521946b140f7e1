import { randomUUID } from 'node:crypto';
import fixtures from './fixtures/leonardo-image.json' with { type: 'json' };
import {
  type LeonardoOrder,
  readGeneration,
  readPartnerGeneration,
  readUpscale,
} from './leonardo-image-rules.js';
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

/**
 * A fixture's name, or an end of a generation: `failed`; `gone`: nobody finds it; `nsfw`: all pictures are marked,
 * `nsfw_one`: the first; `no_images`; `more`: too many. `echo_key`: a refusal that repeats the credential.
 */
export type LeonardoFaultName =
  | keyof typeof fixtures
  | 'failed'
  | 'gone'
  | 'nsfw'
  | 'nsfw_one'
  | 'no_images'
  | 'more'
  | 'echo_key';

export interface LeonardoSimulatorOptions extends VendorSimulatorOptions {
  /** How long each generation takes. */
  jobMs?: number;
  /** How often each has to be asked after before it has ended. */
  questions?: number;
}

interface Job {
  order: LeonardoOrder;
  fault: string | null;
  startedAt: number;
  number: number;
  questions: number;
}

const CREDITS_PER_PICTURE = 7;
const UUID_FORM = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const JSON_TYPE = { 'content-type': 'application/json' };
const POLICY = 'a policy that the store has signed';

/** Leonardo's REST API on a local port: generations of both kinds, upscaling, and the store that pictures go into. */
export class LeonardoSimulator extends VendorSimulator<LeonardoFaultName> {
  /** Generations that were asked after since a test cleared it. */
  readonly asked = new Set<string>();
  /** Changed by tests: how long each generation takes from now on. */
  jobMs: number;
  /** Changed by tests: what an order is said to cost; null = credits. */
  cost: object | null = null;
  private readonly jobs = new Map<string, Job>();
  private readonly images = new Map<string, Buffer>();

  private constructor(private readonly settings: LeonardoSimulatorOptions) {
    super(settings);
    this.jobMs = settings.jobMs ?? 0;
  }

  static start(options: LeonardoSimulatorOptions = {}): Promise<LeonardoSimulator> {
    return new LeonardoSimulator(options).listen();
  }

  get baseUrl(): string {
    return `${this.origin}/api/rest/v1`;
  }

  /** Requests for pictures, which are what costs money. */
  get orders(): SimulatedCall[] {
    return this.calls.filter(
      ({ method, path }) => method === 'POST' && /\/(generations|universal-upscaler)$/.test(path),
    );
  }

  protected promptOf(body: SimulatedBody | null): string {
    const parameters = body?.fields.parameters as { prompt?: unknown } | undefined;
    return toText(body?.fields.prompt ?? parameters?.prompt, '');
  }

  protected async answer(exchange: SimulatedExchange): Promise<void> {
    const { request, response, path, fault } = exchange;
    if (path.startsWith('/delivery/')) return this.deliver(exchange);
    const fixture = fault === null ? undefined : FIXTURES[fault];
    if (path === '/uploads/') {
      return fixture ? playFixture(response, fixture) : this.keep(exchange);
    }
    const key = request.headers.authorization?.replace('Bearer ', '') ?? '';
    if (fault === 'echo_key') return sendJson(exchange, 401, toError(`bad token ${key}`));
    const { apiKey = null } = this.options;
    if (apiKey !== null && key !== apiKey) {
      return playFixture(response, UUID_FORM.test(key) ? fixtures.bad_key : fixtures.bad_key_form);
    }
    if (fixture) return playFixture(response, fixture);
    const [, version, place = ''] = /^\/api\/rest\/(v[12])\/(.+)$/.exec(path) ?? [];
    await this.route(exchange, `${request.method} ${version} ${place}`);
  }

  private async route(exchange: SimulatedExchange, route: string): Promise<void> {
    const fields = exchange.body?.fields ?? {};
    switch (route) {
      case 'POST v1 generations':
        return this.take(exchange, 'sdGenerationJob', await readGeneration(fields, this.images));
      case 'POST v2 generations':
        return this.take(exchange, 'generate', await readPartnerGeneration(fields, this.images));
      case 'POST v1 variations/universal-upscaler':
        return this.take(exchange, 'universalUpscaler', await readUpscale(fields, this.images));
      case 'POST v1 init-image':
        return this.openUpload(exchange, toText(fields.extension, ''));
    }
    const [, method, kind, id = ''] =
      /^(GET|DELETE) v1 (generations|variations)\/([\w-]+)$/.exec(route) ?? [];
    if (method === 'DELETE' && kind === 'generations') return this.remove(exchange, id);
    if (method === 'GET') return this.tell(exchange, kind ?? '', id);
    playFixture(exchange.response, fixtures.not_found);
  }

  private async take(
    exchange: SimulatedExchange,
    name: 'sdGenerationJob' | 'generate' | 'universalUpscaler',
    order: Awaited<ReturnType<typeof readGeneration>>,
  ): Promise<void> {
    if (!('subject' in order)) {
      if (name !== 'generate') return sendJson(exchange, 400, order);
      const details = { message: 'Validation failed', errors: [{ message: order.error }] };
      const refusal = { message: 'Bad request', extensions: { code: 'BAD_REQUEST', details } };
      return sendJson(exchange, 200, [refusal]);
    }
    const id = randomUUID();
    const { fault } = exchange;
    const number = (this.picturesMade += 1);
    this.jobs.set(id, { order, fault, startedAt: Date.now(), number, questions: 0 });
    const credits = { apiCreditCost: CREDITS_PER_PICTURE * order.count, cost: null };
    const facts = {
      [name === 'universalUpscaler' ? 'id' : 'generationId']: id,
      ...(this.cost ?? credits),
    };
    const bytes = Buffer.from(JSON.stringify({ [name]: facts }));
    await sendBytes(exchange.response, JSON_TYPE, bytes, fault);
  }

  private tell(exchange: SimulatedExchange, kind: string, id: string): void {
    this.asked.add(id);
    const job = this.jobs.get(id);
    if (job) job.questions += 1;
    const isKnown = job && job.fault !== 'gone';
    if (kind === 'variations') {
      const images = isKnown ? this.listImages(id, job) : [];
      const status = images.length > 0 ? 'COMPLETE' : 'PENDING';
      const facts = { id, status, url: null, transformType: 'UPSCALE' };
      const list = isKnown ? [{ ...facts, ...images[0], status }] : [];
      return sendJson(exchange, 200, { generated_image_variation_generic: list });
    }
    if (!isKnown) return sendJson(exchange, 200, { generations_by_pk: null });
    const images = this.listImages(id, job);
    const isOver = this.hasEnded(job);
    const status = isOver ? (job.fault === 'failed' ? 'FAILED' : 'COMPLETE') : 'PENDING';
    const { seed, subject, widthPx, heightPx } = job.order;
    const facts = { id, status, prompt: subject, seed, imageWidth: widthPx, imageHeight: heightPx };
    sendJson(exchange, 200, { generations_by_pk: { ...facts, generated_images: images } });
  }

  private listImages(id: string, job: Job): object[] {
    const { order, fault } = job;
    if (!this.hasEnded(job) || fault === 'failed' || fault === 'no_images') return [];
    return Array.from({ length: order.count + (fault === 'more' ? 1 : 0) }, (_, at) => ({
      id: randomUUID(),
      url: `${this.origin}/delivery/${id}/${at}`,
      nsfw: fault === 'nsfw' || (fault === 'nsfw_one' && at === 0),
      likeCount: 0,
      generated_image_variation_generics: [],
    }));
  }

  private hasEnded({ startedAt, questions }: Job): boolean {
    return Date.now() >= startedAt + this.jobMs && questions > (this.settings.questions ?? 0);
  }

  private remove(exchange: SimulatedExchange, id: string): void {
    const isKnown = this.jobs.delete(id);
    sendJson(exchange, 200, { delete_generations_by_pk: isKnown ? { id } : null });
  }

  private openUpload(exchange: SimulatedExchange, extension: string): void {
    if (!['png', 'jpg', 'jpeg', 'webp'].includes(extension)) {
      return sendJson(exchange, 400, toError('invalid file extension'));
    }
    const id = randomUUID();
    const fields = { 'Content-Type': `image/${extension}`, bucket: 'uploads', key: id };
    const signed = { ...fields, Policy: POLICY, 'X-Amz-Signature': 'signed' };
    const upload = { id, fields: JSON.stringify(signed), key: id, url: `${this.origin}/uploads/` };
    sendJson(exchange, 200, { uploadInitImage: upload });
  }

  /** As the store does: no other credential than its own, a length, and the file. */
  private keep({ request, response, body }: SimulatedExchange): void {
    const { authorization, 'content-length': length } = request.headers;
    if (length === undefined) return void response.writeHead(411).end('<Error/>');
    const file = body?.files.find(({ field }) => field === 'file');
    if (authorization !== undefined || body?.fields.Policy !== POLICY || !file) {
      return playFixture(response, fixtures.store_refusal);
    }
    this.images.set(toText(body.fields.key, ''), file.bytes);
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
}

function sendJson({ response }: SimulatedExchange, status: number, body: object): void {
  response.writeHead(status, JSON_TYPE).end(JSON.stringify(body));
}

function toError(error: string): object {
  return { error, path: '$', code: 'unexpected' };
}
