// Proves the way through Gemini, Stability, Black Forest Labs and Replicate: their pictures are stored and charged by the price book,
// by what the vendor counted where it counts; what was refused costs nothing. Prices: Gemini Nano Banana 2.1 takes 1.5 micros a token of
// prompt, 7.5 a token of text and 30 a token of picture that come out; Stability 30,000 to 40,000 a picture.
import { readdirSync } from 'node:fs';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, startApplication, type TestApplication } from '../setup/application.js';
import { BflSimulator } from '../simulators/bfl.simulator.js';
import { GeminiSimulator } from '../simulators/gemini.simulator.js';
import { ReplicateSimulator } from '../simulators/replicate.simulator.js';
import { makePicture } from '../simulators/simulator-picture.js';
import { StabilitySimulator } from '../simulators/stability.simulator.js';

const KEY = 'vendor-credential-of-these-tests-0123456789';
const GENERATIONS = '/api/v1/image-generations';
const NANO = 'gemini-nano-banana-2.1';
const SCHNELL = 'black-forest-labs/flux-schnell';
/** `fox` is one token; a picture 1,120 at 1K. Micros, before they are rounded up. */
const NANO_PICTURE = 1 * 1.5 + 1_120 * 30;

let gemini: GeminiSimulator;
let stability: StabilitySimulator;
let bfl: BflSimulator;
let replicate: ReplicateSimulator;
let atelier: TestApplication;
let availableBefore: number;

beforeAll(async () => {
  gemini = await GeminiSimulator.start({ apiKey: KEY });
  stability = await StabilitySimulator.start({ apiKey: KEY });
  bfl = await BflSimulator.start({ apiKey: KEY, jobMs: 300 });
  replicate = await ReplicateSimulator.start({ apiKey: KEY });
  atelier = await startApplication({
    AI_PROVIDER: 'gemini',
    GOOGLE_API_KEY: KEY,
    GOOGLE_BASE_URL: gemini.baseUrl,
    STABILITY_API_KEY: KEY,
    STABILITY_BASE_URL: stability.baseUrl,
    BFL_API_KEY: KEY,
    BFL_BASE_URL: bfl.baseUrl,
    REPLICATE_API_KEY: KEY,
    REPLICATE_BASE_URL: replicate.baseUrl,
    OUTBOUND_ALLOW: '127.0.0.1',
  });
});
afterAll(async () => {
  await atelier.stop();
  await gemini.stop();
  await stability.stop();
  await bfl.stop();
  await replicate.stop();
});
beforeEach(async () => {
  gemini.reset();
  stability.reset();
  bfl.reset();
  replicate.reset();
  availableBefore = (await readWallet()).available_micros;
});

async function readWallet() {
  return (await atelier.call('GET', '/api/v1/billing/wallets')).body.data[0];
}

function make(body: object): Promise<Answer> {
  return atelier.call('POST', GENERATIONS, { prompt: 'fox', ...body });
}

/** Wallet, record and usage row agree. */
async function assertCharged(record: { id: string }, micros: number) {
  expect(await readWallet()).toMatchObject({
    available_micros: availableBefore - micros,
    held_micros: 0,
  });
  const stored = (await atelier.call('GET', `${GENERATIONS}/${record.id}`)).body;
  expect(stored).toMatchObject({ cost_micros: micros });
  const { body } = await atelier.call('GET', '/api/v1/billing/usage?limit=1');
  expect(body.data[0]).toMatchObject({ generation_id: record.id, charged_micros: micros });
  return body.data[0];
}

async function readPicture(url: string) {
  const bytes = Buffer.from(await (await fetch(url)).arrayBuffer());
  const { width, height, format } = await sharp(bytes).metadata();
  return { width, height, format };
}

async function setPrice(line: object) {
  const path = '/api/v1/billing/prices/overrides';
  const operator = { authorization: `Bearer ${atelier.token}` };
  const { status } = await atelier.call('POST', path, { unit: 'image', ...line }, operator);
  expect(status).toBe(201);
}

async function picture(widthPx: number, heightPx: number) {
  return { data: (await makePicture('given', widthPx, heightPx, 'png')).toString('base64') };
}

