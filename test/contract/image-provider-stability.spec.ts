// Proves what stability sends and makes of every answer, refusal, fault and lie, against the simulator and its fixtures.
import sharp from 'sharp';
import { Agent } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import prices from '../../src/billing/data/prices.json' with { type: 'json' };
import { SystemClock } from '../../src/common/clock.js';
import { ModelCatalogService } from '../../src/providers/model-catalog.service.js';
import {
  PROVIDER_DISPATCHER_OPTIONS,
  ProviderHttp,
} from '../../src/providers/shared/provider-http.js';
import type { ImageCall } from '../../src/providers/spec/image-call.js';
import { StabilityProvider } from '../../src/providers/stability/stability.provider.js';
import { type StabilityFault, StabilitySimulator } from '../simulators/stability.simulator.js';
import type { ConnectionFault } from '../simulators/vendor-simulator.js';
import {
  createImageCall,
  createInputImage,
  createMask,
  toInputImage,
} from './image-call.factory.js';
import { fail, finish } from './image-provider.contract.js';

const KEY = 'sk-simulated-stability-key-0123456789';

let simulator: StabilitySimulator;
let http: ProviderHttp;
let provider: StabilityProvider;

beforeAll(async () => {
  simulator = await StabilitySimulator.start({ apiKey: KEY });
  simulator.pendingAnswers = 0;
  http = new ProviderHttp(new Agent(PROVIDER_DISPATCHER_OPTIONS));
  provider = new StabilityProvider(new ModelCatalogService(), http, new SystemClock());
});
afterAll(async () => {
  await http.onApplicationShutdown();
  await simulator.stop();
});
beforeEach(() => simulator.reset());

const prepare = (overrides: Partial<ImageCall> = {}) =>
  createImageCall({
    model: 'stable-image-ultra',
    credential: { baseUrl: simulator.baseUrl, apiKey: KEY },
    ...overrides,
  });

async function run(overrides: Partial<ImageCall> = {}) {
  const { call, received } = prepare(overrides);
  return { result: await finish(provider, call), received };
}

function failWith(fault: StabilityFault | ConnectionFault, overrides: Partial<ImageCall> = {}) {
  simulator.failNext(fault);
  return fail(provider, prepare(overrides).call);
}

