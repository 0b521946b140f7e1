// Proves what bfl sends and makes of every answer, refusal, fault and lie, against the simulator and its fixtures.
import sharp from 'sharp';
import { Agent } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SystemClock } from '../../src/common/clock.js';
import { BflProvider } from '../../src/providers/bfl/bfl.provider.js';
import { ModelCatalogService } from '../../src/providers/model-catalog.service.js';
import {
  PROVIDER_DISPATCHER_OPTIONS,
  ProviderHttp,
} from '../../src/providers/shared/provider-http.js';
import type { JsonValue } from '../../src/common/json-value.js';
import type { ImageCall } from '../../src/providers/spec/image-call.js';
import { type BflFaultName, BflSimulator } from '../simulators/bfl.simulator.js';
import type { ConnectionFault } from '../simulators/vendor-simulator.js';
import { createImageCall, createInputImage, createMask } from './image-call.factory.js';
import { fail, finish } from './image-provider.contract.js';

const KEY = 'bfl-simulated-key-0123456789';

let simulator: BflSimulator;
let http: ProviderHttp;
let provider: BflProvider;

beforeAll(async () => {
  simulator = await BflSimulator.start({ apiKey: KEY, sampleMs: 60_000 });
  http = new ProviderHttp(new Agent(PROVIDER_DISPATCHER_OPTIONS));
  provider = new BflProvider(new ModelCatalogService(), http, new SystemClock());
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
    model: 'flux-2-pro',
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
  it('are JSON with what was asked, to the path of the model, asked after with the key', async () => {
    const { result, received } = await run({
      model: 'flux-2-flex',
      widthPx: 1280,
      heightPx: 720,
      seed: 7,
      steps: 30,
      guidance: 4.5,
      outputFormat: 'png',
      quality: 'high',
      providerOptions: { safety_tolerance: 3, prompt_upsampling: true, raw: true },
    });
    const [order, question] = simulator.calls;
    expect(order).toMatchObject({
      method: 'POST',
      path: '/v1/flux-2-flex',
      headers: { 'x-key': KEY, 'content-type': 'application/json' },
      fields: {
        prompt: 'a red fox in snow',
        width: 1280,
        height: 720,
        seed: 7,
        steps: 30,
        guidance: 4.5,
        output_format: 'png',
        safety_tolerance: 3,
        prompt_upsampling: true,
      },
    });
    expect(order?.headers.authorization).toBeUndefined();
    expect(question).toMatchObject({ path: '/v1/get_result', headers: { 'x-key': KEY } });
    expect(received[0]?.url).toMatch(/\/delivery\/.*\.png$/);
    expect(result).toMatchObject({
      images: [{ index: 0, seed: 7, revisedPrompt: 'a red fox in snow, in detail' }],
      usage: { microcredits: 3_000_000 },
    });
    expect(result.warnings).toMatchObject([
      { field: 'provider_options.raw' },
      { field: 'quality' },
    ]);
  });

  it('name a shape where the model takes no pixels', async () => {
    const { result } = await run({ model: 'flux-kontext-pro', widthPx: 1280, heightPx: 720 });
    expect(simulator.calls[0]?.fields).toEqual({
      prompt: 'a red fox in snow',
      aspect_ratio: '16:9',
    });
    expect(result.warnings).toMatchObject([{ field: 'size' }]);
    expect(result.images[0]?.revisedPrompt).toBeNull();
  });

  it('carry pictures under the names that the model has for them', async () => {
    const image = await createInputImage();
    const wide = await createInputImage({ widthPx: 128 });
    await run({ operation: 'edit', inputImages: [image, wide] });
    const person = await createInputImage({ role: 'person' });
    const garment = await createInputImage({ role: 'garment', color: '#cc3333' });
    const model = 'flux-tools/vto-v2';
    await run({ model, operation: 'try_on', inputImages: [garment, person] });
    const [edit, tryOn] = simulator.orders.map(({ fields }) => fields);
    const toSize = async (field: unknown) => {
      const { width, height } = await sharp(Buffer.from(String(field), 'base64')).metadata();
      return [width, height];
    };
    expect(await toSize(edit?.input_image)).toEqual([96, 64]);
    expect(await toSize(edit?.input_image_2)).toEqual([128, 64]);
    const colour = await sharp(Buffer.from(String(tryOn?.garment), 'base64')).stats();
    expect(colour.dominant.r).toBeGreaterThan(colour.dominant.b);
    expect(tryOn?.person).toBeDefined();
  });

  it('turn a mask round, and say how much wider a picture is to be', async () => {
    const inputImages = [await createInputImage()];
    const mask = await createMask();
    await run({ model: 'flux-pro-1.0-fill', operation: 'inpaint', inputImages, mask });
    const sent = Buffer.from(String(simulator.orders[0]?.fields.mask), 'base64');
    const { data, info } = await sharp(sent).raw().toBuffer({ resolveWithObject: true });
    expect([data[0], data[95 * info.channels]]).toEqual([255, 0]);
    const expand = { model: 'flux-pro-1.0-expand', operation: 'outpaint', inputImages } as const;
    await run({ ...expand, providerOptions: { left: 32 } });
    expect(simulator.orders[1]?.fields).toMatchObject({ left: 32 });
    await expect(provider.submit(prepare(expand).call)).rejects.toMatchObject({
      code: 'request.invalid',
      fields: [{ field: 'provider_options.top' }],
    });
  });

  it('are taken by the vendor for every model and operation of the catalogue', async () => {
    const image = await createInputImage();
    for (const { id, provider: of, capabilities } of new ModelCatalogService().listImageModels()) {
      if (of !== 'bfl') continue;
      for (const operation of capabilities.operations) {
        const inputImages = operation === 'generate' ? [] : [image, image];
        const mask = operation === 'inpaint' ? await createMask() : null;
        const providerOptions = operation === 'outpaint' ? { top: 8 } : {};
        await run({
          model: id,
          operation,
          inputImages: inputImages.slice(0, capabilities.inputImagesMax),
          mask,
          providerOptions,
        });
      }
    }
    expect(simulator.orders.length).toBeGreaterThan(13);
  });
});