describe('Gemini', () => {
  it('makes pictures side by side, charged by all that it counted', async () => {
    gemini.failNext('drafts', 2);
    const { status, body } = await make({ model: NANO, n: 2, size: '1200x896' });
    expect(status).toBe(201);
    expect(body).toMatchObject({ status: 'succeeded', provider: 'gemini', model: NANO });
    for (const { url } of body.images) {
      expect(await readPicture(url)).toEqual({ width: 1200, height: 896, format: 'png' });
    }
    // Two requests, each of which also thought for 210 tokens; the drafts were not kept.
    const usage = await assertCharged(body, 2 * (NANO_PICTURE + 210 * 7.5));
    expect(usage).toMatchObject({
      provider: 'gemini',
      images_delivered: 2,
      input_tokens: 2,
      output_tokens: 2 * 1_330,
      image_output_tokens: 2 * 1_120,
    });
    expect(gemini.callCount).toBe(2);
  });

  it('serves what names no model, and dresses a person', async () => {
    const images = [await picture(64, 96), await picture(64, 64)];
    const consent = { subject: 'self', basis: 'consent' };
    const { status, body } = await make({ operation: 'try_on', reference_images: images, consent });
    expect(status).toBe(201);
    expect(body).toMatchObject({ model: 'gemini-3-pro-image', images: [{ format: 'jpeg' }] });
    const [contents] = gemini.calls.map(({ fields }) => fields.contents as { parts: object[] }[]);
    expect(contents?.[0]?.parts).toHaveLength(3);
    const { input_tokens: inputTokens } = (
      await atelier.call('GET', '/api/v1/billing/usage?limit=1')
    ).body.data[0];
    // Two micros a token that goes in, 120 a token of picture.
    await assertCharged(body, inputTokens * 2 + 1_120 * 120);
  });

  it('takes a shape for the size that it has of it', async () => {
    const { status, body } = await make({ model: NANO, aspect_ratio: '16:9' });
    expect(status).toBe(201);
    expect(body).toMatchObject({ images: [{ width: 1376, height: 768 }], warnings: [] });
    await assertCharged(body, Math.ceil(NANO_PICTURE));
  });

  it('keeps and charges what came when a part failed, and says why', async () => {
    gemini.failNext('overloaded');
    const { body } = await make({ model: NANO, n: 2 });
    expect(body).toMatchObject({
      status: 'partially_succeeded',
      images: [expect.anything()],
      warnings: [{ code: 'fewer_images', message: expect.stringContaining('1 of 2') }],
    });
    await assertCharged(body, Math.ceil(NANO_PICTURE));
  });

  it('keeps and charges what came before it was canceled', async () => {
    // Four requests at once, and the fifth when one of them has ended.
    gemini.failNext('slow=0', 4);
    gemini.failNext('slow=60000');
    const headers = { ...atelier.key, prefer: 'respond-async' };
    const asked = { model: NANO, prompt: 'fox', n: 5 };
    const { id } = (await atelier.call('POST', GENERATIONS, asked, headers)).body;
    const listStaged = () => readdirSync(`${atelier.config.media.dir}/incoming`);
    await expect.poll(listStaged, { timeout: 30_000 }).toHaveLength(4);
    await expect.poll(() => gemini.callCount, { timeout: 30_000 }).toBe(5);
    await atelier.call('POST', `${GENERATIONS}/${id}/cancel`);
    const read = async () => (await atelier.call('GET', `${GENERATIONS}/${id}`)).body;
    await expect
      .poll(read, { timeout: 30_000 })
      .toMatchObject({ status: 'partially_succeeded', error: { code: 'generations.canceled' } });
    const record = await read();
    expect(record.images).toHaveLength(4);
    for (const { url } of record.images) expect((await fetch(url)).status).toBe(200);
    await assertCharged(record, 4 * 1_120 * 30);
  });

  it('costs nothing when it refuses, and is not asked again', async () => {
    const { status, body } = await make({ model: NANO, prompt: 'fox [sim:image_safety]' });
    expect([status, body.code]).toEqual([422, 'provider.refused']);
    expect(await readWallet()).toMatchObject({ available_micros: availableBefore, held_micros: 0 });
    expect(gemini.callCount).toBe(1);
  });

  it('names the successor of what was shut down', async () => {
    const { status, body } = await make({ model: 'imagen-4.0-ultra-generate-001' });
    expect([status, body.code]).toEqual([410, 'routing.model_retired']);
    expect(body.detail).toContain('gemini-3-pro-image');
  });
});

describe('Stability', () => {
  it('makes a picture in the format asked for, at its price', async () => {
    const { status, body } = await make({
      model: 'stable-image-core',
      output_format: 'webp',
      seed: 9,
    });
    expect(status).toBe(201);
    expect(body.images[0]).toMatchObject({ format: 'webp', seed: 9 });
    await assertCharged(body, 30_000);
  });

  it('makes a picture wider', async () => {
    const { status, body } = await make({
      model: 'edit/outpaint',
      operation: 'outpaint',
      reference_images: [await picture(96, 64)],
      provider_options: { right: 40 },
    });
    expect(status).toBe(201);
    expect(await readPicture(body.images[0].url)).toMatchObject({ width: 136, height: 64 });
    await assertCharged(body, 40_000);
  });

  it('does not deliver what it blurred, and costs nothing then', async () => {
    stability.failNext('filtered');
    const { status, body } = await make({ model: 'stable-image-core' });
    expect([status, body.code]).toEqual([422, 'provider.refused']);
    expect(await readWallet()).toMatchObject({ available_micros: availableBefore, held_micros: 0 });
  });
});

