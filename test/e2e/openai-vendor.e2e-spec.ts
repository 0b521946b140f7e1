// Proves the way to a vendor and back: what OpenAI's simulator makes is stored byte for byte and charged by what it
// reports, and a hold gives back what was not spent. Prices: 5 micros a token of prompt, 8 a token of an input
// picture, 30 a token of a picture that comes out.
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  GENERATIONS,
  startWithVendor,
  type VendorApplication,
} from '../setup/vendor-application.js';
import { makePicture } from '../simulators/simulator-picture.js';
import { hasSamePixels } from '../setup/pixels.js';

const MODEL = 'gpt-image-2';
const SQUARE = { model: MODEL, prompt: 'fox', size: '1024x1024', quality: 'low' };
/** One square picture in low quality: 16 x 16 cells x (2,000,000 + 1024 x 1024 pixels) / 4,000,000 = 196 tokens. */
const SQUARE_MICROS = 196 * 30;
/** `fox` is one token in the simulator's count (a token for 4 bytes) and in the hold's (for 3 bytes). */
const FOX_MICROS = 5;

let atelier: VendorApplication;
let before: Awaited<ReturnType<VendorApplication['wallet']>>;

beforeAll(async () => {
  atelier = await startWithVendor({ IMAGE_PIXELS_MAX: String(2_000_000) });
});
afterAll(async () => {
  await atelier.stop();
});
beforeEach(async () => {
  atelier.simulator.reset();
  before = await atelier.wallet();
});

async function make(body: object) {
  return atelier.call('POST', GENERATIONS, body);
}

async function download(url: string): Promise<Buffer> {
  return Buffer.from(await (await fetch(url)).arrayBuffer());
}

/** The pictures behind the links of a record are those the vendor made of the prompt. */
async function assertPictures(
  images: { url: string; index: number }[],
  indexes: number[],
  prompt = 'fox',
  [widthPx, heightPx]: [number, number] = [1024, 1024],
): Promise<void> {
  expect(images.map(({ index }) => index)).toEqual(indexes.map((_, place) => place));
  for (const [place, index] of indexes.entries()) {
    const made = await makePicture(`${prompt}#${index}`, widthPx, heightPx, 'png');
    expect(await hasSamePixels(await download(images[place]!.url), made)).toBe(true);
  }
}

/** Wallet, record, usage row and the vendor's count agree: so much was charged for one call. */
async function assertCharged(record: { id: string }, micros: number, pictures: number) {
  const after = await atelier.wallet();
  expect(after).toMatchObject({
    available_micros: before.available_micros - micros,
    spent_micros: before.spent_micros + micros,
    held_micros: 0,
  });
  const stored = (await atelier.call('GET', `${GENERATIONS}/${record.id}`)).body;
  expect(stored).toMatchObject({ cost_micros: micros, attempts: [{ cost_micros: micros }] });
  const [usage] = await atelier.listUsage();
  expect(usage).toMatchObject({
    id: stored.attempts[0].id,
    generation_id: record.id,
    provider: 'openai',
    model: MODEL,
    outcome: stored.status,
    images_delivered: pictures,
    charged_micros: micros,
  });
  expect(atelier.simulator.callCount).toBe(1);
  return usage;
}

async function listLedger(): Promise<{ kind: string; entries: Record<string, number> }[]> {
  const { id } = (await atelier.call('GET', '/api/v1/billing/wallets')).body.data[0];
  const { body } = await atelier.call('GET', `/api/v1/billing/wallets/${id}/ledger?limit=2`);
  return body.data.map(
    (one: { kind: string; entries: { bucket: string; amount_micros: number }[] }) => ({
      kind: one.kind,
      entries: Object.fromEntries(one.entries.map((entry) => [entry.bucket, entry.amount_micros])),
    }),
  );
}

describe('a generation', () => {
  it('stores what the vendor made and posts what it counted; the rest of the hold goes back', async () => {
    const prompt = 'a fox in deep snow';
    // 48 x 32 cells x (2,000,000 + 1024 x 1536) / 4,000,000 = 1,372 tokens a picture; the prompt is 18 bytes.
    const heldMicros = 2 * 1_372 * 30 + 2 * Math.ceil(18 / 3) * 5;
    const chargedMicros = 2 * 1_372 * 30 + Math.ceil(18 / 4) * 5;
    expect([heldMicros, chargedMicros]).toEqual([82_380, 82_345]);

    atelier.simulator.failNext('slow=700');
    const asked = make({ model: MODEL, prompt, n: 2, size: '1024x1536', quality: 'medium' });
    await expect
      .poll(() => atelier.wallet())
      .toMatchObject({
        available_micros: before.available_micros - heldMicros,
        held_micros: heldMicros,
      });
    const { status, body } = await asked;
    expect(status).toBe(201);
    expect(body).toMatchObject({ status: 'succeeded', provider: 'openai', sent_prompt: prompt });
    await assertPictures(body.images, [0, 1], prompt, [1024, 1536]);
    expect(await assertCharged(body, chargedMicros, 2)).toMatchObject({
      input_tokens: 5,
      output_tokens: 2_744,
      image_output_tokens: 2_744,
    });
    expect(await listLedger()).toEqual([
      {
        kind: 'post',
        entries: { held: -heldMicros, spent: chargedMicros, available: heldMicros - chargedMicros },
      },
      { kind: 'hold', entries: { available: -heldMicros, held: heldMicros } },
    ]);
  });

  it('is one call that says what was asked for, under the key of the connection', async () => {
    const { body } = await make({ ...SQUARE, output_format: 'webp', background: 'opaque' });
    expect(body.images[0]).toMatchObject({ format: 'webp', width: 1024, height: 1024 });
    const [call] = atelier.simulator.calls;
    expect(call).toMatchObject({ method: 'POST', path: '/v1/images/generations' });
    expect(call!.fields).toEqual({
      model: MODEL,
      prompt: 'fox',
      n: 1,
      size: '1024x1024',
      quality: 'low',
      background: 'opaque',
      output_format: 'webp',
    });
    expect(call!.headers['idempotency-key']).toBe(body.attempts[0].id);
    await assertCharged(body, SQUARE_MICROS + FOX_MICROS, 1);
  });

  it('is charged by the price of the picture when the vendor counts nothing', async () => {
    atelier.simulator.failNext('no_usage');
    const { body } = await make(SQUARE);
    await assertCharged(body, SQUARE_MICROS, 1);
  });
});

