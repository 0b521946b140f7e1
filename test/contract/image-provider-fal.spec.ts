// Proves that fal keeps the contract of all image providers, and what it asks the vendor for, against the simulator.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JsonValue } from '../../src/common/json-value.js';
import { FalProvider } from '../../src/providers/fal/fal.provider.js';
import { ModelCatalogService } from '../../src/providers/model-catalog.service.js';
import { FalSimulator } from '../simulators/fal.simulator.js';
import { makeNoise } from '../simulators/simulator-picture.js';
import { createInputImage, toInputImage } from './image-call.factory.js';
import { describeImageProvider } from './image-provider.contract.js';
import { ProviderBench } from './provider-bench.js';

const KEY = 'fal-simulated-id:0123456789abcdef';
const DEV = 'fal-ai/flux/dev';
const PRO = 'fal-ai/flux-pro/v1.1';
const KONTEXT = 'fal-ai/flux-pro/kontext';
const KOLORS = 'fal-ai/kling/v1-5/kolors-virtual-try-on';

describeImageProvider('fal', true, async () => {
  const simulator = await FalSimulator.start({ apiKey: KEY, jobMs: 25 });
  const own = new ProviderBench(FalProvider, simulator, { model: DEV, apiKey: KEY });
  return {
    provider: own.provider,
    base: { model: DEV, credential: own.prepare().call.credential },
    size: { widthPx: 1024, heightPx: 576 },
    slow: { prompt: 'wait for ever [sim:hang]' },
    unsupported: { overrides: { negativePrompt: 'blur' }, field: 'negative_prompt' },
    refused: { prompt: 'something bad [sim:moderation]' },
    formats: ['png', 'jpeg'],
    defaultFormat: 'jpeg',
    hasTransparency: false,
    operations: { edit: {}, variation: {} },
    editedSize: { width: 96, height: 64 },
    stop: () => own.stop(),
  };
});

let bench: ProviderBench<FalSimulator>;
beforeAll(async () => {
  const simulator = await FalSimulator.start({ apiKey: KEY });
  bench = new ProviderBench(FalProvider, simulator, { model: DEV, apiKey: KEY });
});
afterAll(() => bench.stop());
beforeEach(() => bench.reset());

