// Proves that leonardo keeps the contract of all image providers, and what it asks the vendor for, against the simulator.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JsonValue } from '../../src/common/json-value.js';
import { LeonardoProvider } from '../../src/providers/leonardo/leonardo.provider.js';
import { ModelCatalogService } from '../../src/providers/model-catalog.service.js';
import { LeonardoSimulator } from '../simulators/leonardo.simulator.js';
import { createInputImage } from './image-call.factory.js';
import { describeImageProvider } from './image-provider.contract.js';
import { ProviderBench } from './provider-bench.js';

const KEY = '0a1b2c3d-1111-4222-8333-444455556666';
const PHOENIX = 'leonardo-phoenix-1.0';
const KINO = 'leonardo-kino-xl';
const NANO = 'leonardo-nano-banana-2.1';

describeImageProvider('leonardo', true, async () => {
  const simulator = await LeonardoSimulator.start({ apiKey: KEY, jobMs: 25, questions: 2 });
  const own = new ProviderBench(LeonardoProvider, simulator, { model: PHOENIX, apiKey: KEY });
  return {
    provider: own.provider,
    base: { model: PHOENIX, credential: own.prepare().call.credential },
    size: { widthPx: 1024, heightPx: 576 },
    slow: { prompt: 'wait for ever [sim:hang]' },
    unsupported: { overrides: { steps: 30 }, field: 'steps' },
    refused: { prompt: 'something bad [sim:moderation]' },
    formats: [],
    defaultFormat: 'jpeg',
    hasTransparency: false,
    operations: { edit: {}, variation: {} },
    stop: () => own.stop(),
  };
});

let bench: ProviderBench<LeonardoSimulator>;
beforeAll(async () => {
  const simulator = await LeonardoSimulator.start({ apiKey: KEY });
  bench = new ProviderBench(LeonardoProvider, simulator, { model: PHOENIX, apiKey: KEY });
});
afterAll(() => bench.stop());
beforeEach(() => {
  bench.reset();
  bench.simulator.cost = null;
});

describe('requests', () => {
  it('are generations with what was asked and nothing that the vendor does not know', async () => {
    const { result, received } = await bench.run({
      widthPx: 1472,
      heightPx: 832,
      seed: 7,
      style: 'cinematic',
      negativePrompt: 'blur',
      guidance: 7,
      providerOptions: { contrast: 3.5, alchemy: false, photoReal: true },
    });
    const [order, question] = bench.simulator.calls;
    expect(order).toMatchObject({
      method: 'POST',
      path: '/api/rest/v1/generations',
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
    });
    expect(order?.fields).toEqual({
      modelId: 'de7d3faf-762f-48e0-b3b7-9d0ac3a3fcf3',
      prompt: 'a red fox in snow',
      negative_prompt: 'blur',
      width: 1472,
      height: 832,
      num_images: 1,
      seed: 7,
      styleUUID: 'a5632c7c-ddbb-4e2f-ba34-8456ab3ac436',
      contrast: 3.5,
      alchemy: false,
      public: false,
    });
    expect(question?.path).toMatch(/^\/api\/rest\/v1\/generations\/[\w-]+$/);
    expect(received[0]?.url).toContain('/delivery/');
    expect(result).toMatchObject({
      images: [{ index: 0, seed: 7 }],
      usage: { microcredits: 7_000_000 },
    });
    expect(result.warnings.map(({ field }) => field)).toEqual([
      'provider_options.photoReal',
      'guidance',
    ]);
  });

  it('say the older models in their words', async () => {
    const { result } = await bench.run({
      model: KINO,
      style: 'long_exposure',
      steps: 30,
      guidance: 7,
      background: 'transparent',
      providerOptions: { photoReal: true, scheduler: 'DDIM' },
    });
    expect(bench.simulator.orders[0]?.fields).toMatchObject({
      presetStyle: 'LONG_EXPOSURE',
      num_inference_steps: 30,
      guidance_scale: 7,
      transparency: 'foreground_only',
      photoReal: true,
      photoRealVersion: 'v2',
      scheduler: 'DDIM',
    });
    expect(result.warnings).toEqual([]);
  });

  it('of the newest models go to the second API', async () => {
    const image = await createInputImage();
    const { result } = await bench.run({
      model: NANO,
      operation: 'edit',
      n: 2,
      inputImages: [image, image],
      providerOptions: { prompt_enhance: 'OFF', image_strength: 'HIGH', alchemy: true },
    });
    const [order] = bench.simulator.orders;
    const reference = { image: { type: 'UPLOADED' }, strength: 'HIGH' };
    expect(order).toMatchObject({
      path: '/api/rest/v2/generations',
      fields: {
        model: 'google/nano-banana-2.1',
        parameters: { quantity: 2, prompt_enhance: 'OFF' },
        public: false,
      },
    });
    expect(order?.fields.parameters).toMatchObject({
      guidances: { image_reference: [reference, reference] },
    });
    expect(result.deliveredCount).toBe(2);
    expect(result.warnings.map(({ field }) => field)).toEqual(['provider_options.alchemy']);
  });

  it('upload a picture once, to a store that gets its own fields and no key', async () => {
    const inputImages = [await createInputImage()];
    const options = { providerOptions: { init_strength: 0.4 } };
    await bench.run({ operation: 'edit', inputImages, n: 5, ...options });
    const [opening, upload, ...others] = bench.simulator.calls;
    expect(opening).toMatchObject({ fields: { extension: 'png' } });
    expect(upload).toMatchObject({ path: '/uploads/', fields: { Policy: expect.any(String) } });
    expect(upload?.headers.authorization).toBeUndefined();
    expect(Number(upload?.headers['content-length'])).toBeGreaterThan(inputImages[0]!.sizeBytes);
    expect(upload?.files[0]?.bytes).toHaveLength(inputImages[0]!.sizeBytes);
    expect(others.filter(({ path }) => path === '/uploads/')).toEqual([]);
    const ids = bench.simulator.orders.map(({ fields }) => fields.init_image_id);
    expect(ids).toEqual([upload?.fields.key, upload?.fields.key]);
    expect(bench.simulator.orders[0]?.fields.init_strength).toBe(0.4);
  });

  it('are taken by the vendor for every model and operation of the catalogue', async () => {
    const image = await createInputImage();
    for (const { id, provider: of, capabilities } of new ModelCatalogService().listImageModels()) {
      if (of !== 'leonardo') continue;
      for (const operation of capabilities.operations) {
        const given = operation === 'generate' ? 0 : capabilities.inputImagesMax;
        const inputImages = Array.from({ length: given }, () => image);
        const style = capabilities.styles.at(-1) ?? null;
        const { result } = await bench.run({
          model: id,
          operation,
          inputImages,
          style,
          seed: 4_294_967_295,
        });
        expect(result.warnings.filter(({ field }) => field === 'style')).toEqual([]);
      }
    }
    expect(bench.simulator.orders).toHaveLength(30);
  });

  it('are not made with options that exclude each other', () => {
    expect(() => bench.provider.assertOptions({ ultra: true, alchemy: true })).toThrow(
      expect.objectContaining({ code: 'request.invalid' }) as Error,
    );
  });
});

