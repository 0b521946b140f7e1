// Proves what replicate sends and makes of every answer, refusal, fault and lie, against the simulator and its fixtures.
import { Agent } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SystemClock } from '../../src/common/clock.js';
import { ModelCatalogService } from '../../src/providers/model-catalog.service.js';
import { ReplicateProvider } from '../../src/providers/replicate/replicate.provider.js';
import {
  PROVIDER_DISPATCHER_OPTIONS,
  ProviderHttp,
} from '../../src/providers/shared/provider-http.js';
import type { JsonValue } from '../../src/common/json-value.js';
import type { ImageCall } from '../../src/providers/spec/image-call.js';
import { type ReplicateFaultName, ReplicateSimulator } from '../simulators/replicate.simulator.js';
import { makeNoise } from '../simulators/simulator-picture.js';
import type { ConnectionFault } from '../simulators/vendor-simulator.js';
import { createImageCall, createInputImage, toInputImage } from './image-call.factory.js';
import { fail, finish } from './image-provider.contract.js';

const KEY = 'r8_simulated_key_0123456789';
const SCHNELL = 'black-forest-labs/flux-schnell';
const PRO = 'black-forest-labs/flux-1.1-pro';

let simulator: ReplicateSimulator;
let http: ProviderHttp;
let provider: ReplicateProvider;

beforeAll(async () => {
  simulator = await ReplicateSimulator.start({ apiKey: KEY });
  http = new ProviderHttp(new Agent(PROVIDER_DISPATCHER_OPTIONS));
  provider = new ReplicateProvider(new ModelCatalogService(), http, new SystemClock());
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
    model: SCHNELL,
    credential: { baseUrl: simulator.baseUrl, apiKey: KEY },
    ...overrides,
  });

async function run(overrides: Partial<ImageCall> = {}) {
  const { call, received } = prepare(overrides);
  return { result: await finish(provider, call), received };
}

/** The reference of a call that the vendor took. */
async function accept(call: ImageCall): Promise<JsonValue> {
  const submission = await provider.submit(call);
  if (submission.state !== 'accepted') throw new Error('not accepted');
  return submission.reference;
}

async function failAsking(call: ImageCall, reference: JsonValue): Promise<unknown> {
  return provider.status({ ...call, reference }).catch((error: unknown) => error);
}

describe('requests', () => {
  it('are predictions with what was asked, asked after with the key', async () => {
    const { result, received } = await run({
      widthPx: 1280,
      heightPx: 720,
      seed: 7,
      steps: 4,
      outputFormat: 'jpeg',
      compression: 80,
      quality: 'high',
      providerOptions: { go_fast: true, style_type: 'Design' },
    });
    const [order, question] = simulator.calls;
    expect(order).toMatchObject({
      method: 'POST',
      path: `/v1/models/${SCHNELL}/predictions`,
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
    });
    expect(order?.fields).toEqual({
      input: {
        prompt: 'a red fox in snow',
        aspect_ratio: '16:9',
        num_outputs: 1,
        num_inference_steps: 4,
        seed: 7,
        output_format: 'jpg',
        output_quality: 80,
        go_fast: true,
      },
    });
    expect(question?.path).toMatch(/^\/v1\/predictions\/\w+$/);
    expect(question?.headers).toMatchObject({ authorization: `Bearer ${KEY}` });
    expect(received[0]?.url).toContain('/delivery/');
    expect(result.warnings.map(({ field }) => field)).toEqual([
      'provider_options.style_type',
      'quality',
      'size',
    ]);
  });

  it('take pixels where the model does, and a version where it has one', async () => {
    await run({ model: PRO, widthPx: 1024, heightPx: 768 });
    const custom = { aspect_ratio: 'custom', width: 1024, height: 768 };
    expect(simulator.orders[0]?.fields.input).toMatchObject(custom);
    const person = await createInputImage({ role: 'person' });
    const garment = await createInputImage({ role: 'garment', color: '#cc3333' });
    await run({ model: 'cuuupid/idm-vton', operation: 'try_on', inputImages: [garment, person] });
    const [, tryOn] = simulator.orders;
    expect(tryOn?.path).toBe('/v1/predictions');
    expect(tryOn?.fields).toMatchObject({
      version: expect.stringMatching(/^[0-9a-f]{64}$/),
      input: {
        garment_des: 'a garment',
        human_img: expect.stringMatching(/^data:image\/png;base64,/),
      },
    });
  });

  it('upload what is too large for a prediction, once', async () => {
    const bytes = await makeNoise(300, 300);
    const inputImages = [toInputImage(bytes)];
    await run({ model: 'black-forest-labs/flux-dev', operation: 'edit', inputImages, n: 5 });
    const uploads = simulator.calls.filter(({ path }) => path === '/v1/files');
    expect(uploads).toHaveLength(1);
    expect(uploads[0]?.files[0]?.bytes.equals(bytes)).toBe(true);
    const images = simulator.orders.map(({ fields }) => (fields.input as { image: string }).image);
    expect(images).toHaveLength(2);
    expect(images.every((url) => url.startsWith(`${simulator.baseUrl}/files/`))).toBe(true);
  });

  it('are taken by the vendor for every model and operation of the catalogue', async () => {
    const image = await createInputImage();
    for (const { id, provider: of, capabilities } of new ModelCatalogService().listImageModels()) {
      if (of !== 'replicate') continue;
      for (const operation of capabilities.operations) {
        const given = operation === 'generate' ? 0 : capabilities.inputImagesMax;
        await run({ model: id, operation, inputImages: [image, image].slice(0, given) });
      }
    }
    expect(simulator.orders).toHaveLength(8);
  });
});