describe('requests', () => {
  it('go into the queue with what was asked, and are asked after where it says', async () => {
    const { result, received } = await bench.run({
      widthPx: 1280,
      heightPx: 720,
      seed: 7,
      steps: 28,
      guidance: 3.5,
      outputFormat: 'png',
      quality: 'high',
      providerOptions: { safety_tolerance: 3 },
    });
    const [order, question, answer] = bench.simulator.calls;
    expect(order).toMatchObject({
      method: 'POST',
      path: `/${DEV}`,
      headers: { authorization: `Key ${KEY}`, 'content-type': 'application/json' },
    });
    const lifecycle = order?.headers['x-fal-object-lifecycle-preference'] ?? '';
    expect(JSON.parse(lifecycle)).toEqual({ expiration_duration_seconds: 86_400 });
    expect(order?.fields).toEqual({
      prompt: 'a red fox in snow',
      image_size: { width: 1280, height: 720 },
      num_images: 1,
      num_inference_steps: 28,
      guidance_scale: 3.5,
      seed: 7,
      output_format: 'png',
    });
    const place = /^\/fal-ai\/flux\/requests\/[\w-]+/;
    expect(question?.path).toMatch(new RegExp(`${place.source}/status$`));
    expect(answer?.path).toMatch(new RegExp(`${place.source}$`));
    expect(answer?.headers).toMatchObject({ authorization: `Key ${KEY}` });
    expect(received[0]?.url).toContain('/delivery/');
    expect(result).toMatchObject({ images: [{ index: 0, seed: 7, revisedPrompt: null }] });
    expect(result.warnings.map(({ field }) => field)).toEqual([
      'provider_options.safety_tolerance',
      'quality',
    ]);
  });

  it('say a tolerance as a text, and show a prompt that was written anew', async () => {
    const providerOptions = { safety_tolerance: 3, enhance_prompt: true };
    const { result } = await bench.run({ model: PRO, providerOptions });
    const fields = { safety_tolerance: '3', enhance_prompt: true };
    expect(bench.simulator.orders[0]?.fields).toMatchObject(fields);
    expect(result.images[0]?.revisedPrompt).toBe('a red fox in snow, in detail');
    expect(result.warnings).toEqual([]);
  });

  it('go to another address with a picture than without', async () => {
    const inputImages = [await createInputImage()];
    const size = { widthPx: 1280, heightPx: 720 };
    await bench.run({ model: KONTEXT, ...size });
    const { result } = await bench.run({ model: KONTEXT, operation: 'edit', inputImages });
    const strong = { providerOptions: { strength: 0.4 }, ...size };
    const dev = await bench.run({ operation: 'edit', inputImages, ...strong });
    expect(bench.simulator.orders).toMatchObject([
      { path: `/${KONTEXT}/text-to-image`, fields: { aspect_ratio: '16:9' } },
      {
        path: `/${KONTEXT}`,
        fields: { image_url: expect.stringMatching(/^data:image\/png;base64,/) },
      },
      { path: `/${DEV}/image-to-image`, fields: { strength: 0.4 } },
    ]);
    expect(result.warnings).toEqual([]);
    expect(dev.result.warnings).toMatchObject([{ field: 'size' }]);
  });

  it('tell the person from the garment', async () => {
    const person = await createInputImage({ role: 'person' });
    const garment = await createInputImage({ role: 'garment', widthPx: 32 });
    const inputImages = [garment, person];
    const tryOn = { operation: 'try_on', inputImages, n: 2 } as const;
    const kolors = await bench.run({ model: KOLORS, ...tryOn, prompt: '' });
    const providerOptions = { category: 'tops', mode: 'quality' };
    const fashn = await bench.run({ model: 'fal-ai/fashn/tryon/v1.6', ...tryOn, providerOptions });
    expect(kolors.received).toHaveLength(2);
    expect(kolors.result).toMatchObject({ requestsCount: 2, warnings: [] });
    const [first, , third] = bench.simulator.orders.map(({ fields }) => fields);
    const widthOf = (field: unknown) =>
      Buffer.from(String(field).split(',')[1] ?? '', 'base64').readUInt32BE(16);
    expect(widthOf(first?.human_image_url)).toBe(96);
    expect(widthOf(first?.garment_image_url)).toBe(32);
    expect(widthOf(third?.model_image)).toBe(96);
    expect(third).toMatchObject({ num_samples: 2, category: 'tops', mode: 'quality' });
    expect(fashn.received).toHaveLength(2);
    expect(fashn.result.warnings).toMatchObject([{ field: 'prompt' }]);
  });

  it('upload what is too large for a request, once, to a store that gets no key', async () => {
    const bytes = await makeNoise(700, 700);
    const inputImages = [toInputImage(bytes)];
    await bench.run({ operation: 'edit', inputImages, n: 5 });
    const [opening, upload, ...others] = bench.simulator.calls;
    expect(opening).toMatchObject({
      path: '/storage/upload/initiate',
      headers: { authorization: `Key ${KEY}` },
      fields: { content_type: 'image/png', file_name: 'image.png' },
    });
    expect(upload).toMatchObject({ method: 'PUT', headers: { 'content-type': 'image/png' } });
    expect(upload?.headers.authorization).toBeUndefined();
    expect(upload?.headers['content-length']).toBe(String(bytes.length));
    expect(upload?.files[0]?.bytes.equals(bytes)).toBe(true);
    expect(others.filter(({ path }) => path.startsWith('/storage/'))).toEqual([]);
    const images = bench.simulator.orders.map(({ fields }) => fields.image_url);
    expect(images).toHaveLength(2);
    expect(images.every((url) => String(url).includes('/storage/file/'))).toBe(true);
  });

  it('are taken by the vendor for every model and operation of the catalogue', async () => {
    const image = await createInputImage();
    for (const { id, provider: of, capabilities } of new ModelCatalogService().listImageModels()) {
      if (of !== 'fal') continue;
      for (const operation of capabilities.operations) {
        const given = operation === 'generate' ? 0 : capabilities.inputImagesMax;
        const inputImages = [image, image].slice(0, given);
        const outputFormat = capabilities.formats.at(-1) ?? null;
        const { received } = await bench.run({ model: id, operation, inputImages, outputFormat });
        expect(received).toHaveLength(1);
      }
    }
    expect(bench.simulator.orders).toHaveLength(11);
  });
});

describe('several pictures', () => {
  it('are as few requests as the model allows, with seeds of their own', async () => {
    const { result, received } = await bench.run({ n: 6, seed: 1 });
    const asked = bench.simulator.orders.map(({ fields }) => [fields.num_images, fields.seed]);
    expect(asked).toEqual([
      [4, 1],
      [2, 5],
    ]);
    expect(received.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(result).toMatchObject({ requestsCount: 2, usage: null });
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

  it('are fewer when a part was refused, and never more than were asked for', async () => {
    bench.simulator.failNext('moderation');
    const { result, received } = await bench.run({ n: 5 });
    expect(received.map(({ index }) => index)).toEqual([4]);
    expect(result.warnings).toMatchObject([
      { code: 'fewer_images', message: expect.stringContaining('content policy') },
    ]);
    bench.simulator.failNext('more');
    const more = await bench.run({ n: 2 });
    expect(more.received).toHaveLength(2);
    expect(more.result).toMatchObject({ answeredCount: 3, warnings: [{ code: 'more_images' }] });
  });

  it('come only when all have ended, so that a question may be repeated', async () => {
    const { call, received } = bench.prepare({ n: 5 });
    const reference = await bench.accept(call);
    bench.simulator.jobMs = 60_000;
    expect(await bench.ask(call, reference)).toEqual({ state: 'running', progress: null });
    expect(received).toEqual([]);
    bench.simulator.jobMs = 0;
    expect(await bench.ask(call, reference)).toMatchObject({ state: 'finished' });
    expect(received).toHaveLength(5);
    expect(bench.simulator.orders).toHaveLength(2);
  });

  it('are kept before the next is ordered', async () => {
    const kept: JsonValue[] = [];
    const keep = (reference: JsonValue) => Promise.resolve(void kept.push(reference));
    const { call } = bench.prepare({ n: 5, keep });
    await bench.provider.submit(call);
    expect(kept).toMatchObject([{ jobs: [{ count: 4 }], asked: 5 }]);
    expect(await bench.ask(call, kept[0] ?? null)).toMatchObject({
      result: { deliveredCount: 4, warnings: [{ code: 'fewer_images' }] },
    });
  });
});