describe('Black Forest Labs', () => {
  const model = 'flux-2-pro';
  const PRICE_MICROS = 30_000;

  it('has no price until an operator sets one', async () => {
    const { status, body } = await make({ model });
    expect([status, body.code]).toEqual([422, 'billing.no_price']);
    expect(bfl.callCount).toBe(0);
    await setPrice({ provider: 'bfl', model, price_micros: PRICE_MICROS });
  });

  it('makes pictures in jobs that are asked after, at that price', async () => {
    const { status, body } = await make({ model, n: 2, size: '1024x768', seed: 5 });
    expect(status).toBe(201);
    expect(body).toMatchObject({ status: 'succeeded', images: [{ seed: 5 }, { seed: 6 }] });
    for (const { url } of body.images) {
      expect(await readPicture(url)).toEqual({ width: 1024, height: 768, format: 'jpeg' });
    }
    expect(bfl.orders).toHaveLength(2);
    await assertCharged(body, 2 * PRICE_MICROS);
    // Credits are no tokens: an OpenAI client is told of none.
    const answer = await atelier.call('POST', '/v1/images/generations', { model, prompt: 'fox' });
    expect(answer.status).toBe(200);
    expect(answer.body.usage).toBeUndefined();
  });

  it('waits through what passes, and keeps what came when a part was refused', async () => {
    bfl.failNext('moderation');
    const promise = make({ model, n: 2 });
    await expect.poll(() => bfl.orders.length, { timeout: 30_000 }).toBe(2);
    bfl.failNext('unavailable');
    const { body } = await promise;
    expect(body).toMatchObject({
      status: 'partially_succeeded',
      images: [expect.anything()],
      warnings: [{ code: 'fewer_images', message: expect.stringContaining('1 of 2') }],
    });
    expect(bfl.orders).toHaveLength(2);
    await assertCharged(body, PRICE_MICROS);
  });

  it('costs nothing when it refuses', async () => {
    const { status, body } = await make({ model, prompt: 'fox [sim:content_moderation]' });
    expect([status, body.code]).toEqual([422, 'provider.refused']);
    expect(await readWallet()).toMatchObject({ available_micros: availableBefore, held_micros: 0 });
  });
});

describe('Replicate', () => {
  const model = SCHNELL;

  it('makes several pictures in one prediction, at the price that was set', async () => {
    await setPrice({ provider: 'replicate', model, price_micros: 3_000 });
    const { status, body } = await make({ model, n: 3, output_format: 'png' });
    expect(status).toBe(201);
    expect(body).toMatchObject({ status: 'succeeded', images: [{}, {}, { format: 'png' }] });
    expect(replicate.orders).toHaveLength(1);
    await assertCharged(body, 9_000);
  });

  it('is told to stop when nobody wants the pictures any more', async () => {
    replicate.asked.clear();
    replicate.jobMs = 3_600_000;
    const headers = { ...atelier.key, prefer: 'respond-async' };
    const { body } = await atelier.call('POST', GENERATIONS, { model, prompt: 'fox' }, headers);
    await expect.poll(() => replicate.asked.size, { timeout: 30_000 }).toBe(1);
    await atelier.call('POST', `${GENERATIONS}/${body.id}/cancel`);
    const canceled = () => replicate.calls.filter(({ path }) => path.endsWith('/cancel')).length;
    await expect.poll(canceled, { timeout: 30_000 }).toBe(1);
    const read = async () => (await atelier.call('GET', `${GENERATIONS}/${body.id}`)).body.status;
    await expect.poll(read, { timeout: 30_000 }).toBe('canceled');
    replicate.jobMs = 0;
    expect(await readWallet()).toMatchObject({ available_micros: availableBefore, held_micros: 0 });
  });
});

it('never shows a vendor’s key', async () => {
  gemini.failNext('echo_key');
  stability.failNext('echo_key');
  bfl.failNext('echo_key');
  replicate.failNext('echo_key');
  const answers = [];
  for (const model of [NANO, 'stable-image-core', 'flux-2-pro', SCHNELL])
    answers.push(await make({ model }));
  for (const { body } of answers) {
    expect(body.code).toBe('provider.unauthorized');
    expect(JSON.stringify(body)).not.toContain(KEY);
  }
});