describe('requests', () => {
  it('is a form with what was asked, to the endpoint of the model', async () => {
    const { result } = await run({
      model: 'sd3.5-medium',
      widthPx: 1280,
      heightPx: 720,
      style: 'anime',
      seed: 7,
      negativePrompt: 'blur',
      guidance: 4.5,
      outputFormat: 'webp',
      quality: 'high',
      providerOptions: { grow_mask: 3 },
    });
    expect(simulator.calls[0]).toMatchObject({
      method: 'POST',
      path: '/v2beta/stable-image/generate/sd3',
      headers: {
        authorization: `Bearer ${KEY}`,
        accept: 'image/*',
        'content-type': expect.stringMatching(/^multipart\/form-data; boundary=/),
      },
    });
    expect(simulator.calls[0]?.fields).toEqual({
      model: 'sd3.5-medium',
      mode: 'text-to-image',
      prompt: 'a red fox in snow',
      negative_prompt: 'blur',
      style_preset: 'anime',
      seed: '7',
      output_format: 'webp',
      aspect_ratio: '16:9',
      cfg_scale: '4.5',
    });
    expect(result).toMatchObject({
      images: [{ index: 0, seed: 7, revisedPrompt: null }],
      usage: null,
      vendorRequestId: 'req-sim-0001',
    });
    expect(result.warnings).toMatchObject([
      { field: 'provider_options.grow_mask' },
      { field: 'quality' },
      { field: 'size', message: 'the provider takes shapes, not pixels: 16:9 was asked for' },
    ]);
  });

  it('sends a picture with how far it may be left, and its shape is the shape', async () => {
    const image = await createInputImage();
    const { received } = await run({
      operation: 'variation',
      inputImages: [image],
      providerOptions: { aspect_ratio: '16:9' },
    });
    expect(simulator.calls[0]?.fields).toEqual({ prompt: 'a red fox in snow', strength: '0.5' });
    const sent: Uint8Array[] = [];
    for await (const part of image.open()) sent.push(part as Buffer);
    expect(simulator.calls[0]?.files).toEqual([
      { field: 'image', name: 'image.png', mediaType: 'image/png', bytes: Buffer.concat(sent) },
    ]);
    expect(await sharp(received[0]?.bytes).metadata()).toMatchObject({ width: 96, height: 64 });
  });

  it('turns a mask round: what was transparent is white', async () => {
    const inputImages = [await createInputImage()];
    const model = 'edit/inpaint';
    await run({ model, operation: 'inpaint', inputImages, mask: await createMask() });
    const mask = simulator.calls[0]?.files.find(({ field }) => field === 'mask');
    const { data, info } = await sharp(mask?.bytes).raw().toBuffer({ resolveWithObject: true });
    expect([data[0], data[95 * info.channels]]).toEqual([255, 0]);
    const unreadable = toInputImage(Buffer.from('no picture'));
    const { call } = prepare({ model, operation: 'inpaint', inputImages, mask: unreadable });
    expect(await fail(provider, call)).toMatchObject({
      kind: 'invalid_request',
      reason: 'input_unreadable',
    });
  });

  it('makes pictures larger, on all sides or on one, and takes backgrounds away', async () => {
    const inputImages = [await createInputImage()];
    const outpaint = { model: 'edit/outpaint', operation: 'outpaint', inputImages } as const;
    const wide = await run({ ...outpaint, providerOptions: { left: 32, down: 8 } });
    expect(await sharp(wide.received[0]?.bytes).metadata()).toMatchObject({
      width: 128,
      height: 72,
    });
    await expect(provider.submit(prepare(outpaint).call)).rejects.toMatchObject({
      code: 'request.invalid',
      fields: [{ field: 'provider_options.left' }],
    });
    const large = await run({ model: 'upscale/fast', operation: 'upscale', inputImages });
    expect(await sharp(large.received[0]?.bytes).metadata()).toMatchObject({ width: 384 });
    expect(large.result.warnings).toMatchObject([{ field: 'prompt' }]);
    const model = 'edit/remove-background';
    await run({ model, operation: 'remove_background', inputImages, outputFormat: 'webp' });
    expect(simulator.calls.map(({ path }) => path.split('/').at(-1))).toEqual([
      'outpaint',
      'fast',
      'remove-background',
    ]);
  });

  it('has an endpoint and a price for each model that can be asked for', async () => {
    const priced = new Set(
      prices.filter(({ provider: of }) => of === 'stability').map((one) => one.model),
    );
    const inputImages = [await createInputImage()];
    const needs = { 'edit/outpaint': { up: 1 }, 'edit/search-and-replace': { search_prompt: 'x' } };
    const others = { ...needs, 'edit/search-and-recolor': { select_prompt: 'x' } };
    for (const {
      id,
      provider: of,
      status,
      capabilities,
    } of new ModelCatalogService().listImageModels()) {
      if (of !== 'stability' || status !== 'active') continue;
      expect(priced).toContain(id);
      for (const operation of capabilities.operations) {
        const providerOptions = others[id as keyof typeof others] ?? {};
        const mask = operation === 'inpaint' ? await createMask() : null;
        const given = operation === 'generate' ? [] : inputImages;
        await run({ model: id, operation, inputImages: given, mask, providerOptions });
      }
    }
    expect(new Set(simulator.calls.map(({ outcome }) => outcome))).toEqual(new Set(['success']));
  });
});

describe('several pictures', () => {
  it('makes a request for each, with a seed of its own', async () => {
    const { result, received } = await run({ n: 3, seed: 4_294_967_293 });
    expect(received.map(({ index }) => index)).toEqual([0, 1, 2]);
    const seeds = simulator.calls.map(({ fields }) => fields.seed);
    expect(new Set(seeds)).toEqual(new Set(['4294967293', '4294967294', '0']));
    expect(result.images.map(({ seed }) => seed)).toEqual([
      4_294_967_293, 4_294_967_294, 343_940_597,
    ]);
  });

  it('keeps those that were allowed', async () => {
    simulator.failNext('filtered');
    const { result, received } = await run({ n: 3 });
    expect(received).toHaveLength(2);
    expect(result).toMatchObject({
      deliveredCount: 2,
      warnings: [{ code: 'fewer_images', message: expect.stringContaining('content policy') }],
    });
  });
});

