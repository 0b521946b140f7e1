import { randomUUID } from 'node:crypto';
import sharp from 'sharp';
import fixtures from './fixtures/fashn-image.json' with { type: 'json' };
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
/** How a prediction may end, by the fault of its request or by its seed; all with status 200. */
const ENDS = {
  moderation: { name: 'ContentModerationError', message: 'Prohibited content was detected' },
  pose: { name: 'PoseError', message: 'Unable to detect body pose in the model image' },
  image_load: { name: 'ImageLoadError', message: 'Error loading the model image' },
  pipeline: { name: 'PipelineError', message: 'An unexpected error occurred' },
} as const;
/** A try-on has no prompt to carry a marker: these seeds do. */
const FAULT_OF_SEED: Readonly<Record<number, string>> = { 666: 'moderation', 667: 'hang' };

/** A fixture's name; an end of a prediction; `none`: it ends with no picture; `echo_key`: an answer with the key. */
export type FashnFault = keyof typeof fixtures | keyof typeof ENDS | 'none' | 'echo_key';

export interface FashnSimulatorOptions extends VendorSimulatorOptions {
  /** How long each prediction takes. */
  jobMs?: number;
}

interface Prediction {
  inputs: Readonly<Record<string, unknown>>;
  size: { width: number; height: number };
  numbers: number[];
  fault: string | null;
  startedAt: number;
}

const KNOWN =
  'model_image garment_image category segmentation_free moderation_level garment_photo_type mode seed num_samples output_format return_base64';
const CATEGORIES = ['auto', 'tops', 'bottoms', 'one-pieces'];
const SAMPLES_MAX = 4;
const JSON_TYPE = { 'content-type': 'application/json' };

/** FASHN's v1 on a local port: predictions of up to four pictures, asked after by their ids. */
export class FashnSimulator extends VendorSimulator<FashnFault> {
  private readonly predictions = new Map<string, Prediction>();
  /** Changed by tests: how long each prediction takes from now on. */
  jobMs: number;

  private constructor(settings: FashnSimulatorOptions) {
    super(settings);
    this.jobMs = settings.jobMs ?? 0;
  }

  static start(options: FashnSimulatorOptions = {}): Promise<FashnSimulator> {
    return new FashnSimulator(options).listen();
  }

  get baseUrl(): string {
    return `${this.origin}/v1`;
  }

  /** Requests for pictures, which are what costs money. */
  get orders(): SimulatedCall[] {
    return this.calls.filter(({ method }) => method === 'POST');
  }

  protected promptOf(body: SimulatedBody | null): string {
    const inputs = body?.fields.inputs as { seed?: number } | undefined;
    const fault = FAULT_OF_SEED[inputs?.seed ?? 0];
    return fault ? `[sim:${fault}]` : '';
  }

  protected async answer(exchange: SimulatedExchange): Promise<void> {
    const { request, response, path, fault } = exchange;
    if (path.startsWith('/output/')) return this.deliver(exchange);
    const key = request.headers.authorization;
    const { apiKey = null } = this.options;
    const isKnown = apiKey === null || key === `Bearer ${apiKey}`;
    if (fault === 'echo_key') {
      return send(exchange, 401, { error: 'UnauthorizedAccess', message: `bad ${String(key)}` });
    }
    if (!isKnown) return playFixture(response, fixtures.bad_key);
    const fixture = fault === null ? undefined : FIXTURES[fault];
    if (fixture) return playFixture(response, fixture);
    if (request.method === 'GET' && path === '/v1/credits') {
      return send(exchange, 200, { credits: { total: 100, subscription: 0, on_demand: 100 } });
    }
    if (request.method === 'POST' && path === '/v1/run') return this.take(exchange);
    if (request.method === 'GET' && path.startsWith('/v1/status/')) return this.tell(exchange);
    playFixture(response, fixtures.not_found);
  }

