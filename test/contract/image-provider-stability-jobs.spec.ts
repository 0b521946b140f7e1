// Proves what stability does where its answer is a job: how it is ordered, asked after, delivered and kept, and what is
// made of every answer about it; against the simulator.
import sharp from 'sharp';
import { Agent } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SystemClock } from '../../src/common/clock.js';
import type { JsonValue } from '../../src/common/json-value.js';
import { ModelCatalogService } from '../../src/providers/model-catalog.service.js';
import {
  PROVIDER_DISPATCHER_OPTIONS,
  ProviderHttp,
} from '../../src/providers/shared/provider-http.js';
import type { ImageCall, InputImage } from '../../src/providers/spec/image-call.js';
import { StabilityProvider } from '../../src/providers/stability/stability.provider.js';
import { type StabilityFault, StabilitySimulator } from '../simulators/stability.simulator.js';
import type { ConnectionFault } from '../simulators/vendor-simulator.js';
import { createImageCall, createInputImage } from './image-call.factory.js';
import { fail, finish } from './image-provider.contract.js';

const KEY = 'sk-simulated-stability-key-0123456789';
const RELIGHT = 'edit/replace-background-and-relight';

let simulator: StabilitySimulator;
let http: ProviderHttp;
let provider: StabilityProvider;
let image: InputImage;

beforeAll(async () => {
  simulator = await StabilitySimulator.start({ apiKey: KEY });
  http = new ProviderHttp(new Agent(PROVIDER_DISPATCHER_OPTIONS));
  provider = new StabilityProvider(new ModelCatalogService(), http, new SystemClock());
  image = await createInputImage();
});
afterAll(async () => {
  await http.onApplicationShutdown();
  await simulator.stop();
});
beforeEach(() => {
  simulator.reset();
  simulator.pendingAnswers = 0;
});

const prepare = (overrides: Partial<ImageCall> = {}) =>
  createImageCall({
    model: RELIGHT,
    operation: 'edit',
    inputImages: [image],
    credential: { baseUrl: simulator.baseUrl, apiKey: KEY },
    ...overrides,
  });

async function run(overrides: Partial<ImageCall> = {}) {
  const { call, received } = prepare(overrides);
  return { result: await finish(provider, call), received };
}

/** The reference of a call that the vendor took, as a database gives it back. */
async function accept(call: ImageCall): Promise<JsonValue> {
  const submission = await provider.submit(call);
  if (submission.state !== 'accepted') throw new Error('not accepted');
  return JSON.parse(JSON.stringify(submission.reference)) as JsonValue;
}

async function failAsking(call: ImageCall, reference: JsonValue): Promise<unknown> {
  return provider.status({ ...call, reference }).catch((error: unknown) => error);
}

describe('orders', () => {
  it('are forms, answered with an id under which the picture is asked for', async () => {
    simulator.pendingAnswers = 2;
    const { result, received } = await run({
      model: 'upscale/creative',
      operation: 'upscale',
      seed: 7,
      style: 'anime',
      outputFormat: 'webp',
      providerOptions: { creativity: 0.4 },
    });
    const [order, ...questions] = simulator.calls;
    expect(order).toMatchObject({
      method: 'POST',
      path: '/v2beta/stable-image/upscale/creative',
      headers: { authorization: `Bearer ${KEY}`, accept: 'application/json' },
      fields: { prompt: 'a red fox in snow', seed: '7', creativity: '0.4', style_preset: 'anime' },
    });
    expect(questions).toHaveLength(3);
    expect(questions[0]).toMatchObject({
      method: 'GET',
      path: expect.stringMatching(/^\/v2beta\/results\/[0-9a-f]{64}$/),
      headers: { authorization: `Bearer ${KEY}`, accept: 'image/*' },
    });
    const facts = await sharp(received[0]?.bytes).metadata();
    expect(facts).toMatchObject({ format: 'webp', width: 384 });
    expect(result).toMatchObject({ images: [{ seed: 7 }], warnings: [], usage: null });
  });

  it('name the subject, what is behind it and whence the light comes', async () => {
    const wide = await createInputImage({ widthPx: 128 });
    await run({
      inputImages: [image, wide],
      providerOptions: {
        foreground_prompt: 'a bottle',
        keep_original_background: true,
        light_source_direction: 'left',
        light_source_strength: 0.5,
      },
    });
    expect(simulator.orders[0]?.files.map(({ field }) => field)).toEqual([
      'subject_image',
      'background_reference',
    ]);
    expect(simulator.orders[0]?.fields).toEqual({
      background_prompt: 'a red fox in snow',
      foreground_prompt: 'a bottle',
      keep_original_background: 'true',
      light_source_direction: 'left',
      light_source_strength: '0.5',
    });
  });

  it.each<[StabilityFault | ConnectionFault, object]>([
    ['moderation', { kind: 'refused', status: 403, mayHaveBeenPaid: false }],
    ['no_credits', { kind: 'quota_exhausted', mayHaveBeenPaid: false }],
    ['rate_limit', { kind: 'rate_limited', isRetryable: true }],
    ['html_success', { kind: 'malformed', mayHaveBeenPaid: true }],
    ['cut', { kind: 'unavailable', mayHaveBeenPaid: true }],
  ])('that end with %s are mapped', async (fault, expected) => {
    simulator.failNext(fault);
    expect(await fail(provider, prepare().call)).toMatchObject(expected);
    expect(simulator.callCount).toBe(1);
  });
});

