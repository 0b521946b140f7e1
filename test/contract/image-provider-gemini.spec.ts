// Proves what gemini sends and makes of every answer, refusal, fault and lie, against the simulator and its fixtures;
// and that the simulator is understood by Google's own package.
import { GoogleGenAI } from '@google/genai';
import sharp from 'sharp';
import { Agent } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import prices from '../../src/billing/data/prices.json' with { type: 'json' };
import { SystemClock } from '../../src/common/clock.js';
import { GeminiProvider } from '../../src/providers/gemini/gemini.provider.js';
import { ModelCatalogService } from '../../src/providers/model-catalog.service.js';
import {
  PROVIDER_DISPATCHER_OPTIONS,
  ProviderHttp,
} from '../../src/providers/shared/provider-http.js';
import type { ImageCall } from '../../src/providers/spec/image-call.js';
import { type GeminiFault, GeminiSimulator } from '../simulators/gemini.simulator.js';
import type { ConnectionFault } from '../simulators/vendor-simulator.js';
import { createImageCall, createInputImage, toInputImage } from './image-call.factory.js';
import { fail } from './image-provider.contract.js';

const KEY = 'AIzaSy-simulated-key-0123456789';
const NANO = 'gemini-nano-banana-2.1';
const IMAGEN = 'imagen-4.0-generate-001';

let simulator: GeminiSimulator;
let http: ProviderHttp;
let provider: GeminiProvider;

beforeAll(async () => {
  simulator = await GeminiSimulator.start({ apiKey: KEY, servesImagen: true });
  http = new ProviderHttp(new Agent(PROVIDER_DISPATCHER_OPTIONS));
  provider = new GeminiProvider(new ModelCatalogService(), http, new SystemClock());
});
afterAll(async () => {
  await http.onApplicationShutdown();
  await simulator.stop();
});
beforeEach(() => simulator.reset());

const prepare = (overrides: Partial<ImageCall> = {}) =>
  createImageCall({
    model: NANO,
    credential: { baseUrl: simulator.baseUrl, apiKey: KEY },
    ...overrides,
  });

async function run(overrides: Partial<ImageCall> = {}) {
  const { call, received } = prepare(overrides);
  const submission = await provider.submit(call);
  if (submission.state !== 'finished') throw new Error('not finished');
  return { result: submission.result, received };
}

function failWith(fault: GeminiFault | ConnectionFault, overrides: Partial<ImageCall> = {}) {
  simulator.failNext(fault);
  return fail(provider, prepare(overrides).call);
}

const toContents = (fields: Readonly<Record<string, unknown>> = {}) =>
  fields.contents as { parts: object[] }[];

