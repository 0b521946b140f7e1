// Proves what comfyui sends, hears and makes of every answer, fault and lie, against the simulated server and its socket.
import sharp from 'sharp';
import { Agent } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SystemClock } from '../../src/common/clock.js';
import { newId } from '../../src/common/ids.js';
import type { JsonValue } from '../../src/common/json-value.js';
import { ComfyuiProvider } from '../../src/providers/comfyui/comfyui.provider.js';
import { ModelCatalogService } from '../../src/providers/model-catalog.service.js';
import {
  PROVIDER_DISPATCHER_OPTIONS,
  ProviderHttp,
} from '../../src/providers/shared/provider-http.js';
import type { ImageCall, ImageProgress } from '../../src/providers/spec/image-call.js';
import type { Graph } from '../simulators/comfyui-node-rules.js';
import {
  type ComfyuiFaultName,
  ComfyuiSimulator,
  type ComfyuiSocketFault,
} from '../simulators/comfyui.simulator.js';
import type { ConnectionFault } from '../simulators/vendor-simulator.js';
import { createImageCall, createInputImage, createMask } from './image-call.factory.js';
import { describeImageProvider, fail, finish } from './image-provider.contract.js';

const KEY = 'proxy-key-0123456789';
const DEV = 'comfyui/flux1-dev';
const SDXL = 'comfyui/sdxl';
/** Longer than any test: jobs end when the test says so. */
const PENDING_MS = 3_600_000;
/** A question about a running job ends after this. */
const LISTEN_MS = 300;

describeImageProvider('comfyui', false, async () => {
  const server = await ComfyuiSimulator.start({ apiKey: KEY, jobMs: 25 });
  const pool = new ProviderHttp(new Agent(PROVIDER_DISPATCHER_OPTIONS));
  return {
    provider: new ComfyuiProvider(new ModelCatalogService(), pool, new SystemClock()),
    get base() {
      return {
        attemptId: newId(),
        model: SDXL,
        credential: { baseUrl: server.baseUrl, apiKey: KEY },
      };
    },
    size: { widthPx: null, heightPx: null },
    madeSize: { width: 1024, height: 1024 },
    editedSize: { width: 96, height: 64 },
    slow: { prompt: 'wait for ever [sim:hang]' },
    unsupported: { overrides: { style: 'anime' }, field: 'style' },
    refused: null,
    hasTransparency: false,
    operations: { edit: {}, inpaint: {} },
    stop: async () => {
      await pool.onApplicationShutdown();
      await server.stop();
    },
  };
});

let simulator: ComfyuiSimulator;
let http: ProviderHttp;
let provider: ComfyuiProvider;

