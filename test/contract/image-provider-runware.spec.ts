// Proves what runware sends and makes of every answer, refusal, fault and lie; and that its own package takes the simulator.
import { Runware } from '@runware/sdk-js';
import sharp from 'sharp';
import { Agent } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SystemClock } from '../../src/common/clock.js';
import { newId } from '../../src/common/ids.js';
import type { JsonValue } from '../../src/common/json-value.js';
import { ModelCatalogService } from '../../src/providers/model-catalog.service.js';
import { RunwareProvider } from '../../src/providers/runware/runware.provider.js';
import {
  PROVIDER_DISPATCHER_OPTIONS,
  ProviderHttp,
} from '../../src/providers/shared/provider-http.js';
import type { ImageCall } from '../../src/providers/spec/image-call.js';
import { type RunwareFaultName, RunwareSimulator } from '../simulators/runware.simulator.js';
import type { ConnectionFault } from '../simulators/vendor-simulator.js';
import { createImageCall, createInputImage, createMask } from './image-call.factory.js';
import { describeImageProvider, fail, finish } from './image-provider.contract.js';

const KEY = 'rw-simulated-0123456789';
const DEV = 'runware:101@1';
/** Longer than any test: tasks end when the test says so. */
const PENDING_MS = 3_600_000;
const COST_MICROS = 1_300;

describeImageProvider('runware', true, async () => {
  const vendor = await RunwareSimulator.start({ apiKey: KEY, jobMs: 25 });
  const pool = new ProviderHttp(new Agent(PROVIDER_DISPATCHER_OPTIONS));
  return {
    provider: new RunwareProvider(new ModelCatalogService(), pool, new SystemClock()),
    get base() {
      const credential = { baseUrl: vendor.baseUrl, apiKey: KEY };
      return { attemptId: newId(), model: DEV, credential };
    },
    size: { widthPx: 1024, heightPx: 768 },
    slow: { prompt: 'wait for ever [sim:hang]' },
    unsupported: { overrides: { negativePrompt: 'blur' }, field: 'negative_prompt' },
    refused: { prompt: 'something bad [sim:moderation]' },
    defaultFormat: 'jpeg',
    hasTransparency: false,
    operations: { edit: {}, inpaint: {}, variation: {} },
    namesUnreadable: false,
    stop: async () => {
      await pool.onApplicationShutdown();
      await vendor.stop();
    },
  };
});

let simulator: RunwareSimulator;
let http: ProviderHttp;
let provider: RunwareProvider;

beforeAll(async () => {
  simulator = await RunwareSimulator.start({ apiKey: KEY });
  http = new ProviderHttp(new Agent(PROVIDER_DISPATCHER_OPTIONS));
  provider = new RunwareProvider(new ModelCatalogService(), http, new SystemClock());
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
    attemptId: newId(),
    model: DEV,
    credential: { baseUrl: simulator.baseUrl, apiKey: KEY },
    ...overrides,
  });

async function run(overrides: Partial<ImageCall> = {}) {
  const { call, received } = prepare(overrides);
  return { result: await finish(provider, call), received };
}

async function accept(call: ImageCall): Promise<JsonValue> {
  const submission = await provider.submit(call);
  if (submission.state !== 'accepted') throw new Error('not accepted');
  return JSON.parse(JSON.stringify(submission.reference)) as JsonValue;
}

function taskOf(at = 0): Record<string, unknown> {
  const tasks = simulator.orders[at]?.fields as unknown as Record<string, unknown>[];
  return tasks[0] ?? {};
}