describe('answers', () => {
  it.each<[StabilityFault | ConnectionFault, object]>([
    [
      'bad_request',
      { kind: 'invalid_request', details: expect.objectContaining({ param: 'prompt' }) },
    ],
    ['v1_error', { kind: 'invalid_request', status: 400 }],
    ['bad_key', { kind: 'unauthorized', status: 401, canFailOver: true, isRetryable: false }],
    ['no_credits', { kind: 'quota_exhausted', isRetryable: false, canFailOver: true }],
    ['moderation', { kind: 'refused', status: 403, canFailOver: false, mayHaveBeenPaid: false }],
    ['filtered', { kind: 'refused', status: 200, reason: 'content_filtered', isRetryable: false }],
    ['forbidden', { kind: 'unauthorized', status: 403 }],
    ['not_found', { kind: 'invalid_request', reason: 'not_found', canFailOver: true }],
    ['html_not_found', { kind: 'invalid_request', reason: 'not_found' }],
    ['too_large', { kind: 'invalid_request', reason: 'input_too_large' }],
    ['language', { kind: 'invalid_request', reason: 'invalid_language' }],
    ['rate_limit', { kind: 'rate_limited', retryAfterS: 60, isRetryable: true }],
    ['rate_limit_header', { kind: 'rate_limited', retryAfterS: 12 }],
    ['server_error', { kind: 'failed', isRetryable: true, vendorRequestId: 'req-sim-0001' }],
    ['html_bad_gateway', { kind: 'unavailable', status: 502 }],
    ['gateway_timeout', { kind: 'timeout', mayHaveBeenPaid: true }],
    ['redirect', { kind: 'failed', reason: 'redirected' }],
    ['html_success', { kind: 'malformed', mayHaveBeenPaid: true, isRetryable: false }],
    ['json_success', { kind: 'malformed', mayHaveBeenPaid: true }],
    ['empty_body', { kind: 'malformed', mayHaveBeenPaid: true }],
    ['cut', { kind: 'unavailable', mayHaveBeenPaid: true, canFailOver: false }],
    ['cut_body', { kind: 'unavailable', mayHaveBeenPaid: true }],
  ])('maps %s', async (fault, expected) => {
    const error = await failWith(fault);
    expect(error).toMatchObject({
      provider: 'stability',
      model: 'stable-image-ultra',
      ...expected,
    });
    expect(simulator.callCount).toBe(1);
  });

  it('shows words of its own, and keeps those of the vendor for the log, without the key', async () => {
    const error = await failWith('echo_key');
    expect(error.message + JSON.stringify(error.details)).not.toContain(KEY);
    expect((error.cause as Error).message).toContain('[redacted]');
  });

  it('stops in the middle of a picture when it is canceled', async () => {
    const controller = new AbortController();
    simulator.failNext('drip');
    const { call } = prepare({ signal: controller.signal });
    setTimeout(() => controller.abort(), 250);
    expect(await fail(provider, call)).toMatchObject({ kind: 'canceled', mayHaveBeenPaid: true });
  });

  it('hands on bytes that are no picture: the store looks at them', async () => {
    simulator.failNext('not_an_image');
    expect((await run()).received[0]?.bytes.toString()).toBe('<html>not a picture</html>');
  });
});

describe('the simulator', () => {
  it('is as strict as the vendor', async () => {
    const post = async (fields: Record<string, string>, headers: Record<string, string> = {}) => {
      const form = new FormData();
      for (const [name, value] of Object.entries(fields)) form.set(name, value);
      const response = await fetch(`${simulator.baseUrl}/v2beta/stable-image/generate/core`, {
        method: 'POST',
        headers: { authorization: `Bearer ${KEY}`, ...headers },
        body: form,
      });
      return [response.status, response.headers.get('content-type')];
    };
    expect(await post({ prompt: 'a fox' }, { accept: 'application/json' })).toEqual([
      200,
      'application/json; type=image/png',
    ]);
    expect(await post({ prompt: 'a fox' }, { accept: 'text/html' })).toContain(400);
    expect(await post({ seed: '1' })).toContain(400);
    expect(await post({ prompt: 'a fox', aspect_ratio: '7:3' })).toContain(400);
    expect(await post({ prompt: 'a fox', strength: '1' })).toContain(400);
    expect(await post({ prompt: 'a fox' }, { authorization: 'Bearer other' })).toContain(401);
    expect(await post({ prompt: 'a fox' }, { 'content-type': 'application/json' })).toContain(400);
  });
});
