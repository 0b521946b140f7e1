// Proves that OpenAI's own client, which repeats itself after a dropped connection, gets its picture and pays once:
// a TCP gate between client and service cuts the line at different moments. The vendor is a simulator that counts.
import OpenAI, { toFile } from 'openai';
import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { API_KEY } from '../setup/application.js';
import { createTcpGate, type TcpGate } from '../setup/tcp-gate.js';
import { startWithVendor, type VendorApplication } from '../setup/vendor-application.js';
import { makePicture } from '../simulators/simulator-picture.js';
import { hasSamePixels } from '../setup/pixels.js';

/** gpt-image-2, low, 1024x1024: 196 output tokens of 30 micros and 1 token of prompt of 5 micros. */
const PRICE_MICROS = 196 * 30 + 5;
/** Long enough to cut the line while the vendor works. */
const VENDOR_DELAY_MS = 1_500;

let atelier: VendorApplication;
let gate: TcpGate;
let retries: (string | null)[];
/** Another one for each test, always of 3 bytes: what one test left undelivered is no repeat to the next. */
let prompt = 'f00';
let before: Awaited<ReturnType<typeof books>>;

beforeAll(async () => {
  atelier = await startWithVendor();
});
afterAll(async () => {
  await atelier.stop();
});
beforeEach(async () => {
  const { hostname, port } = new URL(atelier.baseUrl);
  gate = await createTcpGate({ host: hostname, port: Number(port) });
  atelier.simulator.reset();
  retries = [];
  prompt = `f${String(Number(prompt.slice(1)) + 1).padStart(2, '0')}`;
  before = await books();
});
afterEach(async () => {
  await gate.shut();
});

function createClient(options: { timeout?: number; maxRetries?: number } = {}): OpenAI {
  return new OpenAI({
    apiKey: API_KEY,
    ...options,
    baseURL: `http://127.0.0.1:${gate.port}/v1`,
    fetch: (url, init) => {
      retries.push(new Headers(init?.headers).get('x-stainless-retry-count'));
      return fetch(url, init);
    },
  });
}

function generate(format: 'url' | 'b64_json' = 'b64_json', client = createClient()) {
  return client.images.generate({
    model: 'gpt-image-2',
    prompt,
    size: '1024x1024',
    quality: 'low',
    response_format: format,
  });
}

async function books() {
  const { available_micros, held_micros } = await atelier.wallet();
  return { available_micros, held_micros, generations: (await atelier.listGenerations()).length };
}

/** So many pictures were made, stored and paid since the test began, each by one call to the vendor. */
async function assertPaid(pictures: number): Promise<void> {
  expect(await books()).toEqual({
    available_micros: before.available_micros - pictures * PRICE_MICROS,
    held_micros: 0,
    generations: before.generations + pictures,
  });
  expect(atelier.simulator.callCount).toBe(pictures);
}

async function assertPicture(base64: string | undefined): Promise<void> {
  const made = await makePicture(`${prompt}#0`, 1024, 1024, 'png');
  expect(await hasSamePixels(Buffer.from(base64 ?? '', 'base64'), made)).toBe(true);
}

describe('a dropped connection that the client repeats', () => {
  it('is paid once when the line broke while the vendor was at work', async () => {
    atelier.simulator.failNext(`slow=${VENDOR_DELAY_MS}`);
    const asked = generate();
    await expect.poll(() => atelier.simulator.callCount).toBe(1);
    await gate.shut();
    await gate.open();
    const answer = await asked;
    await assertPicture(answer.data?.[0]?.b64_json);
    expect(retries).toEqual(['0', '1']);
    await assertPaid(1);
  });

  it('is paid once when the line stays broken until the picture is made', async () => {
    atelier.simulator.failNext(`slow=${VENDOR_DELAY_MS / 10}`);
    const asked = generate('url');
    await expect.poll(() => atelier.simulator.callCount).toBe(1);
    await gate.shut();
    await expect.poll(async () => (await atelier.listGenerations())[0].status).toBe('succeeded');
    await gate.open();
    const { data } = await asked;
    expect((await fetch(data?.[0]?.url ?? '')).status).toBe(200);
    await assertPaid(1);
  });

  it('is paid once when the answer was sent and lost on its way', async () => {
    gate.cutNextAnswers(1, 0);
    const { data } = await generate('url');
    expect((await fetch(data?.[0]?.url ?? '')).status).toBe(200);
    expect(retries).toEqual(['0', '1']);
    await assertPaid(1);
  });

  it('is paid once when the answer is lost twice', async () => {
    gate.cutNextAnswers(2, 0);
    await assertPicture((await generate()).data?.[0]?.b64_json);
    expect(retries).toEqual(['0', '1', '2']);
    await assertPaid(1);
  });

  it('is paid once when the client itself ran out of patience', async () => {
    atelier.simulator.failNext(`slow=${VENDOR_DELAY_MS}`);
    const client = createClient({ timeout: VENDOR_DELAY_MS / 2, maxRetries: 5 });
    await assertPicture((await generate('b64_json', client)).data?.[0]?.b64_json);
    expect(retries.length).toBeGreaterThan(1);
    await assertPaid(1);
  });
});