describe('several pictures', () => {
  it('are a job each, with a seed of its own, kept one by one', async () => {
    const kept: [orders: number, reference: JsonValue][] = [];
    const { result, received } = await run({
      n: 3,
      seed: 5,
      keep: (reference) => Promise.resolve(void kept.push([simulator.orders.length, reference])),
    });
    expect(simulator.orders.map(({ fields }) => fields.seed)).toEqual(['5', '6', '7']);
    expect(received.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(result).toMatchObject({ requestsCount: 3, images: [{ seed: 5 }, { seed: 6 }, {}] });
    expect(kept.map(([orders]) => orders)).toEqual([1, 2]);
    const { call, received: again } = prepare({ n: 3 });
    const status = await provider.status({ ...call, reference: kept[1]?.[1] ?? null });
    expect(again).toHaveLength(2);
    expect(status).toMatchObject({ result: { warnings: [{ code: 'fewer_images' }] } });
    expect(simulator.orders).toHaveLength(3);
  });

  it('come only when all have ended, so that a question may be repeated', async () => {
    const { call, received } = prepare({ n: 2 });
    simulator.pendingAnswers = 1;
    const reference = await accept(call);
    expect(await provider.status({ ...call, reference })).toEqual({
      state: 'running',
      progress: null,
    });
    simulator.failNext('server_error');
    expect(await failAsking(call, reference)).toMatchObject({ kind: 'failed', status: 500 });
    expect(received).toEqual([]);
    expect(await provider.status({ ...call, reference })).toMatchObject({ state: 'finished' });
    expect(received).toHaveLength(2);
  });

  it.each(['filtered', 'lost'] as const)('are kept when one of them is %s', async (fault) => {
    simulator.failNext(fault);
    const { result, received } = await run({ n: 2 });
    expect(received.map(({ index }) => index)).toEqual([1]);
    expect(result.warnings).toMatchObject([{ code: 'fewer_images' }]);
  });

  it('are asked for again when the first breaks off, and kept when a later one does', async () => {
    const { call, received } = prepare({ n: 2 });
    simulator.failNext('cut_result');
    const reference = await accept(call);
    expect(await failAsking(call, reference)).toMatchObject({ kind: 'unavailable' });
    expect(received).toEqual([]);
    expect(await provider.status({ ...call, reference })).toMatchObject({ state: 'finished' });
    simulator.failNext('slow=0');
    simulator.failNext('cut_result');
    const later = await run({ n: 2 });
    expect(later.received.map(({ index }) => index)).toEqual([0]);
    expect(later.result.warnings).toMatchObject([{ code: 'fewer_images' }]);
  });
});

describe('answers about a job', () => {
  it.each<[StabilityFault, object]>([
    ['filtered', { kind: 'refused', reason: 'content_filtered', mayHaveBeenPaid: false }],
    ['lost', { kind: 'failed', reason: 'job_expired', mayHaveBeenPaid: true }],
  ])('map %s', async (fault, expected) => {
    simulator.failNext(fault);
    const error = await fail(provider, prepare().call);
    expect(error).toMatchObject({ provider: 'stability', canFailOver: false, ...expected });
    expect(simulator.callCount).toBe(2);
  });

  it.each<[StabilityFault | ConnectionFault, object]>([
    ['rate_limit', { kind: 'rate_limited', retryAfterS: 60 }],
    ['server_error', { kind: 'failed', status: 500 }],
    ['html_bad_gateway', { kind: 'unavailable' }],
    ['bad_key', { kind: 'unauthorized' }],
    ['cut', { kind: 'unavailable' }],
    ['cut_body', { kind: 'unavailable' }],
    ['html_success', { kind: 'malformed' }],
  ])('map %s, and never say that the job may be made again', async (fault, expected) => {
    const { call, received } = prepare();
    const reference = await accept(call);
    simulator.failNext(fault);
    expect(await failAsking(call, reference)).toMatchObject({
      ...expected,
      mayHaveBeenPaid: true,
      isRetryable: false,
      canFailOver: false,
    });
    expect(received).toEqual([]);
    expect(await provider.status({ ...call, reference })).toMatchObject({ state: 'finished' });
  });

  it('are for whoever ordered it, and for a reference of ours', async () => {
    const { call } = prepare();
    expect(await failAsking(call, 'no reference')).toMatchObject({ reason: 'unknown_reference' });
    expect(await failAsking(call, { jobs: [{ id: '0'.repeat(64) }] })).toMatchObject({
      reason: 'job_expired',
    });
  });

  it('are left when the call is canceled, and what the store throws is told unchanged', async () => {
    const { call } = prepare();
    const reference = await accept(call);
    const canceled = { ...call, reference, signal: AbortSignal.abort() };
    const error: unknown = await provider.status(canceled).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ kind: 'canceled', mayHaveBeenPaid: true });
    const full = new Error('disk full');
    const status = provider.status({ ...call, reference, deliver: () => Promise.reject(full) });
    await expect(status).rejects.toBe(full);
  });
});
