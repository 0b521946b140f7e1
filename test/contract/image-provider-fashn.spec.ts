// Proves that fashn keeps the contract of image providers, and what it sends and makes of every answer, refusal, fault
// and lie, against the simulator and its fixtures.
import sharp from 'sharp';
import { Agent } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SystemClock } from '../../src/common/clock.js';
import { FashnProvider } from '../../src/providers/fashn/fashn.provider.js';
import { ModelCatalogService } from '../../src/providers/model-catalog.service.js';
import {
  PROVIDER_DISPATCHER_OPTIONS,
  ProviderHttp,
} from '../../src/providers/shared/provider-http.js';
import type { ImageCall, InputImage } from '../../src/providers/spec/image-call.js';
import { type FashnFault, FashnSimulator } from '../simulators/fashn.simulator.js';
import type { ConnectionFault } from '../simulators/vendor-simulator.js';
import { createImageCall, createInputImage } from './image-call.factory.js';
import { describeImageProvider, fail, finish } from './image-provider.contract.js';

const KEY = 'fashn-simulated-key-0123456789';
const MODEL = 'tryon-v1.6';

let person: InputImage;
let garment: InputImage;
beforeAll(async () => {
  person = await createInputImage({ role: 'person' });
  garment = await createInputImage({ role: 'garment', color: '#cc3333', widthPx: 40 });
});

describeImageProvider('fashn', true, async () => {
  const simulator = await FashnSimulator.start({ apiKey: KEY, jobMs: 25 });
  const http = new ProviderHttp(new Agent(PROVIDER_DISPATCHER_OPTIONS));
  return {
    provider: new FashnProvider(new ModelCatalogService(), http, new SystemClock()),
    base: {
      model: MODEL,
      operation: 'try_on',
      prompt: '',
      inputImages: [person, garment],
      credential: { baseUrl: simulator.baseUrl, apiKey: KEY },
    },
    size: { widthPx: null, heightPx: null },
    madeSize: { width: 96, height: 64 },
    slow: { seed: 667 },
    unsupported: { overrides: { steps: 30 }, field: 'steps' },
    refused: { seed: 666 },
    formats: ['png', 'jpeg'],
    hasTransparency: false,
    operations: { try_on: {} },
    toGiven: (image) => ({ inputImages: [image, garment] }),
    stop: async () => {
      await http.onApplicationShutdown();
      await simulator.stop();
    },
  };
});

let simulator: FashnSimulator;
let http: ProviderHttp;
let provider: FashnProvider;

beforeAll(async () => {
  simulator = await FashnSimulator.start({ apiKey: KEY });
  http = new ProviderHttp(new Agent(PROVIDER_DISPATCHER_OPTIONS));
  provider = new FashnProvider(new ModelCatalogService(), http, new SystemClock());
});
afterAll(async () => {
  await http.onApplicationShutdown();
  await simulator.stop();
});
beforeEach(() => {
  simulator.reset();
  simulator.jobMs = 0;
});

const prepare = (overrides: Partial<ImageCall> = {}) =>
  createImageCall({
    model: MODEL,
    operation: 'try_on',
    prompt: '',
    inputImages: [person, garment],
    credential: { baseUrl: simulator.baseUrl, apiKey: KEY },
    ...overrides,
  });

async function run(overrides: Partial<ImageCall> = {}) {
  const { call, received } = prepare(overrides);
  return { result: await finish(provider, call), received };
}

describe('requests', () => {
  it('are one for all pictures, with what was asked and nothing else', async () => {
    const worn = { ...garment, category: 'dress' as const };
    const providerOptions = { mode: 'quality', segmentation_free: true };
    await run({
      inputImages: [worn, person],
      n: 3,
      seed: 7,
      outputFormat: 'jpeg',
      providerOptions,
    });
    const [order, question] = simulator.calls;
    expect(order).toMatchObject({
      method: 'POST',
      path: '/v1/run',
      headers: { authorization: `Bearer ${KEY}` },
    });
    const {
      model_image: model,
      garment_image: dress,
      ...inputs
    } = (order?.fields.inputs ?? {}) as Record<string, string>;
    expect(order?.fields.model_name).toBe(MODEL);
    expect(inputs).toEqual({
      category: 'one-pieces',
      mode: 'quality',
      segmentation_free: true,
      seed: 7,
      num_samples: 3,
      output_format: 'jpeg',
    });
    const toWidth = async (text = '') =>
      (await sharp(Buffer.from(text.replace(/^[^,]*,/, ''), 'base64')).metadata()).width;
    expect([await toWidth(model), await toWidth(dress)]).toEqual([96, 40]);
    expect(question).toMatchObject({ method: 'GET', headers: { authorization: `Bearer ${KEY}` } });
  });

  it.each([
    ['upper_body', 'tops'],
    ['lower_body', 'bottoms'],
    ['full_body', 'one-pieces'],
    ['auto', 'auto'],
    [null, undefined],
  ] as const)('call %s %s', async (category, expected) => {
    await run({ inputImages: [person, { ...garment, category }] });
    const inputs = simulator.orders[0]?.fields.inputs as { category?: string };
    expect(inputs.category).toBe(expected);
  });

  it('are of a person and a garment alone, and say what has no effect', async () => {
    const { result } = await run({ prompt: 'in the rain', widthPx: 864, heightPx: 1296 });
    expect(result.warnings.map(({ field }) => field)).toEqual(['prompt', 'size']);
    const wrong = [
      [{ operation: 'edit' as const }, 'routing.capability_missing'],
      [{ inputImages: [person] }, 'request.invalid'],
      [{ providerOptions: { prompt: 'x' } }, 'request.invalid'],
    ] as const;
    for (const [overrides, code] of wrong) {
      await expect(provider.submit(prepare(overrides).call)).rejects.toMatchObject({ code });
    }
    expect(simulator.orders).toHaveLength(1);
  });
});