describe('requests', () => {
  it('says size as shape and class, and nothing that was not asked for', async () => {
    await run();
    expect(simulator.calls[0]).toMatchObject({
      method: 'POST',
      path: `/v1beta/models/${NANO}:generateContent`,
      headers: { 'x-goog-api-key': KEY },
      fields: {
        contents: [{ role: 'user', parts: [{ text: 'a red fox in snow' }] }],
        generationConfig: { responseModalities: ['IMAGE'] },
      },
    });
    expect(Object.keys(simulator.calls[0]?.fields.generationConfig ?? {})).toHaveLength(1);
    const { result } = await run({
      widthPx: 2752,
      heightPx: 1536,
      seed: 2_147_483_650,
      quality: 'high',
      providerOptions: {
        thinking_level: 'MINIMAL',
        safety_threshold: 'BLOCK_ONLY_HIGH',
        image_size: '4K',
        add_watermark: false,
      },
    });
    expect(simulator.calls[1]?.fields).toMatchObject({
      generationConfig: {
        imageConfig: { aspectRatio: '16:9', imageSize: '2K' },
        seed: 2,
        thinkingConfig: { thinkingLevel: 'MINIMAL' },
      },
      safetySettings: expect.arrayContaining([
        { category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_ONLY_HIGH' },
      ]),
    });
    expect(result.images[0]?.seed).toBe(2);
    expect(result.warnings.map(({ field }) => field)).toEqual([
      'provider_options.add_watermark',
      'quality',
      'provider_options.image_size',
    ]);
  });

  it('knows the price, and the shape and class of every size, of its catalogue', async () => {
    for (const model of new ModelCatalogService().listImageModels()) {
      const { sizes } = model.capabilities;
      if (model.provider !== 'gemini' || model.status !== 'active') continue;
      expect(prices).toContainEqual(
        expect.objectContaining({ model: model.id, unit: '1M_image_output_tokens' }),
      );
      for (const size of sizes.kind === 'list' ? sizes.sizes.slice(0, 10) : []) {
        const [widthPx = 0, heightPx = 0] = size.split('x').map(Number);
        const { received } = await run({ model: model.id, widthPx, heightPx });
        const facts = await sharp(received[0]?.bytes).metadata();
        expect(`${facts.width}x${facts.height}`).toBe(size);
      }
    }
  });

  it('sends pictures as they are read, and tells a try-on what it is', async () => {
    const garment = await createInputImage({ role: 'garment' });
    const { result } = await run({ operation: 'try_on', inputImages: [garment, garment] });
    const content = toContents(simulator.calls[0]?.fields)[0];
    const bytes: Buffer[] = [];
    for await (const part of garment.open()) bytes.push(part as Buffer);
    const data = Buffer.concat(bytes).toString('base64');
    expect(content?.parts).toEqual([
      { text: expect.stringMatching(/^Dress the person .* a red fox in snow$/) },
      { inlineData: { mimeType: 'image/png', data } },
      { inlineData: { mimeType: 'image/png', data } },
    ]);
    expect(result.images[0]?.revisedPrompt).toMatch(/^Dress the person/);
    expect(result.usage).toMatchObject({ inputImageTokens: 1_120, outputTokens: 1_120 });
  });

  it('refuses more pictures than fit into a request before it sends any', async () => {
    const large = { ...toInputImage(Buffer.alloc(100)), sizeBytes: 8_000_000 };
    const { call } = prepare({ operation: 'edit', inputImages: [large, large] });
    await expect(provider.submit(call)).rejects.toMatchObject({ code: 'request.invalid' });
    expect(simulator.callCount).toBe(0);
  });

  it('carries a bearer token where the connection says so, and its query', async () => {
    const credential = {
      baseUrl: `${simulator.baseUrl}/`,
      apiKey: KEY,
      keyHeader: 'authorization',
      query: { $alt: 'json' },
    } as const;
    await run({ credential });
    expect(simulator.calls[0]?.headers).toMatchObject({ authorization: `Bearer ${KEY}` });
    expect(simulator.calls[0]?.headers['x-goog-api-key']).toBeUndefined();
  });
});

describe('several pictures', () => {
  it('makes a request for each, side by side, and adds up what they count', async () => {
    simulator.failNext('slow=200', 4);
    const { result, received } = await run({ n: 6, seed: 10 });
    expect(received.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(simulator.callCount).toBe(6);
    expect(simulator.concurrencyMax).toBe(4);
    expect(result.images.map(({ seed }) => seed)).toEqual([10, 11, 12, 13, 14, 15]);
    expect(result).toMatchObject({
      deliveredCount: 6,
      usage: { inputTokens: 30, outputTokens: 6_720, outputImageTokens: 6_720 },
    });
  });

  it('keeps those that came, says why the others did not, and asks for no more', async () => {
    simulator.failNext('slow=300', 2);
    simulator.failNext('rate_limit');
    const { result, received } = await run({ n: 8 });
    expect(received.length).toBeLessThan(8);
    expect(received.length).toBeGreaterThan(1);
    expect(simulator.callCount).toBeLessThan(8);
    expect(result.warnings).toEqual([
      {
        code: 'fewer_images',
        field: 'n',
        message: `the provider made ${received.length} of 8 pictures. The provider limits requests at the moment. Try again after the stated time.`,
      },
    ]);
    expect(result.usage?.outputTokens).toBe(1_120 * received.length);
  });

  it('fails when none came, and with what the store threw', async () => {
    expect(await failWith('overloaded', { n: 1 })).toMatchObject({ kind: 'unavailable' });
    simulator.failNext('server_error', 4);
    expect(await fail(provider, prepare({ n: 4 }).call)).toMatchObject({ kind: 'failed' });
    const full = new Error('disk full');
    const { call } = prepare({ deliver: () => Promise.reject(full) });
    await expect(provider.submit(call)).rejects.toBe(full);
  });

  it('has no sum where a part is missing', async () => {
    simulator.failNext('no_usage');
    expect((await run({ n: 2 })).result).toMatchObject({ usage: null, deliveredCount: 2 });
  });
});

describe('answers', () => {
  it('never takes a draft for the picture, wherever the vendor says that it is one', async () => {
    simulator.failNext('drafts');
    const { call, received } = prepare();
    const dropped: string[] = [];
    const take = call.deliver.bind(call);
    const submission = await provider.submit({
      ...call,
      deliver: (image) =>
        take(image).catch((error: unknown) => {
          dropped.push((error as Error).name);
          throw error;
        }),
    });
    expect(received).toHaveLength(1);
    expect(dropped).toEqual(['DraftPictureError']);
    expect(submission).toMatchObject({
      result: {
        deliveredCount: 1,
        usage: { outputTokens: 1_330, outputImageTokens: 1_120, outputTextTokens: 210 },
      },
    });
    expect(await failWith('draft_only')).toMatchObject({ kind: 'malformed', reason: 'no_output' });
  });

  it('reads over megabytes of signature', async () => {
    simulator.failNext('large_signature');
    expect((await run()).received).toHaveLength(1);
  });

  it('believes no impossible usage, and hands on bytes that are no picture', async () => {
    simulator.failNext('impossible_usage');
    expect((await run()).result).toMatchObject({
      usage: null,
      warnings: [expect.objectContaining({ code: 'usage_unreadable' })],
    });
    simulator.failNext('not_an_image');
    expect((await run()).received[0]?.bytes.toString()).toBe('<html>not a picture</html>');
  });

  it.each<[GeminiFault | ConnectionFault, object]>([
    ['no_key', { kind: 'unauthorized', status: 403 }],
    ['bad_key', { kind: 'unauthorized', status: 400, canFailOver: true, isRetryable: false }],
    ['leaked_key', { kind: 'unauthorized', status: 403 }],
    ['cloud_unauthenticated', { kind: 'unauthorized', status: 401 }],
    ['cloud_denied', { kind: 'unauthorized', status: 403 }],
    ['no_billing', { kind: 'quota_exhausted', status: 400 }],
    ['model_not_found', { kind: 'invalid_request', reason: 'model_not_found', canFailOver: true }],
    ['html_not_found', { kind: 'invalid_request', reason: 'not_found', canFailOver: true }],
    ['unknown_field', { kind: 'invalid_request', canFailOver: false, isRetryable: false }],
    ['error_list', { kind: 'invalid_request', status: 400 }],
    ['rate_limit', { kind: 'rate_limited', retryAfterS: 38, isRetryable: true }],
    ['rate_limit_header', { kind: 'rate_limited', retryAfterS: 7 }],
    ['rate_limit_cloud', { kind: 'rate_limited', retryAfterS: undefined }],
    ['quota', { kind: 'quota_exhausted', isRetryable: false, canFailOver: true }],
    ['cancelled', { kind: 'unavailable', status: 499 }],
    ['server_error', { kind: 'failed', isRetryable: true, mayHaveBeenPaid: false }],
    ['overloaded', { kind: 'unavailable', status: 503 }],
    ['html_bad_gateway', { kind: 'unavailable', status: 502 }],
    ['deadline', { kind: 'timeout', mayHaveBeenPaid: true, isRetryable: false }],
    ['redirect', { kind: 'failed', reason: 'redirected' }],
    ['blocked_prompt', { kind: 'refused', reason: 'prohibited_content', status: 200 }],
    ['safety', { kind: 'refused', reason: 'safety', vendorRequestId: 'sim-blocked' }],
    ['image_safety', { kind: 'refused', reason: 'image_safety', mayHaveBeenPaid: false }],
    ['prohibited', { kind: 'refused', reason: 'image_prohibited_content', canFailOver: false }],
    ['no_image', { kind: 'malformed', reason: 'no_output', isRetryable: true }],
    ['text_only', { kind: 'malformed', reason: 'no_output', isRetryable: true }],
    ['null_parts', { kind: 'malformed', reason: 'no_output' }],
    ['bad_base64', { kind: 'malformed', mayHaveBeenPaid: true }],
    ['malformed_json', { kind: 'malformed', mayHaveBeenPaid: true, isRetryable: false }],
    ['html_success', { kind: 'malformed', mayHaveBeenPaid: true }],
    ['wrong_shape', { kind: 'malformed', mayHaveBeenPaid: true }],
    ['cut', { kind: 'unavailable', mayHaveBeenPaid: true, canFailOver: false }],
    ['cut_body', { kind: 'unavailable', mayHaveBeenPaid: true }],
  ])('maps %s', async (fault, expected) => {
    const error = await failWith(fault);
    expect(error).toMatchObject({ provider: 'gemini', model: NANO, ...expected });
    expect(simulator.callCount).toBe(1);
  });

  it('shows words of its own, and keeps those of the vendor for the log, without the key', async () => {
    const error = await failWith('echo_key');
    expect(error.message + JSON.stringify(error.details)).not.toContain(KEY);
    expect((error.cause as Error).message).toContain('API key not valid: [redacted]');
  });
});

describe('Imagen’s form', () => {
  it('asks for all pictures in one request and takes what was not filtered', async () => {
    const { result, received } = await run({
      model: IMAGEN,
      n: 3,
      widthPx: 1280,
      heightPx: 896,
      outputFormat: 'jpeg',
      seed: 5,
      providerOptions: { person_generation: 'dont_allow' },
    });
    expect(simulator.calls.map(({ fields }) => fields.parameters)).toEqual([
      {
        sampleCount: 3,
        aspectRatio: '4:3',
        sampleImageSize: '1K',
        personGeneration: 'dont_allow',
        includeRaiReason: true,
        outputOptions: { mimeType: 'image/jpeg' },
      },
    ]);
    expect(received.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(await sharp(received[2]?.bytes).metadata()).toMatchObject({
      format: 'jpeg',
      width: 1280,
    });
    expect(result.warnings.map(({ field }) => field)).toEqual(['seed']);
    simulator.failNext('some_filtered');
    const filtered = await run({ model: IMAGEN, n: 2 });
    expect(filtered.received.map(({ index }) => index)).toEqual([1]);
    expect(filtered.result).toMatchObject({
      images: [{ index: 1, revisedPrompt: 'a red fox in snow, in detail' }],
      warnings: [expect.objectContaining({ code: 'fewer_images' })],
    });
    simulator.failNext('more_images');
    const more = await run({ model: IMAGEN });
    expect(more.received).toHaveLength(1);
    expect(more.result).toMatchObject({
      deliveredCount: 1,
      answeredCount: 2,
      warnings: [expect.objectContaining({ code: 'more_images' })],
    });
  });

  it('calls it a refusal when all were filtered, and a retired model unknown', async () => {
    expect(await failWith('all_filtered', { model: IMAGEN })).toMatchObject({ kind: 'refused' });
    const { call } = prepare({ model: 'imagen-3.0-generate-002' });
    expect(await fail(provider, call)).toMatchObject({ reason: 'model_not_found' });
  });
});

describe('the simulator', () => {
  it('is understood by Google’s own package', async () => {
    const google = new GoogleGenAI({ apiKey: KEY, httpOptions: { baseUrl: simulator.origin } });
    // The package says on the console that there is more than pictures.
    vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const answer = await google.models.generateContent({
      model: NANO,
      contents: 'a lighthouse',
      config: { responseModalities: ['IMAGE'], imageConfig: { aspectRatio: '3:2' } },
    });
    expect(await sharp(Buffer.from(answer.data ?? '', 'base64')).metadata()).toMatchObject({
      width: 1264,
      height: 848,
    });
    expect(answer.usageMetadata).toMatchObject({ candidatesTokenCount: 1_120 });
    const images = await google.models.generateImages({
      model: IMAGEN,
      prompt: 'a lighthouse',
      config: { numberOfImages: 2, aspectRatio: '16:9' },
    });
    expect(images.generatedImages).toHaveLength(2);
    const refused = google.models.generateContent({ model: 'gemini-9', contents: 'a fox' });
    await expect(refused).rejects.toMatchObject({ name: 'ApiError', status: 404 });
    simulator.failNext('blocked_prompt');
    const blocked = await google.models.generateContent({ model: NANO, contents: 'a fox' });
    expect(blocked.promptFeedback?.blockReason).toBe('PROHIBITED_CONTENT');
  });

  it('is as strict as the vendor with what it does not know', async () => {
    const post = async (fields: object) => {
      const response = await fetch(`${simulator.baseUrl}/models/${NANO}:generateContent`, {
        method: 'POST',
        headers: { 'x-goog-api-key': KEY, 'content-type': 'application/json' },
        body: JSON.stringify({ contents: [{ parts: [{ text: 'a fox' }] }], ...fields }),
      });
      return response.status;
    };
    const image = (imageConfig: object) => ({ generationConfig: { imageConfig } });
    expect(await post(image({ imageSize: '2k' }))).toBe(400);
    expect(await post(image({ aspectRatio: '7:3' }))).toBe(400);
    expect(await post(image({ sampleCount: 2 }))).toBe(400);
    expect(await post({ prompt: 'a fox' })).toBe(400);
    expect(await post({ contents: [] })).toBe(400);
    expect(await post({})).toBe(200);
  });
});
