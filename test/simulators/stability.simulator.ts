import { randomBytes } from 'node:crypto';
import fixtures from './fixtures/stability-image.json' with { type: 'json' };
import { toText } from './openai-image-rules.js';
import type { SimulatedBody } from './read-simulated-body.js';
import { makePicture } from './simulator-picture.js';
import type { SimulatedCall } from './simulated-call.js';
import {
  hasEndpoint,
  isLater,
  readStabilityForm,
  type StabilityOrder,
} from './stability-image-rules.js';
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
 * A fixture's name; `filtered`: a success whose picture is blurred; `echo_key`: a refusal that repeats the credential;
 * `lost`: a job that nobody finds; `cut_result`: one whose picture breaks off the first time.
 */
export type StabilityFault =
  keyof typeof fixtures | 'filtered' | 'echo_key' | 'lost' | 'cut_result';

interface Job {
  order: StabilityOrder;
  fault: string | null;
  /** Who may ask after it. */
  owner: string | undefined;
  /** Questions that are still answered with "not yet". */
  pending: number;
}

const PREFIX = '/v2beta/stable-image/';
const RESULTS = '/v2beta/results/';
const JOB_ID_BYTES = 32;
const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' };
/** What a question may ask for, beside what a request may. */
const ANY = '*/*';
const REQUEST_ID = 'req-sim-0001';
const ACCEPTED = ['image/*', 'application/json'];
const BODY_BYTES_MAX = 10_485_760;

/** Stability's v2beta on a local port: forms only, the picture itself as the answer, a name for every error. */
export class StabilitySimulator extends VendorSimulator<StabilityFault> {
  /** Changed by tests: how often each further job answers that it has not ended. */
  pendingAnswers = 2;
  private readonly jobs = new Map<string, Job>();

  static start(options: VendorSimulatorOptions = {}): Promise<StabilitySimulator> {
    return new StabilitySimulator(options).listen();
  }

  get baseUrl(): string {
    return this.origin;
  }

  /** Requests for pictures, which are what costs money. */
  get orders(): SimulatedCall[] {
    return this.calls.filter(({ method }) => method === 'POST');
  }

  protected promptOf(body: SimulatedBody | null): string {
    return toText(body?.fields.prompt ?? body?.fields.background_prompt, '');
  }

  protected async answer(exchange: SimulatedExchange): Promise<void> {
    const { request, response, path, body, fault } = exchange;
    const { authorization, accept = 'image/*' } = request.headers;
    const { apiKey = null } = this.options;
    if (fault === 'echo_key') return playFixture(response, toError('unauthorized', authorization));
    if (apiKey !== null && authorization !== `Bearer ${apiKey}`) {
      return playFixture(response, fixtures.bad_key);
    }
    const fixture = fault === null ? undefined : FIXTURES[fault];
    if (fixture) return playFixture(response, fixture);
    if (request.method === 'GET' && path.startsWith(RESULTS)) return this.tell(exchange, accept);
    const name = path.startsWith(PREFIX) ? path.slice(PREFIX.length) : '';
    if (!hasEndpoint(name) || request.method !== 'POST') {
      return playFixture(response, fixtures.not_found);
    }
    if (!request.headers['content-type']?.startsWith('multipart/form-data') || !body) {
      return playFixture(response, toError('bad_request', 'content-type: must be a form'));
    }
    if (!ACCEPTED.includes(accept)) {
      return playFixture(response, toError('bad_request', 'accept: must be image/*'));
    }
    if (body.files.reduce((sum, { bytes }) => sum + bytes.length, 0) > BODY_BYTES_MAX) {
      return playFixture(response, fixtures.too_large);
    }
    const order = await readStabilityForm(name, body);
    if (typeof order === 'string') return playFixture(response, toError('bad_request', order));
    if (isLater(name)) return this.take(exchange, order);
    await this.sendPicture(exchange, order, { accept, fault, key: 'image' });
  }

  /** Later jobs are told apart by id and by who ordered them. */
  private async take({ request, response, fault }: SimulatedExchange, order: StabilityOrder) {
    const id = randomBytes(JOB_ID_BYTES).toString('hex');
    const owner = request.headers.authorization;
    this.jobs.set(id, { order, fault, owner, pending: this.pendingAnswers });
    await sendBytes(response, JSON_TYPE, Buffer.from(JSON.stringify({ id })), fault);
  }

  private async tell(exchange: SimulatedExchange, accept: string): Promise<void> {
    const { request, response, path } = exchange;
    if (accept !== ANY && !ACCEPTED.includes(accept)) {
      return playFixture(response, toError('bad_request', 'accept: must be image/*'));
    }
    const id = path.slice(RESULTS.length);
    const job = this.jobs.get(id);
    if (!job || job.fault === 'lost' || job.owner !== request.headers.authorization) {
      return playFixture(response, fixtures.result_not_found);
    }
    if (job.pending > 0) {
      job.pending -= 1;
      const body = { id, status: 'in-progress' };
      return void response.writeHead(202, JSON_TYPE).end(JSON.stringify(body));
    }
    const fault = job.fault === 'cut_result' ? 'cut_body' : (exchange.fault ?? job.fault);
    if (job.fault === 'cut_result') job.fault = null;
    const kind = accept === ANY ? 'image/*' : accept;
    await this.sendPicture(exchange, job.order, { accept: kind, fault, key: 'result' });
  }

  private async sendPicture(
    { response }: SimulatedExchange,
    order: StabilityOrder,
    { accept, fault, key }: { accept: string; fault: string | null; key: string },
  ): Promise<void> {
    const finish = fault === 'filtered' ? 'CONTENT_FILTERED' : 'SUCCESS';
    const picture = await this.draw(order);
    if (accept === 'image/*') {
      const headers = {
        'finish-reason': finish,
        seed: String(order.seed),
        'x-request-id': REQUEST_ID,
      };
      const type = { 'content-type': `image/${order.format}` };
      return sendBytes(response, { ...type, ...headers }, picture, fault);
    }
    const facts = { [key]: picture.toString('base64'), finish_reason: finish, seed: order.seed };
    const headers = { 'content-type': `application/json; type=image/${order.format}` };
    await sendBytes(response, headers, Buffer.from(JSON.stringify(facts)), fault);
  }

  private draw({ prompt, widthPx, heightPx, format }: StabilityOrder): Promise<Buffer> {
    return makePicture(`${prompt}#${(this.picturesMade += 1)}`, widthPx, heightPx, format);
  }
}

function toError(name: string, text: string | undefined): Fixture {
  return {
    status: name === 'unauthorized' ? 401 : 400,
    headers: { 'content-type': 'application/json; charset=utf-8', 'x-request-id': REQUEST_ID },
    body: { id: REQUEST_ID, name, errors: [text] },
  };
}