describe('several pictures', () => {
  it('are as few generations as the size allows, with seeds of their own', async () => {
    const { result, received } = await bench.run({ n: 6, seed: 10 });
    const asked = bench.simulator.orders.map(({ fields }) => [fields.num_images, fields.seed]);
    expect(asked).toEqual([
      [4, 10],
      [2, 14],
    ]);
    expect(received.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(result).toMatchObject({ requestsCount: 2, usage: { microcredits: 42_000_000 } });
    bench.simulator.reset();
    await bench.run({ n: 8, widthPx: 768, heightPx: 512 });
    expect(bench.simulator.orders).toHaveLength(1);
  });

  it('are fewer when some are not fit to be shown', async () => {
    bench.simulator.failNext('nsfw_one');
    const { result, received } = await bench.run({ n: 3 });
    expect(received.map(({ index }) => index)).toEqual([1, 2]);
    expect(result).toMatchObject({ deliveredCount: 2, answeredCount: 3 });
    expect(result.warnings).toMatchObject([
      { code: 'fewer_images', message: expect.stringContaining('2 of 3') },
    ]);
  });

  it('are fewer when a part failed, and never more than were asked for', async () => {
    bench.simulator.failNext('failed');
    const { result, received } = await bench.run({ n: 5 });
    expect(received.map(({ index }) => index)).toEqual([4]);
    expect(result).toMatchObject({ usage: { microcredits: 7_000_000 }, requestsCount: 1 });
    bench.simulator.failNext('more');
    const more = await bench.run({ n: 2 });
    expect(more.received).toHaveLength(2);
    expect(more.result).toMatchObject({ answeredCount: 3, warnings: [{ code: 'more_images' }] });
  });

  it('come only when all have ended, so that a question may be repeated', async () => {
    const { call, received } = bench.prepare({ n: 5 });
    const reference = await bench.accept(call);
    bench.simulator.jobMs = 60_000;
    const running = await bench.ask(call, reference);
    expect(running).toEqual({ state: 'running', progress: null });
    expect(received).toEqual([]);
    bench.simulator.jobMs = 0;
    expect(await bench.ask(call, reference)).toMatchObject({ state: 'finished' });
    expect(received).toHaveLength(5);
    expect(bench.simulator.orders).toHaveLength(2);
  });

  it('are kept before the next is ordered', async () => {
    const kept: JsonValue[] = [];
    const { call } = bench.prepare({
      n: 5,
      keep: (reference) => Promise.resolve(void kept.push(reference)),
    });
    await bench.provider.submit(call);
    expect(kept).toMatchObject([{ jobs: [{ count: 4 }], asked: 5 }]);
    expect(await bench.ask(call, kept[0] ?? null)).toMatchObject({
      result: { deliveredCount: 4, warnings: [{ code: 'fewer_images' }] },
    });
  });
});

describe('costs', () => {
  it.each([
    [{ apiCreditCost: null, cost: { amount: '12.5', unit: 'CREDITS' } }, 12_500_000],
    [{ apiCreditCost: null, cost: { amount: '0.0000019', unit: 'CREDITS' } }, 1],
    [{ apiCreditCost: null, cost: { amount: '0.0147', unit: 'DOLLARS' } }, null],
    [{ apiCreditCost: -3, cost: { amount: '-4', unit: 'CREDITS' } }, null],
    [{ apiCreditCost: 1e9 }, null],
  ])('are credits where the vendor counts those: %j', async (cost, microcredits) => {
    bench.simulator.cost = cost;
    const { result } = await bench.run();
    expect(result.usage?.microcredits ?? null).toBe(microcredits);
  });
});