describe('orders', () => {
  it('are a list of one task with what was asked, under an id that the attempt gives', async () => {
    const { call } = prepare({
      n: 2,
      widthPx: 1024,
      heightPx: 768,
      seed: 7,
      steps: 12,
      guidance: 3.5,
      outputFormat: 'webp',
      compression: 100,
      negativePrompt: 'blur',
      providerOptions: { scheduler: 'Euler', safety: 'fast', top: 64, lora: 'civitai:1@2' },
    });
    const { warnings } = await finish(provider, call);
    expect(simulator.orders[0]?.headers).toMatchObject({ authorization: `Bearer ${KEY}` });
    expect(taskOf()).toEqual({
      taskType: 'imageInference',
      taskUUID: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4/),
      model: DEV,
      positivePrompt: 'a red fox in snow',
      width: 1024,
      height: 768,
      numberResults: 2,
      steps: 12,
      CFGScale: 3.5,
      seed: 7,
      scheduler: 'Euler',
      lora: [{ model: 'civitai:1@2', weight: 1 }],
      safety: { checkContent: true, mode: 'fast' },
      outputType: 'URL',
      outputFormat: 'WEBP',
      outputQuality: 99,
      includeCost: true,
      deliveryMethod: 'async',
    });
    expect(warnings.map(({ field }) => field)).toEqual(['provider_options.top', 'negative_prompt']);
    await finish(provider, { ...call, providerOptions: {} });
    expect(taskOf(1).taskUUID).toBe(taskOf(0).taskUUID);
    await run();
    expect(taskOf(2).taskUUID).not.toBe(taskOf(0).taskUUID);
  });

  it('bring their pictures along first, the mask white where the picture may change', async () => {
    const inputImages = [await createInputImage()];
    await run({ operation: 'inpaint', inputImages, mask: await createMask() });
    const uploads = simulator.calls.slice(0, 2).map(({ fields }) => {
      return (fields as unknown as { taskType: string; image: string }[])[0];
    });
    expect(uploads.map((upload) => upload?.taskType)).toEqual(['imageUpload', 'imageUpload']);
    const mask = Buffer.from(uploads[1]?.image.split(',')[1] ?? '', 'base64');
    const pixels = await sharp(mask).greyscale().raw().toBuffer();
    expect([pixels[0], pixels.at(-1)]).toEqual([255, 0]);
    expect(taskOf()).toMatchObject({
      seedImage: expect.any(String),
      maskImage: expect.any(String),
    });
  });

  it('are taken by the vendor for every model and operation of the catalogue', async () => {
    const image = await createInputImage();
    const mask = await createMask();
    let expected = 0;
    for (const { id, provider: of, capabilities } of new ModelCatalogService().listImageModels()) {
      if (of !== 'runware') continue;
      for (const operation of capabilities.operations) {
        expected += 1;
        await run({
          model: id,
          operation,
          inputImages: operation === 'generate' ? [] : [image],
          mask: operation === 'inpaint' ? mask : null,
          providerOptions: operation === 'outpaint' ? { left: 128 } : {},
        });
      }
    }
    expect(simulator.orders).toHaveLength(expected);
    const outpaint = simulator.orders.map((_, at) => taskOf(at).outpaint);
    expect(outpaint.filter(Boolean)).toEqual([{ left: 128 }]);
  });

  it('ask for other models of the vendor in the common form, and for what is none not at all', async () => {
    await run({ model: 'civitai:101055@128078' });
    expect(taskOf()).toMatchObject({ model: 'civitai:101055@128078', width: 1024, height: 1024 });
    const error = await fail(provider, prepare({ model: 'runware:101@2' }).call);
    expect(error).toMatchObject({ reason: 'model_not_found', canFailOver: true });
  });

  it('say which side outpainting needs', async () => {
    const { call } = prepare({ model: 'runware:102@1', operation: 'outpaint' });
    await expect(provider.submit(call)).rejects.toMatchObject({ code: 'request.invalid' });
    expect(simulator.callCount).toBe(0);
  });

  it.each<[RunwareFaultName | ConnectionFault, object]>([
    ['bad_key', { kind: 'unauthorized', status: 401, canFailOver: true, isRetryable: false }],
    ['no_credits', { kind: 'quota_exhausted', canFailOver: true, isRetryable: false }],
    ['third_party_credits', { kind: 'quota_exhausted', status: 400 }],
    ['rate_limit', { kind: 'rate_limited', retryAfterS: 3, isRetryable: true }],
    ['missing_dimensions', { details: expect.objectContaining({ param: 'width' }) }],
    ['moderation', { kind: 'refused', mayHaveBeenPaid: false, canFailOver: false }],
    ['not_found', { kind: 'invalid_request', reason: 'not_found', canFailOver: true }],
    ['server_error', { kind: 'failed', isRetryable: true }],
    ['unavailable', { kind: 'unavailable', status: 503, isRetryable: true }],
    ['gateway_timeout', { kind: 'timeout', mayHaveBeenPaid: true }],
    ['redirect', { kind: 'failed', reason: 'redirected' }],
    ['html_success', { kind: 'malformed', mayHaveBeenPaid: true, isRetryable: false }],
    ['empty_object', { kind: 'malformed', mayHaveBeenPaid: true }],
    ['empty_body', { kind: 'malformed', mayHaveBeenPaid: true }],
    ['cut', { kind: 'unavailable', mayHaveBeenPaid: true, canFailOver: false }],
  ])('map %s, and are not repeated', async (fault, expected) => {
    simulator.failNext(fault);
    const error = await fail(provider, prepare().call);
    expect(error).toMatchObject({ provider: 'runware', model: DEV, ...expected });
    expect(simulator.orders).toHaveLength(1);
  });

  it('are found again when their answer was lost', async () => {
    simulator.failNext('cut_body');
    expect((await run()).received).toHaveLength(1);
    expect(simulator.orders).toHaveLength(1);
  });

  it('may be answered at once', async () => {
    simulator.failNext('sync');
    const { call, received } = prepare({ n: 2 });
    expect(await provider.submit(call)).toMatchObject({ state: 'finished' });
    expect(received).toHaveLength(2);
  });

  it('never show the key', async () => {
    simulator.failNext('echo_key');
    const error = await fail(provider, prepare().call);
    expect(error.message + JSON.stringify(error.details)).not.toContain(KEY);
    expect((error.cause as Error).message).toContain('[redacted]');
  });
});

