// Proves that the embedded pictures are repeatable, differ visibly, and change inputs only where they may.
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import {
  createImageCall,
  createInputImage,
  createMask,
  toInputImage,
} from '../../../test/contract/image-call.factory.js';
import { ModelCatalogService } from '../model-catalog.service.js';
import type { ImageCall } from '../spec/image-call.js';
import { EmbeddedProvider } from './embedded.provider.js';

const provider = new EmbeddedProvider(new ModelCatalogService());
const SIZE = { widthPx: 64, heightPx: 64 };
/** Mean distance of colours, 0 to 255, from which two pictures look different at a glance. */
const VISIBLE = 12;

async function render(overrides: Partial<ImageCall> = {}) {
  const { call, received } = createImageCall({ model: 'embedded-image', ...SIZE, ...overrides });
  const submission = await provider.submit(call);
  if (submission.state !== 'finished') throw new Error('not finished');
  return { result: submission.result, pictures: received.map((image) => image.bytes) };
}

const toPixels = (bytes: Buffer | undefined) => sharp(bytes).removeAlpha().raw().toBuffer();

async function measureDistance(left?: Buffer, right?: Buffer): Promise<number> {
  const [a, b] = await Promise.all([toPixels(left), toPixels(right)]);
  const sum = a.reduce((total, value, at) => total + Math.abs(value - (b[at] ?? 0)), 0);
  return sum / a.length;
}