describe('several pictures', () => {
  it('are a job each, with a seed of its own, one after the other', async () => {
    const { result, received } = await run({ n: 3, seed: 4_294_967_294 });
    expect(simulator.orders.map(({ fields }) => fields.seed)).toEqual([
      4_294_967_294, 4_294_967_295, 0,
    ]);
    expect(received.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(result).toMatchObject({ requestsCount: 3, usage: { microcredits: 9_000_000 } });
  });

  it('are fewer, with a warning, when the vendor does not take them all', async () => {
    const { call, received } = prepare({ n: 3 });
    let taken = 0;
    // The second request is refused; the third is not made.
    const credential = {
      ...call.credential,
      get apiKey() {
        taken += 1;
        if (taken === 2) simulator.failNext('rate_limit');
        return KEY;
      },
    };
    const result = await finish(provider, { ...call, credential });
    expect(simulator.orders).toHaveLength(2);
    expect(received).toHaveLength(1);
    expect(result).toMatchObject({
      deliveredCount: 1,
      usage: { microcredits: 3_000_000 },
      warnings: [{ code: 'fewer_images', message: expect.stringContaining('1 of 3') }],
    });
  });

  it('are kept when one of them was refused', async () => {
    simulator.failNext('moderation');
    const { result, received } = await run({ n: 2 });
    expect(received.map(({ index }) => index)).toEqual([1]);
    expect(result.warnings).toMatchObject([
      { code: 'fewer_images', message: expect.stringContaining('content policy') },
    ]);
  });

  it('are kept as they are ordered, and after a crash those are delivered and no more ordered', async () => {
    const kept: [orders: number, reference: JsonValue][] = [];
    const crashed = new Error('the process is gone');
    const keep = (reference: JsonValue): Promise<void> => {
      kept.push([simulator.orders.length, reference]);
      return kept.length < 2 ? Promise.resolve() : Promise.reject(crashed);
    };
    const { call, received } = prepare({ n: 3, keep });
    await expect(provider.submit(call)).rejects.toBe(crashed);
    expect(kept.map(([orders]) => orders)).toEqual([1, 2]);
    const reference = JSON.parse(JSON.stringify(kept[1]?.[1])) as JsonValue;
    const status = await provider.status({ ...call, reference });
    expect(received.map(({ index }) => index)).toEqual([0, 1]);
    expect(simulator.orders).toHaveLength(2);
    expect(status).toMatchObject({
      result: {
        usage: { microcredits: 6_000_000 },
        warnings: [{ code: 'fewer_images', message: expect.stringMatching(/2 of 3 .*stopped/) }],
      },
    });
  });

  it('come only when all have ended, so that a question may be repeated', async () => {
    const { call, received } = prepare({ n: 2 });
    const reference = await accept(call);
    simulator.failNext('unavailable');
    expect(await failAsking(call, reference)).toMatchObject({ kind: 'unavailable' });
    simulator.jobMs = 60_000;
    const running = await provider.status({ ...call, reference });
    expect(running).toEqual({ state: 'running', progress: 0 });
    expect(received).toEqual([]);
    simulator.jobMs = 0;
    expect(await provider.status({ ...call, reference })).toMatchObject({ state: 'finished' });
    expect(received).toHaveLength(2);
    expect(simulator.orders).toHaveLength(2);
  });
});

describe('answers to a request', () => {
  it.each<[BflFaultName | ConnectionFault, object]>([
    ['bad_request', { kind: 'invalid_request', status: 400 }],
    ['invalid', { kind: 'invalid_request', details: expect.objectContaining({ param: 'width' }) }],
    ['bad_key', { kind: 'unauthorized', status: 403, canFailOver: true, isRetryable: false }],
    ['bad_key_401', { kind: 'unauthorized', status: 401 }],
    ['no_credits', { kind: 'quota_exhausted', isRetryable: false, canFailOver: true }],
    ['not_found', { kind: 'invalid_request', reason: 'not_found', canFailOver: true }],
    ['rate_limit', { kind: 'rate_limited', retryAfterS: 7, isRetryable: true }],
    ['server_error', { kind: 'failed', isRetryable: true }],
    ['unavailable', { kind: 'unavailable', status: 503, isRetryable: true }],
    ['gateway_timeout', { kind: 'timeout', mayHaveBeenPaid: true }],
    ['redirect', { kind: 'failed', reason: 'redirected' }],
    ['html_success', { kind: 'malformed', mayHaveBeenPaid: true, isRetryable: false }],
    ['empty_body', { kind: 'malformed', mayHaveBeenPaid: true }],
    ['webhook_success', { kind: 'malformed', mayHaveBeenPaid: true }],
    ['cut', { kind: 'unavailable', mayHaveBeenPaid: true, canFailOver: false }],
    ['cut_body', { kind: 'unavailable', mayHaveBeenPaid: true }],
  ])('maps %s', async (fault, expected) => {
    simulator.failNext(fault);
    const error = await fail(provider, prepare().call);
    expect(error).toMatchObject({ provider: 'bfl', model: 'flux-2-pro', ...expected });
    expect(simulator.callCount).toBe(1);
  });

  it('are not believed when they send the key elsewhere', async () => {
    simulator.failNext('foreign_polling_url');
    const error = await fail(provider, prepare().call);
    expect(error).toMatchObject({ reason: 'foreign_polling_url', mayHaveBeenPaid: true });
    const { call } = prepare();
    const jobs = [{ id: '1', url: 'https://api.bfl.ai/v1/get_result?id=1', microcredits: null }];
    expect(await failAsking(call, { jobs })).toMatchObject({ reason: 'foreign_polling_url' });
    expect(await failAsking(call, 'no reference')).toMatchObject({ reason: 'unknown_reference' });
    expect(simulator.callCount).toBe(1);
  });

  it('are not shown, and the key is in none', async () => {
    simulator.failNext('echo_key');
    const error = await fail(provider, prepare().call);
    expect(error.message + JSON.stringify(error.details)).not.toContain(KEY);
    expect((error.cause as Error).message).toContain('[redacted]');
  });

  it('say that what the vendor took before it was canceled may be paid', async () => {
    const controller = new AbortController();
    const { call } = prepare({ n: 2, prompt: 'fox [sim:slow=300]', signal: controller.signal });
    setTimeout(() => controller.abort(), 450);
    const error = await fail(provider, call);
    expect(error).toMatchObject({ kind: 'canceled', mayHaveBeenPaid: true });
    expect(simulator.orders).toHaveLength(2);
  });
});

describe('answers about a job', () => {
  it.each<[BflFaultName, object]>([
    ['moderation', { kind: 'refused', status: 200, mayHaveBeenPaid: false }],
    ['content_moderation', { kind: 'refused', canFailOver: false, isRetryable: false }],
    ['error', { kind: 'failed', reason: 'job_failed', isRetryable: true }],
    ['failed', { kind: 'failed', reason: 'job_failed' }],
    ['lost', { kind: 'failed', reason: 'job_expired', mayHaveBeenPaid: true }],
    ['no_sample', { kind: 'failed', reason: 'no_picture', mayHaveBeenPaid: true }],
  ])('maps %s', async (fault, expected) => {
    simulator.failNext(fault);
    expect(await fail(provider, prepare().call)).toMatchObject({ provider: 'bfl', ...expected });
    expect(simulator.callCount).toBe(2);
  });

  it.each<[BflFaultName | ConnectionFault, object]>([
    ['unavailable', { kind: 'unavailable' }],
    ['rate_limit', { kind: 'rate_limited', retryAfterS: 7 }],
    ['bad_key', { kind: 'unauthorized' }],
    ['html_success', { kind: 'malformed' }],
    ['cut', { kind: 'unavailable' }],
  ])('maps %s, and never says that the job may be made again', async (fault, expected) => {
    const { call } = prepare();
    const reference = await accept(call);
    simulator.failNext(fault);
    expect(await failAsking(call, reference)).toMatchObject({
      ...expected,
      mayHaveBeenPaid: true,
      isRetryable: false,
      canFailOver: false,
    });
  });

  it('is a picture for ten minutes only', async () => {
    const { received } = await run();
    const toStatus = async () => (await fetch(String(received[0]?.url))).status;
    expect(await toStatus()).toBe(200);
    simulator.jobMs = -60_001;
    expect(await toStatus()).toBe(403);
  });
});