  private async take(exchange: SimulatedExchange): Promise<void> {
    const { model_name: name, inputs } = exchange.body?.fields ?? {};
    const given = (inputs ?? {}) as Prediction['inputs'];
    const problem = name === 'tryon-v1.6' ? findProblem(given) : `unknown model ${String(name)}`;
    if (problem) return send(exchange, 400, { error: 'BadRequest', message: problem });
    const [size] = await Promise.all(
      ['model_image', 'garment_image'].map((field) => readSize(given[field])),
    );
    const isReadable = size && (await readSize(given.garment_image));
    const id = randomUUID();
    const count = Number(given.num_samples ?? 1);
    const numbers = Array.from({ length: count }, () => (this.picturesMade += 1));
    this.predictions.set(id, {
      inputs: given,
      size: size ?? { width: 1, height: 1 },
      numbers,
      fault: isReadable ? exchange.fault : 'image_load',
      startedAt: Date.now(),
    });
    const bytes = Buffer.from(JSON.stringify({ id, error: null }));
    await sendBytes(exchange.response, JSON_TYPE, bytes, exchange.fault);
  }

  private tell(exchange: SimulatedExchange): void {
    const id = exchange.path.replace('/v1/status/', '');
    const prediction = this.predictions.get(id);
    if (!prediction) return playFixture(exchange.response, fixtures.not_found);
    if (Date.now() < prediction.startedAt + this.jobMs) {
      return send(exchange, 200, { id, status: 'processing', output: null, error: null });
    }
    const end = ENDS[prediction.fault as keyof typeof ENDS];
    if (end) return send(exchange, 200, { id, status: 'failed', output: null, error: end });
    const format = toText(prediction.inputs.output_format, 'png');
    const made = prediction.fault === 'none' ? [] : prediction.numbers;
    const output = made.map((_one, at) => `${this.origin}/output/${id}_${at}.${format}`);
    send(exchange, 200, { id, status: 'completed', output, error: null });
  }

  private async deliver({ response, path, fault }: SimulatedExchange): Promise<void> {
    const [, id = '', at = '0'] = /^\/output\/([\w-]+)_(\d+)\./.exec(path) ?? [];
    const prediction = this.predictions.get(id);
    if (!prediction) return void response.writeHead(404).end();
    const { size, numbers, inputs } = prediction;
    const format = toText(inputs.output_format, 'png') as 'png' | 'jpeg';
    const subject = `try-on#${numbers[Number(at)]}`;
    const picture = await makePicture(subject, size.width, size.height, format);
    await sendBytes(response, { 'content-type': `image/${format}` }, picture, fault);
  }
}

function findProblem(inputs: Prediction['inputs']): string | null {
  const unknown = Object.keys(inputs).find((field) => !KNOWN.split(' ').includes(field));
  if (unknown) return `unknown input ${unknown}`;
  for (const field of ['model_image', 'garment_image']) {
    const value = toText(inputs[field], '');
    if (!/^data:image\/(png|jpeg|webp);base64,/.test(value)) return `${field} is no picture`;
  }
  const { category = 'auto', num_samples: samples = 1, output_format: format = 'png' } = inputs;
  if (!CATEGORIES.includes(String(category))) return 'unknown category';
  if (!Number.isInteger(samples) || Number(samples) < 1 || Number(samples) > SAMPLES_MAX) {
    return 'num_samples must be 1 to 4';
  }
  return format === 'png' || format === 'jpeg' ? null : 'unknown output_format';
}

async function readSize(value: unknown): Promise<{ width: number; height: number } | null> {
  const bytes = Buffer.from(toText(value, '').replace(/^[^,]*,/, ''), 'base64');
  const facts = await sharp(bytes)
    .metadata()
    .catch(() => null);
  return facts && { width: facts.width, height: facts.height };
}

function send({ response }: SimulatedExchange, status: number, body: object): void {
  response.writeHead(status, JSON_TYPE).end(JSON.stringify(body));
}