describe('EmbeddedProvider', () => {
  it('makes the same bytes from the same prompt and seed, and others from another seed', async () => {
    const [first, second, third] = await Promise.all([
      render({ seed: 7 }),
      render({ seed: 7 }),
      render({ seed: 8 }),
    ]);
    expect(first.pictures).toEqual(second.pictures);
    expect(first.pictures).not.toEqual(third.pictures);
  });

  it('makes pictures of different prompts that look different', async () => {
    const prompts = ['a cat', 'a dog', 'a red car', 'a blue car', 'the sea at night', 'Mount Fuji'];
    const renders = await Promise.all(prompts.map((prompt) => render({ prompt, seed: 1 })));
    for (const [at, left] of renders.entries()) {
      for (const right of renders.slice(at + 1)) {
        const distance = await measureDistance(left.pictures[0], right.pictures[0]);
        expect(distance).toBeGreaterThan(VISIBLE);
      }
    }
  });

  it('reports a seed for each picture, with which that one is made again', async () => {
    const { result, pictures } = await render({ n: 3 });
    expect(result.providerNote).toEqual({ rendered: 'procedural' });
    for (const { index, seed } of result.images) {
      const again = await render({ seed });
      expect(again.pictures[0]).toEqual(pictures[index]);
    }
  });

  it('is a square of 1024 when no size is asked for, and the input’s size in an edit', async () => {
    const auto = { widthPx: null, heightPx: null };
    expect((await render(auto)).result.served.size).toBe('1024x1024');
    const inputImages = [await createInputImage({ widthPx: 300, heightPx: 200 })];
    const edit = await render({ ...auto, operation: 'edit', inputImages });
    expect(edit.result.served.size).toBe('300x200');
    expect(await sharp(edit.pictures[0]).metadata()).toMatchObject({ width: 300, height: 200 });
  });

  it('makes the smallest and the longest sizes it promises', async () => {
    for (const size of [
      { widthPx: 16, heightPx: 16 },
      { widthPx: 16, heightPx: 4096 },
      { widthPx: 4096, heightPx: 16 },
    ]) {
      const { pictures } = await render(size);
      expect(await sharp(pictures[0]).metadata()).toMatchObject({
        width: size.widthPx,
        height: size.heightPx,
      });
    }
  });

  it('leaves the rim of a transparent picture transparent', async () => {
    const { pictures } = await render({ background: 'transparent' });
    const { data, info } = await sharp(pictures[0]).raw().toBuffer({ resolveWithObject: true });
    expect(info.channels).toBe(4);
    expect(data[3]).toBe(0);
    expect(data[(32 * 64 + 32) * 4 + 3]).toBe(255);
  });

  it('changes exactly what the mask leaves open', async () => {
    const input = await createInputImage({ widthPx: 64, heightPx: 64, color: '#3366cc' });
    const { pictures } = await render({
      operation: 'inpaint',
      inputImages: [input],
      mask: await createMask(64, 64),
    });
    const pixels = await toPixels(pictures[0]);
    let changed = 0;
    for (let at = 0; at < pixels.length; at += 3) {
      const isOpen = (at / 3) % 64 < 32;
      const isSame = pixels[at] === 0x33 && pixels[at + 1] === 0x66 && pixels[at + 2] === 0xcc;
      if (!isOpen) expect(isSame).toBe(true);
      else if (!isSame) changed += 1;
    }
    expect(changed).toBeGreaterThan(64 * 32 * 0.9);
  });

  it('edits with the prompt: another prompt, another result, both still showing the input', async () => {
    const inputImages = [await createInputImage({ widthPx: 64, heightPx: 64 })];
    const [first, second] = await Promise.all([
      render({ operation: 'edit', inputImages, prompt: 'make it winter', seed: 1 }),
      render({ operation: 'edit', inputImages, prompt: 'make it a desert', seed: 1 }),
    ]);
    expect(await measureDistance(first.pictures[0], second.pictures[0])).toBeGreaterThan(VISIBLE);
  });

  it('puts the garment on the person, whichever comes first', async () => {
    const person = await createInputImage({ role: 'person', color: '#ffffff' });
    const garment = await createInputImage({ role: 'garment', color: '#ff0000' });
    for (const inputImages of [
      [person, garment],
      [garment, person],
    ]) {
      const { pictures } = await render({ operation: 'try_on', inputImages, seed: 1 });
      const pixels = await toPixels(pictures[0]);
      const center = (32 * 64 + 32) * 3;
      expect([...pixels.subarray(center, center + 3)]).toEqual([255, 0, 0]);
      expect(pixels[1]).toBeGreaterThan(200);
    }
  });

  it('makes a picture larger without changing what it shows', async () => {
    const inputImages = [await createInputImage({ widthPx: 40, heightPx: 30, color: '#2266aa' })];
    const open = { operation: 'upscale' as const, widthPx: null, heightPx: null, inputImages };
    const { result, pictures } = await render(open);
    expect(result.served.size).toBe('80x60');
    const pixels = await toPixels(pictures[0]);
    expect([...pixels.subarray(0, 3)]).toEqual([0x22, 0x66, 0xaa]);
  });

  it('paints around a picture and leaves its inside as it was', async () => {
    const inputImages = [await createInputImage({ widthPx: 32, heightPx: 32, color: '#ff0000' })];
    const { pictures } = await render({ operation: 'outpaint', inputImages, seed: 1 });
    const pixels = await toPixels(pictures[0]);
    const at = (x: number, y: number) => [
      ...pixels.subarray((y * 64 + x) * 3, (y * 64 + x) * 3 + 3),
    ];
    expect([at(16, 16), at(32, 32), at(47, 47)]).toEqual(
      Array.from({ length: 3 }, () => [255, 0, 0]),
    );
    expect(at(2, 2)).not.toEqual([255, 0, 0]);
  });

  it('cuts a figure out of its ground', async () => {
    const figure = await sharp({
      create: { width: 20, height: 20, channels: 3, background: '#aa0000' },
    })
      .png()
      .toBuffer();
    const picture = await sharp({
      create: { width: 64, height: 64, channels: 3, background: '#f8f8f8' },
    })
      .composite([{ input: figure, gravity: 'centre' }])
      .png()
      .toBuffer();
    const { pictures } = await render({
      operation: 'remove_background',
      inputImages: [toInputImage(picture)],
    });
    const { data, info } = await sharp(pictures[0]).raw().toBuffer({ resolveWithObject: true });
    expect(info.channels).toBe(4);
    const alphaAt = (x: number, y: number) => data[(y * info.width + x) * 4 + 3];
    expect([alphaAt(2, 2), alphaAt(32, 32)]).toEqual([0, 255]);
  });

  it.each([
    [{ operation: 'upscale', widthPx: null, heightPx: null }, 'size'],
    [{ operation: 'remove_background', outputFormat: 'jpeg' }, 'output_format'],
  ] as const)('refuses what cannot be: %o', async (fields, param) => {
    const inputImages = [await createInputImage({ widthPx: 1_100, heightPx: 16 })];
    const work = render({ ...fields, inputImages });
    await expect(work).rejects.toMatchObject({ kind: 'invalid_request', details: { param } });
  });

  it('takes a phone’s turned photograph as it is shown', async () => {
    const turned = await sharp({
      create: { width: 40, height: 20, channels: 3, background: '#112233' },
    })
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    const { result } = await render({
      operation: 'variation',
      widthPx: null,
      heightPx: null,
      inputImages: [toInputImage(turned)],
    });
    expect(result.served.size).toBe('20x40');
  });

  it('reads no file of another kind, even one that its library could draw', async () => {
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
    const work = render({ operation: 'edit', inputImages: [toInputImage(svg)] });
    await expect(work).rejects.toMatchObject({ kind: 'invalid_request' });
  });

  it.each([-1, 60_001, 1.5, '10', true])('refuses %o as delay_ms', (delay) => {
    expect(() => provider.assertOptions({ delay_ms: delay })).toThrow(
      'provider_options.delay_ms must be a whole number from 0 to 60000',
    );
  });

  it('waits as long as delay_ms says', async () => {
    const started = performance.now();
    await render({ providerOptions: { delay_ms: 120 } });
    expect(performance.now() - started).toBeGreaterThan(115);
  });
});