describe('answers to a request', () => {
  it.each<[FashnFault | ConnectionFault, object]>([
    ['bad_request', { kind: 'invalid_request', status: 400 }],
    ['bad_key', { kind: 'unauthorized', canFailOver: true, isRetryable: false }],
    ['not_found', { kind: 'invalid_request', reason: 'not_found', canFailOver: true }],
    ['rate_limit', { kind: 'rate_limited', retryAfterS: 7, isRetryable: true }],
    ['concurrency', { kind: 'rate_limited', reason: 'concurrency_limit_exceeded' }],
    ['no_credits', { kind: 'quota_exhausted', isRetryable: false, canFailOver: true }],
    ['server_error', { kind: 'failed' }],
    ['unavailable', { kind: 'unavailable', isRetryable: true }],
    ['redirect', { kind: 'failed', reason: 'redirected' }],
    ['html_success', { kind: 'malformed', mayHaveBeenPaid: true }],
    ['empty_body', { kind: 'malformed', mayHaveBeenPaid: true }],
    ['strange_id', { kind: 'malformed', mayHaveBeenPaid: true }],
    ['cut', { kind: 'unavailable', mayHaveBeenPaid: true, canFailOver: false }],
  ])('maps %s', async (fault, expected) => {
    simulator.failNext(fault);
    const error = await fail(provider, prepare().call);
    expect(error).toMatchObject({ provider: 'fashn', model: MODEL, ...expected });
    expect(simulator.callCount).toBe(1);
  });

  it('are not shown, and the key is in none', async () => {
    simulator.failNext('echo_key');
    const error = await fail(provider, prepare().call);
    expect(error.message + JSON.stringify(error.details)).not.toContain(KEY);
    expect((error.cause as Error).message).toContain('[redacted]');
  });
});

describe('answers about a prediction', () => {
  it.each<[FashnFault, object]>([
    ['moderation', { kind: 'refused', reason: 'content_moderation_error', canFailOver: false }],
    ['pose', { kind: 'invalid_request', reason: 'pose_error', mayHaveBeenPaid: false }],
    ['image_load', { kind: 'invalid_request', reason: 'input_unreadable' }],
    ['pipeline', { kind: 'failed', reason: 'pipeline_error', isRetryable: true }],
    ['none', { kind: 'failed', reason: 'no_picture', mayHaveBeenPaid: true }],
  ])('maps %s', async (fault, expected) => {
    simulator.failNext(fault);
    expect(await fail(provider, prepare().call)).toMatchObject({ provider: 'fashn', ...expected });
    expect(simulator.callCount).toBe(2);
  });

  it('come as often as it is asked, and never order again', async () => {
    const { call, received } = prepare({ n: 2 });
    const submission = await provider.submit(call);
    if (submission.state !== 'accepted') throw new Error('not accepted');
    const ask = () => provider.status({ ...call, reference: submission.reference });
    simulator.jobMs = 60_000;
    expect(await ask()).toEqual({ state: 'running', progress: null });
    simulator.failNext('unavailable');
    await expect(ask()).rejects.toMatchObject({ kind: 'unavailable', mayHaveBeenPaid: true });
    simulator.jobMs = 0;
    expect(await ask()).toMatchObject({ state: 'finished', result: { deliveredCount: 2 } });
    expect(received.map(({ index }) => index)).toEqual([0, 1]);
    expect(simulator.orders).toHaveLength(1);
    const foreign = provider.status({ ...call, reference: { jobs: [{ id: '../x', count: 1 }] } });
    await expect(foreign).rejects.toMatchObject({ reason: 'unknown_reference' });
  });
});