describe('a form, and a picture by events', () => {
  it('are paid once as well when the line broke while the vendor was at work', async () => {
    const bytes = await makePicture('in', 64, 48, 'png');
    const body = { model: 'gpt-image-2', size: '1024x1024', quality: 'low', prompt } as const;
    atelier.simulator.failNext(`slow=${VENDOR_DELAY_MS}`);
    const image = await toFile(bytes, 'in.png', { type: 'image/png' });
    const edited = createClient().images.edit({ ...body, image });
    await expect.poll(() => atelier.simulator.callCount).toBe(1);
    await gate.shut();
    await gate.open();
    await assertPicture((await edited).data?.[0]?.b64_json);
    // The client asks its `fetch` once whether it can send forms.
    expect(retries.filter((count) => count !== null)).toEqual(['0', '1']);
    expect(atelier.simulator.callCount).toBe(1);
    retries = [];

    atelier.simulator.failNext(`slow=${VENDOR_DELAY_MS}`);
    const streamed = createClient().images.generate({ ...body, stream: true });
    await expect.poll(() => atelier.simulator.callCount).toBe(2);
    await gate.shut();
    await gate.open();
    const events: string[] = [];
    for await (const event of await streamed) {
      events.push(event.type);
      await assertPicture(event.b64_json);
    }
    expect(events).toEqual(['image_generation.completed']);
    expect(retries).toEqual(['0', '1']);
    const inputMicros = 1_024 * 8;
    expect(await books()).toEqual({
      available_micros: before.available_micros - 2 * PRICE_MICROS - inputMicros,
      held_micros: 0,
      generations: before.generations + 2,
    });
  });
});

describe('an answer that breaks off in the middle', () => {
  it('is an error of the client, which has begun to read it; it was paid once', async () => {
    gate.cutNextAnswers(1, 2_000);
    await expect(generate()).rejects.toThrow();
    expect(retries).toEqual(['0']);
    await assertPaid(1);
    const [record] = await atelier.listGenerations();
    expect(record).toMatchObject({ status: 'succeeded', cost_micros: PRICE_MICROS });
    expect((await fetch(record.images[0].url)).status).toBe(200);
  });
});

describe('the same request, sent anew', () => {
  it('is another picture when it comes later than the client would repeat a lost answer', async () => {
    await generate();
    const rows = atelier.app.get(DataSource);
    const sent = 'SELECT id FROM generations WHERE prompt = $1 AND delivered_at IS NOT NULL';
    await expect.poll(() => rows.query(sent, [prompt])).toHaveLength(1);
    const sentLongAgo = "UPDATE generations SET delivered_at = now() - interval '11 s'";
    await rows.query(`${sentLongAgo} WHERE prompt = $1`, [prompt]);
    const client = createClient().withOptions({
      defaultHeaders: { 'x-stainless-retry-count': '1' },
    });
    await generate('b64_json', client);
    expect(retries).toEqual(['0', '1']);
    await assertPaid(2);
  });

  it('is another picture with its own price', async () => {
    await generate();
    await generate();
    await Promise.all([generate(), generate()]);
    expect(retries).toEqual(['0', '0', '0', '0']);
    await assertPaid(4);
  });

  it('is another picture also when it failed first: the failure is repeated, not the one before', async () => {
    await generate();
    atelier.simulator.failNext('server_error');
    await generate();
    expect(retries).toEqual(['0', '0', '1']);
    expect(await books()).toEqual({
      available_micros: before.available_micros - 2 * PRICE_MICROS,
      held_micros: 0,
      generations: before.generations + 3,
    });
  });
});
