// Proves that pictures go in as bytes, as stored pictures and by address, that masks and try-ons do what they say,
// and that what went in is kept with the generation.
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../setup/application.js';
import { must, operatorOf } from '../setup/people.js';
import { hashPixels } from '../setup/pixels.js';
import {
  GENERATIONS,
  startWithVendor,
  type VendorApplication,
} from '../setup/vendor-application.js';

const SIDE_PX = 64;
const RED = { r: 255, g: 0, b: 0 };
const BLUE = { r: 0, g: 0, b: 255 };
const CLEAR = { r: 0, g: 0, b: 0, alpha: 0 };

type Colour = typeof RED;

let atelier: VendorApplication;
let red: Buffer;

beforeAll(async () => {
  atelier = await startWithVendor();
  red = await makePlain(RED);
});
afterAll(async () => {
  await atelier.stop();
});

function makePlain(background: Colour, side = SIDE_PX): Promise<Buffer> {
  return sharp({ create: { width: side, height: side, channels: 3, background } })
    .png()
    .toBuffer();
}

/** Opaque on the left, open on the right. */
function makeHalfOpenMask(): Promise<Buffer> {
  const size = { width: SIDE_PX, height: SIDE_PX, channels: 4 as const };
  const left = { width: SIDE_PX / 2, height: SIDE_PX, channels: 4 as const };
  return sharp({ create: { ...size, background: CLEAR } })
    .composite([
      { input: { create: { ...left, background: { ...RED, alpha: 1 } } }, left: 0, top: 0 },
    ])
    .png()
    .toBuffer();
}

const base64 = (bytes: Buffer) => bytes.toString('base64');

async function make(body: object, status = 201): Promise<Answer['body']> {
  const size = `${SIDE_PX}x${SIDE_PX}`;
  return must(atelier, status, 'POST', GENERATIONS, { size, seed: 5, ...body }, atelier.key);
}

function edit(image: object, more: object = {}): Promise<Answer['body']> {
  return make({ operation: 'edit', prompt: 'more fog', reference_images: [image], ...more });
}

async function download(record: Answer['body'], index = 0): Promise<Buffer> {
  const response = await fetch(record.images[index].url);
  expect(response.status).toBe(200);
  return Buffer.from(await response.arrayBuffer());
}

/** What the first picture of a record shows. */
const show = async (record: Answer['body']) => hashPixels(await download(record));

/** Red, green and blue of one pixel. */
async function readPixel(picture: Buffer, left: number, top: number): Promise<number[]> {
  const pixel = sharp(picture).removeAlpha().extract({ left, top, width: 1, height: 1 });
  return [...(await pixel.raw().toBuffer())];
}

describe('an edit', () => {
  it('makes a picture of its own from bytes, plain or as a data: URL, the same for both', async () => {
    const plain = await edit({ data: base64(red) });
    const url = await edit({ data: `data:image/png;base64,${base64(red)}` });
    expect(plain).toMatchObject({ operation: 'edit', status: 'succeeded', cost_micros: 1_000 });
    expect(await show(url)).toBe(await show(plain));
    const other = await edit({ data: base64(await makePlain(BLUE)) });
    expect(await show(other)).not.toBe(await show(plain));
    expect((await download(plain)).equals(red)).toBe(false);
  });

  it('takes a stored picture of the space, and needs it no longer once it has begun', async () => {
    const source = await make({ prompt: 'a fox' });
    const direct = await edit({ data: base64(await download(source)) });
    const adopted = { media_id: source.images[0].id };
    const slow = { provider_options: { delay_ms: 1_000 } };
    const body = { operation: 'edit', prompt: 'more fog', reference_images: [adopted], ...slow };
    const asked = make(body);
    await expect
      .poll(async () => (await atelier.listGenerations())[0].status === 'running')
      .toBe(true);
    const session = operatorOf(atelier);
    await must(atelier, 200, 'DELETE', `${GENERATIONS}/${source.id}`, undefined, session);
    const edited = await asked;
    expect(await show(edited)).toBe(await show(direct));
    const again = await must(atelier, 400, 'POST', GENERATIONS, body, atelier.key);
    expect(again.errors[0].field).toBe('reference_images[0].media_id');
  });

  it('takes a picture by its address, fetched through the guard', async () => {
    const source = await make({ prompt: 'an owl' });
    const direct = await edit({ media_id: source.images[0].id });
    const fetched = await edit({ url: source.images[0].url });
    expect(await show(fetched)).toBe(await show(direct));
    const gone = source.images[0].url.replace('index=0', 'index=7');
    const refused = await make(
      { operation: 'edit', prompt: 'x', reference_images: [{ url: gone }] },
      400,
    );
    expect(refused.errors).toEqual([
      { field: 'reference_images[0].url', message: 'answered with status 404' },
    ]);
  });

  it('may be queued: its pictures wait with it', async () => {
    const direct = await edit({ data: base64(red) });
    const body = {
      operation: 'edit',
      prompt: 'more fog',
      reference_images: [{ data: base64(red) }],
    };
    const headers = { ...atelier.key, prefer: 'respond-async' };
    const size = `${SIDE_PX}x${SIDE_PX}`;
    const queued = await atelier.call('POST', GENERATIONS, { size, seed: 5, ...body }, headers);
    expect([queued.status, queued.body.status]).toEqual([202, 'queued']);
    const path = `${GENERATIONS}/${queued.body.id}`;
    const read = async () => (await atelier.call('GET', path)).body;
    await expect.poll(async () => (await read()).status, { timeout: 30_000 }).toBe('succeeded');
    expect(await show(await read())).toBe(await show(direct));
  });

  it('takes the size of its picture where none is asked for', async () => {
    const wide = await sharp(red).resize(96, 48, { fit: 'fill' }).jpeg().toBuffer();
    const { images } = await edit({ data: base64(wide) }, { size: undefined });
    expect(images[0]).toMatchObject({ width: 96, height: 48 });
  });

  it('sends the same bytes to a vendor that is asked to edit', async () => {
    atelier.simulator.reset();
    const body = { model: 'gpt-image-2', size: '1024x1024', quality: 'low' };
    await edit(
      { data: base64(red) },
      { ...body, mask: { data: base64(await makeHalfOpenMask()) } },
    );
    const [call] = atelier.simulator.calls;
    expect(call?.path).toBe('/v1/images/edits');
    const files = call?.files.map(({ field, bytes }) => [field.replace('[]', ''), bytes.length]);
    expect(files).toEqual([
      ['image', red.length],
      ['mask', (await makeHalfOpenMask()).length],
    ]);
  });
});

