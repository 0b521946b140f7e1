import fixtures from './fixtures/stability-image.json' with { type: 'json' };
import { toText } from './openai-image-rules.js';
import type { SimulatedBody } from './read-simulated-body.js';
import { makePicture } from './simulator-picture.js';
import { hasEndpoint, readStabilityForm, type StabilityOrder } from './stability-image-rules.js';
import {
  type Fixture,
  playFixture,
  sendBytes,
  type SimulatedExchange,
  VendorSimulator,
  type VendorSimulatorOptions,
} from './vendor-simulator.js';

const FIXTURES: Readonly<Record<string, Fixture>> = fixtures;

/** A fixture's name; `filtered`: a success whose picture is blurred; `echo_key`: a refusal that repeats the credential. */
export type StabilityFault = keyof typeof fixtures | 'filtered' | 'echo_key';

const PREFIX = '/v2beta/stable-image/';
const REQUEST_ID = 'req-sim-0001';
const ACCEPTED = ['image/*', 'application/json'];
const BODY_BYTES_MAX = 10_485_760;

/** Stability's v2beta on a local port: forms only, the picture itself as the answer, a name for every error. */
export class StabilitySimulator extends VendorSimulator<StabilityFault> {
  static start(options: VendorSimulatorOptions = {}): Promise<StabilitySimulator> {
    return new StabilitySimulator(options).listen();
  }

  get baseUrl(): string {
    return this.origin;
  }

  protected promptOf(body: SimulatedBody | null): string {
    return toText(body?.fields.prompt, '');
  }

  protected async answer({ request, response, path, body, fault }: SimulatedExchange) {
    const { authorization, accept = 'image/*' } = request.headers;
    const { apiKey = null } = this.options;
    if (fault === 'echo_key') return playFixture(response, toError('unauthorized', authorization));
    if (apiKey !== null && authorization !== `Bearer ${apiKey}`) {
      return playFixture(response, fixtures.bad_key);
    }
    const fixture = fault === null ? undefined : FIXTURES[fault];
    if (fixture) return playFixture(response, fixture);
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
    const facts = { image: picture.toString('base64'), finish_reason: finish, seed: order.seed };
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