describe('an edit', () => {
  const prompt = 'make the door red';
  const picture = (subject: string) => makePicture(subject, 1024, 1024, 'png');

  it('sends picture and mask as they were given, and is charged for what went in', async () => {
    const [house, mask] = [await picture('house'), await makeMask()];
    const { status, body } = await make({
      ...SQUARE,
      prompt,
      operation: 'inpaint',
      reference_images: [{ data: house.toString('base64') }],
      mask: { data: `data:image/png;base64,${mask.toString('base64')}` },
    });
    expect(status).toBe(201);
    const [call] = atelier.simulator.calls;
    expect(call!.path).toBe('/v1/images/edits');
    expect(call!.files.map(({ field }) => field)).toEqual(['image[]', 'mask']);
    expect(call!.files.map(({ bytes }) => bytes.equals(house) || bytes.equals(mask))).toEqual([
      true,
      true,
    ]);
    await assertPictures(body.images, [0], prompt);
    // The prompt is 5 tokens (17 bytes), the picture 1,024; the vendor does not count the mask.
    await assertCharged(body, 5 * 5 + 1_024 * 8 + SQUARE_MICROS, 1);
  });

  it('takes pictures that the space has, in their order', async () => {
    const made = await make({ ...SQUARE, n: 2 });
    atelier.simulator.reset();
    before = await atelier.wallet();
    const [first, second] = made.body.images;
    const { status, body } = await make({
      ...SQUARE,
      prompt,
      operation: 'edit',
      reference_images: [{ media_id: second.id }, { media_id: first.id }],
    });
    expect(status).toBe(201);
    const files = atelier.simulator.calls[0]!.files.map(({ bytes }) => bytes);
    expect(files).toHaveLength(2);
    expect(await hasSamePixels(files[0]!, await picture('fox#1'))).toBe(true);
    expect(await hasSamePixels(files[1]!, await picture('fox#0'))).toBe(true);
    await assertPictures(body.images, [0], prompt);
    await assertCharged(body, 5 * 5 + 2 * 1_024 * 8 + SQUARE_MICROS, 1);
  });

  /** Fully transparent: all of the picture may change. */
  function makeMask(): Promise<Buffer> {
    const background = { r: 0, g: 0, b: 0, alpha: 0 };
    return sharp({ create: { width: 1024, height: 1024, channels: 4, background } })
      .png()
      .toBuffer();
  }
});

describe('an answer that is not what was asked for', () => {
  it('is charged for the pictures that came when there are fewer', async () => {
    atelier.simulator.failNext('fewer_images');
    const { status, body } = await make({ ...SQUARE, n: 3 });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      status: 'partially_succeeded',
      n: 3,
      warnings: [expect.objectContaining({ code: 'fewer_images' })],
    });
    await assertPictures(body.images, [0, 1]);
    await assertCharged(body, 2 * SQUARE_MICROS + FOX_MICROS, 2);
  });

  it('is charged for the pictures that were asked for when there are more', async () => {
    atelier.simulator.failNext('more_images');
    const { body } = await make({ ...SQUARE, n: 1 });
    expect(body).toMatchObject({
      status: 'succeeded',
      warnings: [expect.objectContaining({ code: 'more_images' })],
    });
    await assertPictures(body.images, [0]);
    // One of the two pictures that the vendor counted, and half of the prompt, rounded up.
    await assertCharged(body, Math.ceil((2 * SQUARE_MICROS + FOX_MICROS) / 2), 1);
  });

  it('keeps and charges the pictures that had come when the answer broke off', async () => {
    atelier.simulator.failNext('cut_body');
    const { status, body } = await make({ ...SQUARE, n: 3 });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      status: 'partially_succeeded',
      error: { code: 'provider.unavailable' },
    });
    await assertPictures(body.images, [0]);
    await assertCharged(body, SQUARE_MICROS, 1);
  });

  it('may hold links, which are fetched', async () => {
    atelier.simulator.failNext('url_answer');
    const { status, body } = await make({ ...SQUARE, n: 2 });
    expect(status).toBe(201);
    await assertPictures(body.images, [0, 1]);
    expect(body.images[0].url).toContain(atelier.baseUrl);
    await assertCharged(body, 2 * SQUARE_MICROS + FOX_MICROS, 2);
  });

  it('may hold links into the own network, which are not; the others are kept and charged', async () => {
    atelier.simulator.failNext('metadata_url');
    const { status, body } = await make({ ...SQUARE, n: 2 });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      status: 'partially_succeeded',
      warnings: [
        { code: 'picture_unusable', message: expect.stringContaining('metadata service') },
      ],
    });
    await assertPictures(body.images, [0]);
    await assertCharged(body, Math.ceil((2 * SQUARE_MICROS + FOX_MICROS) / 2), 1);
  });
});