beforeAll(async () => {
  simulator = await ComfyuiSimulator.start({ apiKey: KEY });
  http = new ProviderHttp(new Agent(PROVIDER_DISPATCHER_OPTIONS));
  provider = new ComfyuiProvider(new ModelCatalogService(), http, new SystemClock(), LISTEN_MS);
});
afterAll(async () => {
  await http.onApplicationShutdown();
  await simulator.stop();
});
beforeEach(() => {
  simulator.reset();
  simulator.jobMs = 0;
  simulator.socketFault = null;
  simulator.socketCount = 0;
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

/** The reference of a call that the server took. */
async function accept(call: ImageCall): Promise<JsonValue> {
  const submission = await provider.submit(call);
  if (submission.state !== 'accepted') throw new Error('not accepted');
  return JSON.parse(JSON.stringify(submission.reference)) as JsonValue;
}

async function failAsking(call: ImageCall, reference: JsonValue): Promise<unknown> {
  return provider.status({ ...call, reference }).catch((error: unknown) => error);
}

function graphOf(at = 0): Graph {
  return simulator.orders[at]?.fields.prompt as Graph;
}

describe('orders', () => {
  it('are a graph of ours with what was asked, under an id and a client of ours', async () => {
    const { call } = prepare({
      n: 2,
      widthPx: 1280,
      heightPx: 720,
      seed: 4_294_967_295,
      steps: 12,
      guidance: 2.5,
      negativePrompt: 'blur',
      providerOptions: { sampler: 'heun', weight_dtype: 'fp8_e4m3fn', denoise: 0.5 },
    });
    const { warnings } = await finish(provider, call);
    const [order] = simulator.orders;
    expect(order?.headers).toMatchObject({ authorization: `Bearer ${KEY}` });
    expect(order?.fields).toMatchObject({ prompt_id: call.attemptId, client_id: call.attemptId });
    expect(graphOf()).toMatchObject({
      '1': { inputs: { unet_name: 'flux1-dev.safetensors', weight_dtype: 'fp8_e4m3fn' } },
      '4': { class_type: 'CLIPTextEncode', inputs: { text: 'a red fox in snow' } },
      '5': { inputs: { guidance: 2.5 } },
      '7': { inputs: { width: 1280, height: 720, batch_size: 2 } },
      '8': {
        inputs: { model: ['1', 0], seed: 4_294_967_295, steps: 12, cfg: 1, sampler_name: 'heun' },
      },
      '10': { inputs: { filename_prefix: `atelier-${call.attemptId}` } },
    });
    expect(graphOf()).not.toHaveProperty('13');
    expect(warnings.map(({ field }) => field)).toEqual([
      'provider_options.denoise',
      'negative_prompt',
    ]);
  });

  it('leave out what was not asked for, and put in what was', async () => {
    await run({ model: SDXL, negativePrompt: 'blur', guidance: 5 });
    await run({ model: SDXL, providerOptions: { lora: 'style.safetensors', lora_strength: 0.5 } });
    expect(graphOf(0)).toMatchObject({
      '3': { inputs: { model: ['4', 0], cfg: 5, sampler_name: 'dpmpp_2m', scheduler: 'karras' } },
      '7': { inputs: { text: 'blur' } },
    });
    expect(graphOf(1)).toMatchObject({
      '3': { inputs: { model: ['13', 0], cfg: 7 } },
      '13': { inputs: { model: ['4', 0], lora_name: 'style.safetensors', strength_model: 0.5 } },
    });
  });

  it('have a seed of their own each, or the server would answer with what it made before', async () => {
    const first = await run();
    const second = await run({ n: 2 });
    const seeds = [graphOf(0), graphOf(1)].map((graph) => graph['8']?.inputs.seed);
    expect(new Set(seeds).size).toBe(2);
    expect(first.result.images).toMatchObject([{ seed: seeds[0] }]);
    expect(second.result.images).toMatchObject([{ seed: seeds[1] }, { seed: null }]);
  });

  it('bring their pictures along first, the mask as the transparency that it is', async () => {
    const image = await createInputImage();
    const mask = await createMask();
    const { received } = await run({
      model: 'comfyui/flux1-fill-dev',
      operation: 'inpaint',
      inputImages: [image],
      mask,
      widthPx: 512,
      heightPx: 512,
    });
    const uploads = simulator.calls.filter(({ path }) => path === '/upload/image');
    expect(uploads.map(({ fields }) => fields)).toMatchObject([
      { type: 'input', subfolder: 'atelier', overwrite: 'true' },
      { type: 'input' },
    ]);
    expect(graphOf()).toMatchObject({
      '21': { inputs: { image: expect.stringMatching(/^atelier\/.+-image\.png$/) } },
      '23': { inputs: { image: expect.stringMatching(/-mask\.png$/), channel: 'alpha' } },
      '24': { inputs: { samples: ['22', 2], amount: 1 } },
    });
    expect(await sharp(received[0]?.bytes).metadata()).toMatchObject({ width: 96, height: 64 });
  });

  it('scale the picture that is edited when a size is asked for', async () => {
    const inputImages = [await createInputImage()];
    const { received } = await run({
      operation: 'edit',
      inputImages,
      widthPx: 512,
      heightPx: 256,
      n: 2,
      providerOptions: { denoise: 0.4 },
    });
    expect(received).toHaveLength(2);
    expect(await sharp(received[1]?.bytes).metadata()).toMatchObject({ width: 512, height: 256 });
    expect(graphOf()).toMatchObject({ '8': { inputs: { denoise: 0.4 } } });
  });

  it('are taken by the server for every model and operation of the catalogue', async () => {
    const image = await createInputImage();
    const mask = await createMask();
    const models = new ModelCatalogService().listImageModels();
    for (const { id, provider: of, capabilities } of models) {
      if (of !== 'comfyui') continue;
      for (const operation of capabilities.operations) {
        const given = operation === 'generate' ? [] : [image];
        await run({
          model: id,
          operation,
          inputImages: given,
          mask: operation === 'inpaint' ? mask : null,
        });
      }
    }
    expect(simulator.orders).toHaveLength(9);
  });

  it.each([
    { workflow: { '1': { class_type: 'ExecuteShell', inputs: {} } } },
    { checkpoint: '../../etc/passwd' },
    { checkpoint: 'a/../../b.safetensors' },
    { sampler: 'mine' },
  ])('refuse %o, before anything is sent', async (providerOptions) => {
    const { call } = prepare({ providerOptions });
    await expect(provider.submit(call)).rejects.toMatchObject({ code: 'request.invalid' });
    expect(simulator.callCount).toBe(0);
  });

  it('name the option at fault when the server has no such file', async () => {
    const { call } = prepare({ providerOptions: { checkpoint: 'mine.safetensors' } });
    expect(await fail(provider, call)).toMatchObject({
      kind: 'invalid_request',
      reason: 'file_not_found',
      canFailOver: true,
      details: expect.objectContaining({ param: 'provider_options.checkpoint' }),
    });
    await run({ vendorModel: 'flux1-schnell.safetensors' });
    expect(graphOf(1)).toMatchObject({
      '1': { inputs: { unet_name: 'flux1-schnell.safetensors' } },
    });
    const lacking = prepare({ vendorModel: 'gone.safetensors' });
    expect(await fail(provider, lacking.call)).toMatchObject({ reason: 'model_not_found' });
  });

  it.each<[ComfyuiFaultName | ConnectionFault, object]>([
    ['bad_key', { kind: 'unauthorized', status: 401 }],
    ['no_prompt', { kind: 'invalid_request', reason: null }],
    ['missing_node', { kind: 'invalid_request', reason: 'node_missing', canFailOver: true }],
    [
      'bad_value',
      { reason: 'workflow_invalid', details: expect.objectContaining({ param: 'steps' }) },
    ],
    ['not_found', { kind: 'invalid_request', reason: 'not_found', canFailOver: true }],
    ['too_large', { kind: 'invalid_request', reason: 'input_too_large' }],
    ['rate_limit', { kind: 'rate_limited', retryAfterS: 7, isRetryable: true }],
    ['server_error', { kind: 'failed', isRetryable: true }],
    ['unavailable', { kind: 'unavailable', isRetryable: true }],
    ['redirect', { kind: 'failed', reason: 'redirected' }],
    ['html_success', { kind: 'malformed', mayHaveBeenPaid: true, isRetryable: false }],
    ['empty_body', { kind: 'malformed', mayHaveBeenPaid: true }],
    ['strange_id', { kind: 'malformed', mayHaveBeenPaid: true }],
    ['gateway_timeout', { kind: 'timeout', mayHaveBeenPaid: true }],
    ['cut', { kind: 'unavailable', mayHaveBeenPaid: true, canFailOver: false }],
  ])('map %s, and are not repeated', async (fault, expected) => {
    simulator.failNext(fault);
    const error = await fail(provider, prepare().call);
    expect(error).toMatchObject({ provider: 'comfyui', model: DEV, ...expected });
    expect(simulator.orders).toHaveLength(1);
  });

  it('are found again when their answer was lost', async () => {
    simulator.failNext('cut_body');
    expect((await run()).received).toHaveLength(1);
    expect(simulator.orders).toHaveLength(1);
  });

  it.each(['own_id', 'node_errors'] as const)('go on with %s', async (fault) => {
    simulator.failNext(fault);
    expect((await run()).received).toHaveLength(1);
  });

  it('never show the key', async () => {
    simulator.failNext('echo_key');
    const error = await fail(provider, prepare().call);
    expect(error.message + JSON.stringify(error.details)).not.toContain(KEY);
    expect((error.cause as Error).message).toContain('[redacted]');
  });
});

describe('a running job', () => {
  it('tells its progress and shows what it looks like so far, and its end at once', async () => {
    simulator.jobMs = 400;
    const patient = new ComfyuiProvider(new ModelCatalogService(), http, new SystemClock(), 60_000);
    const { call, received } = prepare();
    const reference = await accept(call);
    const told: ImageProgress[] = [];
    const onProgress = (progress: ImageProgress): void => void told.push(progress);
    const status = await patient.status({ ...call, reference, onProgress });
    expect(status).toMatchObject({ state: 'finished' });
    expect(received).toHaveLength(1);
    const previews = told.flatMap(({ preview }) => preview ?? []);
    expect(previews.length).toBeGreaterThan(1);
    for (const { bytes } of previews) {
      expect(await sharp(bytes).metadata()).toMatchObject({ format: 'jpeg', width: 16 });
    }
    expect(told.map(({ fraction }) => fraction)).toContain(0.75);
    await expect.poll(() => simulator.openSockets, { timeout: 30_000 }).toBe(0);
  });

  it('is only listened to for a while, and says how far it is', async () => {
    simulator.jobMs = 8_000;
    const brief = new ComfyuiProvider(new ModelCatalogService(), http, new SystemClock(), 2_500);
    const { call } = prepare();
    const reference = await accept(call);
    const status = await brief.status({ ...call, reference });
    expect(status).toEqual({ state: 'running', progress: expect.any(Number) });
    simulator.jobMs = 0;
    await finishOf(call, reference);
  });

  it.each<ComfyuiSocketFault>(['refuse', 'garbage', 'huge', 'silent', 'cut'])(
    'is asked after in another way where the socket is at fault: %s',
    async (fault) => {
      simulator.socketFault = fault;
      simulator.jobMs = PENDING_MS;
      const { call, received } = prepare();
      const reference = await accept(call);
      const running = await provider.status({ ...call, reference });
      expect(running).toEqual({ state: 'running', progress: null });
      expect(simulator.socketCount).toBe(1);
      await expect.poll(() => simulator.openSockets, { timeout: 30_000 }).toBe(0);
      simulator.jobMs = 0;
      await finishOf(call, reference);
      expect(received).toHaveLength(1);
    },
  );

  it('is left alone at once when nobody waits any more', async () => {
    simulator.jobMs = PENDING_MS;
    const patient = new ComfyuiProvider(
      new ModelCatalogService(),
      http,
      new SystemClock(),
      600_000,
    );
    const controller = new AbortController();
    const { call } = prepare({ signal: controller.signal });
    const reference = await accept(call);
    const asked = patient.status({ ...call, reference });
    await expect.poll(() => simulator.openSockets, { timeout: 30_000 }).toBe(1);
    controller.abort();
    await expect(asked).rejects.toMatchObject({ kind: 'canceled', mayHaveBeenPaid: true });
    await provider.cancel({ ...call, reference, signal: new AbortController().signal });
  });
});

async function finishOf(call: ImageCall, reference: JsonValue): Promise<void> {
  await expect
    .poll(() => provider.status({ ...call, reference }), { timeout: 30_000 })
    .toMatchObject({ state: 'finished' });
}

describe('canceling', () => {
  it('takes a waiting job out of the queue and stops the one that runs, and no other', async () => {
    simulator.jobMs = PENDING_MS;
    const [running, waiting] = [prepare().call, prepare().call];
    const references = [await accept(running), await accept(waiting)] as const;
    await provider.cancel({ ...waiting, reference: references[1] });
    expect(simulator.calls.filter(({ path }) => path === '/interrupt')).toEqual([]);
    const gone = { kind: 'failed', reason: 'job_expired', mayHaveBeenPaid: true };
    expect(await failAsking(waiting, references[1])).toMatchObject(gone);
    await provider.cancel({ ...running, reference: references[0] });
    const stopped = { kind: 'failed', reason: 'job_canceled', isRetryable: false };
    await expect
      .poll(() => failAsking(running, references[0]), { timeout: 30_000 })
      .toMatchObject(stopped);
    expect(simulator.calls.filter(({ path }) => path === '/interrupt')).toHaveLength(1);
  });

  it('leaves what has ended as it is', async () => {
    const { call, received } = prepare();
    const reference = await accept(call);
    await finishOf(call, reference);
    await provider.cancel({ ...call, reference });
    expect(received).toHaveLength(1);
  });
});