describe('what comes of a task', () => {
  it('is counted in millionths of a dollar, with the seed of each picture', async () => {
    const { result } = await run({ n: 3, seed: 7 });
    expect(result).toMatchObject({
      usage: { microcredits: 3 * COST_MICROS, outputTokens: 0 },
      images: [{ seed: 7 }, { seed: 8 }, { seed: 9 }],
    });
    simulator.failNext('no_cost');
    expect((await run()).result).toMatchObject({ usage: null, images: [{ seed: null }] });
    expect((await run({ seed: 0 })).result.images).toMatchObject([{ seed: 0 }]);
  });

  it('is handed on only when all of it is there', async () => {
    simulator.jobMs = PENDING_MS;
    const { call, received } = prepare({ n: 2 });
    const reference = await accept(call);
    const running = { state: 'running', progress: 0.5 };
    expect(await provider.status({ ...call, reference })).toEqual(running);
    expect(received).toEqual([]);
    simulator.jobMs = 0;
    expect(await provider.status({ ...call, reference })).toMatchObject({ state: 'finished' });
    expect(received.map(({ index }) => index)).toEqual([0, 1]);
    expect(simulator.orders).toHaveLength(1);
  });

  it.each<[RunwareFaultName, number[], object]>([
    ['one_lost', [0], { answeredCount: 1, warnings: [{ code: 'fewer_images' }] }],
    [
      'one_unsafe',
      [1, 2],
      { answeredCount: 3, warnings: [{ message: expect.stringContaining('content policy') }] },
    ],
    ['more', [0, 1, 2], { answeredCount: 4, warnings: [{ code: 'more_images' }] }],
  ])('is what can be shown after %s, with a warning', async (fault, indexes, expected) => {
    simulator.failNext(fault);
    const { result, received } = await run({ n: 3 });
    expect(received.map(({ index }) => index)).toEqual(indexes);
    expect(result).toMatchObject({ deliveredCount: indexes.length, ...expected });
    expect(result.warnings).toHaveLength(1);
  });

  it.each<[RunwareFaultName, object]>([
    ['late_moderation', { kind: 'refused', mayHaveBeenPaid: false, canFailOver: false }],
    ['provider_content', { kind: 'refused' }],
    ['all_unsafe', { kind: 'refused', reason: 'content_moderated', mayHaveBeenPaid: true }],
    ['inference_error', { kind: 'failed', reason: 'job_failed', isRetryable: true }],
    ['error_item', { kind: 'failed', reason: 'job_failed' }],
    ['fault_status', { kind: 'failed', reason: 'job_failed' }],
    ['unknown_code', { kind: 'failed', reason: 'job_failed' }],
    ['no_server', { kind: 'unavailable' }],
    ['provider_timeout', { kind: 'timeout', mayHaveBeenPaid: true, isRetryable: false }],
    ['lost_task', { kind: 'failed', reason: 'job_expired', mayHaveBeenPaid: true }],
  ])('is an error after %s', async (fault, expected) => {
    simulator.failNext(fault);
    const error = await fail(provider, prepare().call);
    expect(error).toMatchObject({ provider: 'runware', ...expected });
    expect(error.message).not.toContain('somethingNew');
    expect(simulator.callCount).toBe(2);
  });

  it.each<[RunwareFaultName | ConnectionFault, object]>([
    ['unavailable', { kind: 'unavailable' }],
    ['rate_limit', { kind: 'rate_limited' }],
    ['server_error', { kind: 'failed', status: 500 }],
    ['html_success', { kind: 'malformed' }],
    ['cut', { kind: 'unavailable' }],
  ])('is asked for again after %s, and never ordered again', async (fault, expected) => {
    const { call, received } = prepare();
    const reference = await accept(call);
    simulator.failNext(fault);
    const facts = { mayHaveBeenPaid: true, isRetryable: false, canFailOver: false };
    const asked = provider.status({ ...call, reference });
    await expect(asked).rejects.toMatchObject({ ...expected, ...facts });
    expect(await provider.status({ ...call, reference })).toMatchObject({ state: 'finished' });
    expect(received).toHaveLength(1);
    expect(simulator.orders).toHaveLength(1);
    const strange = provider.status({ ...call, reference: { taskId: 7 } });
    await expect(strange).rejects.toMatchObject({ reason: 'unknown_reference' });
  });
});

describe('the vendor’s own package', () => {
  it('makes pictures at the simulator', async () => {
    const client = new Runware({ apiKey: KEY, url: simulator.socketUrl, shouldReconnect: false });
    await client.ensureConnection();
    const pictures = await client.requestImages({
      positivePrompt: 'a red fox in snow',
      model: DEV,
      width: 512,
      height: 512,
      numberResults: 2,
      includeCost: true,
    });
    await client.disconnect();
    expect(pictures).toMatchObject([{ cost: 0.0013 }, { imageURL: expect.any(String) }]);
    const bytes = await (await fetch(pictures?.[0]?.imageURL ?? '')).arrayBuffer();
    expect(await sharp(bytes).metadata()).toMatchObject({ width: 512, height: 512 });
  });
});