describe('several pictures', () => {
  it('are as few predictions as the model allows', async () => {
    const { result, received } = await run({ n: 6, seed: 1 });
    expect(result.requestsCount).toBe(2);
    const inputs = simulator.orders.map(({ fields }) => fields.input);
    expect(inputs).toMatchObject([
      { num_outputs: 4, seed: 1 },
      { num_outputs: 2, seed: 5 },
    ]);
    expect(received.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('are fewer, with a warning, when a part was refused', async () => {
    simulator.failNext('moderation');
    const { result, received } = await run({ model: PRO, n: 2 });
    expect(received.map(({ index }) => index)).toEqual([1]);
    expect(result.warnings).toMatchObject([
      { code: 'fewer_images', message: expect.stringContaining('content policy') },
    ]);
  });

  it('are no more than were asked for', async () => {
    simulator.failNext('more');
    const { result, received } = await run({ n: 2 });
    expect(received).toHaveLength(2);
    expect(result).toMatchObject({ answeredCount: 3, warnings: [{ code: 'more_images' }] });
  });

  it('are kept as they are ordered, and after a crash those are delivered and no more ordered', async () => {
    const kept: JsonValue[] = [];
    const crashed = new Error('the process is gone');
    const keep = (reference: JsonValue): Promise<void> => {
      kept.push(reference);
      return kept.length < 2 ? Promise.resolve() : Promise.reject(crashed);
    };
    const { call, received } = prepare({ model: PRO, n: 3, keep });
    await expect(provider.submit(call)).rejects.toBe(crashed);
    const reference = JSON.parse(JSON.stringify(kept[1])) as JsonValue;
    const status = await provider.status({ ...call, reference });
    expect(received.map(({ index }) => index)).toEqual([0, 1]);
    expect(simulator.orders).toHaveLength(2);
    expect(status).toMatchObject({
      result: {
        warnings: [{ code: 'fewer_images', message: expect.stringMatching(/2 of 3 .*stopped/) }],
      },
    });
  });

  it('come only when all have ended, so that a question may be repeated', async () => {
    const { call, received } = prepare({ model: PRO, n: 2 });
    const reference = await accept(call);
    simulator.jobMs = 60_000;
    const running = await provider.status({ ...call, reference });
    expect(running).toEqual({ state: 'running', progress: null });
    expect(received).toEqual([]);
    simulator.jobMs = 0;
    expect(await provider.status({ ...call, reference })).toMatchObject({ state: 'finished' });
    expect(received).toHaveLength(2);
    expect(simulator.orders).toHaveLength(2);
  });
});

describe('answers to a request', () => {
  it.each<[ReplicateFaultName | ConnectionFault, object]>([
    ['bad_key', { kind: 'unauthorized', status: 401, canFailOver: true, isRetryable: false }],
    ['no_credits', { kind: 'quota_exhausted', isRetryable: false, canFailOver: true }],
    ['not_found', { kind: 'invalid_request', reason: 'not_found', canFailOver: true }],
    ['invalid', { kind: 'invalid_request', details: expect.objectContaining({ param: 'input' }) }],
    ['bad_version', { kind: 'invalid_request', status: 422 }],
    ['rate_limit', { kind: 'rate_limited', retryAfterS: 10, isRetryable: true }],
    ['rate_limit_body', { kind: 'rate_limited', retryAfterS: 9 }],
    ['server_error', { kind: 'failed', isRetryable: true }],
    ['unavailable', { kind: 'unavailable', status: 503, isRetryable: true }],
    ['gateway_timeout', { kind: 'timeout', mayHaveBeenPaid: true }],
    ['redirect', { kind: 'failed', reason: 'redirected' }],
    ['html_success', { kind: 'malformed', mayHaveBeenPaid: true, isRetryable: false }],
    ['empty_body', { kind: 'malformed', mayHaveBeenPaid: true }],
    ['strange_id', { kind: 'malformed', mayHaveBeenPaid: true }],
    ['cut', { kind: 'unavailable', mayHaveBeenPaid: true, canFailOver: false }],
    ['cut_body', { kind: 'unavailable', mayHaveBeenPaid: true }],
  ])('maps %s', async (fault, expected) => {
    simulator.failNext(fault);
    const error = await fail(provider, prepare().call);
    expect(error).toMatchObject({ provider: 'replicate', model: SCHNELL, ...expected });
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
  it.each<[ReplicateFaultName, object]>([
    ['moderation', { kind: 'refused', canFailOver: false, isRetryable: false }],
    ['nsfw', { kind: 'refused', mayHaveBeenPaid: false }],
    ['failed', { kind: 'failed', reason: 'job_failed', isRetryable: true }],
    ['canceled', { kind: 'failed', reason: 'job_canceled', mayHaveBeenPaid: true }],
    ['aborted', { kind: 'failed', reason: 'job_canceled', mayHaveBeenPaid: false }],
    ['removed', { kind: 'failed', reason: 'job_expired', mayHaveBeenPaid: true }],
    ['no_output', { kind: 'failed', reason: 'no_picture', mayHaveBeenPaid: true }],
  ])('maps %s', async (fault, expected) => {
    simulator.failNext(fault);
    expect(await fail(provider, prepare().call)).toMatchObject(expected);
    expect(simulator.callCount).toBe(2);
  });

  it.each<[ReplicateFaultName | ConnectionFault, object]>([
    ['unavailable', { kind: 'unavailable' }],
    ['rate_limit', { kind: 'rate_limited', retryAfterS: 10 }],
    ['bad_key', { kind: 'unauthorized' }],
    ['html_success', { kind: 'malformed' }],
    ['cut', { kind: 'unavailable' }],
  ])('maps %s, and never says that it may be made again', async (fault, expected) => {
    const { call } = prepare();
    const reference = await accept(call);
    simulator.failNext(fault);
    const facts = { mayHaveBeenPaid: true, isRetryable: false, canFailOver: false };
    expect(await failAsking(call, reference)).toMatchObject({ ...expected, ...facts });
    const strange = await failAsking(call, { jobs: [] });
    expect(strange).toMatchObject({ kind: 'failed', reason: 'unknown_reference' });
  });

  it('are an end when it was canceled; what had ended stays as it is', async () => {
    const { call } = prepare({ model: PRO, n: 2 });
    const reference = await accept(call);
    simulator.jobMs = 60_000;
    await provider.cancel({ ...call, reference });
    expect(simulator.calls.filter(({ path }) => path.endsWith('/cancel'))).toHaveLength(2);
    expect(await failAsking(call, reference)).toMatchObject({ reason: 'job_canceled' });
    simulator.jobMs = 0;
    const ended = await accept(call);
    await provider.cancel({ ...call, reference: ended });
    expect(await provider.status({ ...call, reference: ended })).toMatchObject({
      state: 'finished',
    });
  });
});