describe('a mask', () => {
  it.each(['inpaint', 'edit'])(
    'keeps what it covers and changes what it opens: %s',
    async (operation) => {
      const mask = { data: base64(await makeHalfOpenMask()) };
      const image = { data: base64(red) };
      const picture = await download(await edit(image, { operation, mask }));
      expect(await sharp(picture).metadata()).toMatchObject({ width: SIDE_PX, height: SIDE_PX });
      for (const top of [2, 32, 60]) expect(await readPixel(picture, 5, top)).toEqual([255, 0, 0]);
      const open = await Promise.all([2, 32, 60].map((top) => readPixel(picture, 58, top)));
      expect(open).not.toContainEqual([255, 0, 0]);
    },
  );

  it('may be a stored picture', async () => {
    const source = await edit({ data: base64(red) }, { background: 'transparent' });
    const { status } = await edit(
      { data: base64(red) },
      { operation: 'inpaint', mask: { media_id: source.images[0].id } },
    );
    expect(status).toBe('succeeded');
  });
});

describe('a try-on', () => {
  it('puts the second picture over the middle of the first, and leaves its edges', async () => {
    const garment = await makePlain(BLUE);
    const images = [{ data: base64(red) }, { data: base64(garment) }];
    const consent = { subject: 'self', basis: 'consent' };
    const body = { operation: 'try_on', prompt: 'a coat', reference_images: images, consent };
    const record = await make(body);
    expect(record).toMatchObject({ operation: 'try_on', status: 'succeeded' });
    const picture = await download(record);
    const [centreRed, , centreBlue] = await readPixel(picture, SIDE_PX / 2, SIDE_PX / 2);
    expect([centreRed, centreBlue]).toEqual([0, 255]);
    const [edgeRed = 0, , edgeBlue = 255] = await readPixel(picture, 1, 1);
    expect(edgeRed).toBeGreaterThan(200);
    expect(edgeBlue).toBeLessThan(50);
    const swapped = await make({ ...body, reference_images: images.toReversed() });
    expect(await show(swapped)).not.toBe(await show(record));
  });
});

describe('a variation', () => {
  it('gives another picture for every seed, the same one for the same', async () => {
    const body = { operation: 'variation', prompt: 'a', reference_images: [{ data: base64(red) }] };
    const [one, same, two] = [await make(body), await make(body), await make({ ...body, seed: 6 })];
    expect(await show(same)).toBe(await show(one));
    expect(await show(two)).not.toBe(await show(one));
  });
});

describe('operations that need no words', () => {
  const of = async (operation: string, more: object) => {
    const image = { data: base64(await makePlain(BLUE)) };
    const body = { operation, reference_images: [image], size: undefined, seed: 5, ...more };
    return must(atelier, 201, 'POST', GENERATIONS, body, atelier.key);
  };

  it.each([
    ['upscale', {}, '128x128'],
    ['upscale', { size: '96x96' }, '96x96'],
    ['outpaint', { prompt: 'the sea', size: '128x64' }, '128x64'],
    ['remove_background', {}, '64x64'],
    ['variation', {}, '64x64'],
  ])('%s %o gives a picture of %s at the price of one', async (operation, more, size) => {
    const made = await of(operation, more);
    const [{ width, height }] = made.images;
    expect([made.operation, `${width}x${height}`]).toEqual([operation, size]);
    expect(made.cost_micros).toBe(1_000);
  });

  it('outpaint needs some, and a model that cannot is not asked', async () => {
    const image = { data: base64(red) };
    const bare = { operation: 'outpaint', reference_images: [image] };
    const refused = await must(atelier, 400, 'POST', GENERATIONS, bare, atelier.key);
    expect(refused.errors[0].field).toBe('prompt');
    const other = { ...bare, operation: 'upscale', model: 'gpt-image-2' };
    const lacking = await must(atelier, 400, 'POST', GENERATIONS, other, atelier.key);
    expect(lacking.code).toBe('routing.capability_missing');
  });
});
