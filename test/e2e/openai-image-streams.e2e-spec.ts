// Proves that OpenAI's own client gets a picture by events: drafts where the vendor shows them, then the picture out of
// the store; that what fails is an error it knows, before the first event and after; and that a client that leaves ends
// nothing. The hold covers the drafts, the vendor's count decides what is paid.
import OpenAI, { APIError, BadRequestError, InternalServerError, toFile } from 'openai';
import type { ImageEditStreamEvent, ImageGenStreamEvent } from 'openai/resources/images';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { API_KEY } from '../setup/application.js';
import { findSchemaFaults } from '../setup/check-schema.js';
import { startWithVendor, type VendorApplication } from '../setup/vendor-application.js';
import { makePicture } from '../simulators/simulator-picture.js';
import description from './fixtures/openai-images-api.json' with { type: 'json' };
import { hasSamePixels } from '../setup/pixels.js';

const { schemas } = description.components;
const ASKED = {
  model: 'gpt-image-2',
  prompt: 'fox',
  size: '1024x1024',
  quality: 'low',
  stream: true,
} as const;
const EMBEDDED = { model: 'embedded-image', prompt: 'fox', size: '64x48', stream: true } as const;
const TOKEN_MICROS = 30;
/** Of the picture, and one token of prompt. */
const PICTURE_MICROS = 196 * TOKEN_MICROS + 5;
const PARTIAL_MICROS = 100 * TOKEN_MICROS;
const EVENT_SCHEMAS: Readonly<Record<string, keyof typeof schemas>> = {
  'image_generation.partial_image': 'ImageGenPartialImageEvent',
  'image_generation.completed': 'ImageGenCompletedEvent',
  'image_edit.partial_image': 'ImageEditPartialImageEvent',
  'image_edit.completed': 'ImageEditCompletedEvent',
};

type Event = ImageGenStreamEvent | ImageEditStreamEvent;

let atelier: VendorApplication;
let before: Awaited<ReturnType<VendorApplication['wallet']>>;

beforeAll(async () => {
  atelier = await startWithVendor({ STREAM_PING_S: '1' });
});
afterAll(async () => {
  await atelier.stop();
});
beforeEach(async () => {
  await atelier.forgive();
  atelier.simulator.reset();
  before = await atelier.wallet();
});

function createClient(maxRetries = 2): OpenAI {
  return new OpenAI({ apiKey: API_KEY, baseURL: `${atelier.baseUrl}/v1`, maxRetries });
}

/** All events, each by the book. */
async function collect(stream: AsyncIterable<Event>): Promise<Event[]> {
  const events: Event[] = [];
  for await (const event of stream) {
    const schema = schemas[EVENT_SCHEMAS[event.type] as keyof typeof schemas];
    expect(findSchemaFaults(event, schema, schemas)).toEqual([]);
    events.push(event);
  }
  return events;
}

const toBytes = (event: Event | undefined) => Buffer.from(event?.b64_json ?? '', 'base64');
const draw = (subject: string) => makePicture(subject, 1024, 1024, 'png');

async function assertPaid(micros: number): Promise<void> {
  await expect
    .poll(() => atelier.wallet())
    .toMatchObject({ available_micros: before.available_micros - micros, held_micros: 0 });
}

function ask(body: object, headers: object = {}, signal?: AbortSignal): Promise<Response> {
  return fetch(`${atelier.baseUrl}/v1/images/generations`, {
    method: 'POST',
    headers: { ...atelier.key, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    signal,
  });
}

describe('images.generate by events', () => {
  it('shows the drafts of the vendor, then its picture, and pays what it counted', async () => {
    const asked = createClient().images.generate({ ...ASKED, partial_images: 2 });
    const { data, response } = await asked.withResponse();
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    expect(response.headers.get('x-model-used')).toBe('gpt-image-2');
    expect(response.headers.get('x-provider')).toBe('openai');
    const events = await collect(data);
    expect(events.map(({ type }) => type.split('.')[1])).toEqual([
      'partial_image',
      'partial_image',
      'completed',
    ]);
    for (const [index, event] of events.slice(0, 2).entries()) {
      expect(event).toMatchObject({
        partial_image_index: index,
        size: '1024x1024',
        quality: 'low',
      });
      expect(toBytes(event).equals(await draw(`fox draft ${index}`))).toBe(true);
    }
    expect(await hasSamePixels(toBytes(events[2]), await draw('fox#0'))).toBe(true);
    expect(events[2]).toMatchObject({
      output_format: 'png',
      usage: { input_tokens: 1, output_tokens: 396, total_tokens: 397 },
    });
    await assertPaid(PICTURE_MICROS + 2 * PARTIAL_MICROS);
  });

  it('holds what the drafts may cost', async () => {
    atelier.simulator.failNext('stream_slow');
    const reading = collect(await createClient().images.generate({ ...ASKED, partial_images: 3 }));
    const { held_micros } = await atelier.wallet();
    expect(held_micros).toBe(PICTURE_MICROS + 3 * PARTIAL_MICROS);
    expect(await reading).toHaveLength(4);
    await assertPaid(PICTURE_MICROS + 3 * PARTIAL_MICROS);
  });

  it('asks the vendor for no drafts that nobody wants', async () => {
    const events = await collect(await createClient().images.generate(ASKED));
    expect(events.map(({ type }) => type)).toEqual(['image_generation.completed']);
    expect(atelier.simulator.calls[0]?.fields).not.toHaveProperty('stream');
    await assertPaid(PICTURE_MICROS);
  });

  it('gives several pictures in an event each; their usage stands in the last', async () => {
    const events = await collect(
      await createClient().images.generate({ ...ASKED, n: 2, partial_images: 1 }),
    );
    expect(events).toMatchObject([
      { type: 'image_generation.completed', usage: { total_tokens: 0 } },
      { type: 'image_generation.completed', usage: { output_tokens: 392 } },
    ]);
    for (const [index, event] of events.entries()) {
      expect(await hasSamePixels(toBytes(event), await draw(`fox#${index}`))).toBe(true);
    }
  });

  it('gives only the picture where the vendor shows no drafts', async () => {
    const [event, ...others] = await collect(
      await createClient().images.generate({ ...EMBEDDED, partial_images: 3 }),
    );
    expect(others).toEqual([]);
    expect(event).toMatchObject({ type: 'image_generation.completed', size: 'auto' });
    expect(await sharp(toBytes(event)).metadata()).toMatchObject({ width: 64, height: 48 });
    await assertPaid(1_000);
  });

  it('edits a picture so, too', async () => {
    const image = await toFile(await draw('input'), 'in.png', { type: 'image/png' });
    const events = await collect(
      await createClient().images.edit({ ...ASKED, image, partial_images: 1 }),
    );
    expect(events.map(({ type }) => type)).toEqual([
      'image_edit.partial_image',
      'image_edit.completed',
    ]);
    expect(atelier.simulator.calls[0]).toMatchObject({
      path: '/v1/images/edits',
      fields: { stream: 'true', partial_images: '1' },
    });
  });

  it('is answered from the store when it is repeated with its key', async () => {
    const headers = { 'Idempotency-Key': 'stream-once' };
    const client = createClient();
    const body = { ...ASKED, partial_images: 1 };
    await collect(await client.images.generate(body, { headers }));
    const { data, response } = await client.images.generate(body, { headers }).withResponse();
    expect(response.headers.get('idempotency-replayed')).toBe('true');
    expect((await collect(data)).map(({ type }) => type)).toEqual(['image_generation.completed']);
    expect(atelier.simulator.callCount).toBe(1);
    await assertPaid(PICTURE_MICROS + PARTIAL_MICROS);
  });
});

describe('what fails', () => {
  it('is an ordinary error before the first event, which the client repeats', async () => {
    atelier.simulator.failNext('server_error', 2);
    const once = createClient(0).images.generate({ ...ASKED, partial_images: 1 });
    await expect(once).rejects.toBeInstanceOf(InternalServerError);
    const events = await collect(
      await createClient().images.generate({ ...ASKED, partial_images: 1 }),
    );
    expect(events).toHaveLength(2);
    expect(atelier.simulator.callCount).toBe(3);
    await assertPaid(PICTURE_MICROS + PARTIAL_MICROS);
  });

  it.each([
    ['stream_cut', 1, 'provider.unavailable'],
    ['stream_error', 1, 'provider.failed'],
    ['stream_end', 2, 'provider.malformed'],
  ] as const)(
    'is an error event after drafts, and costs nothing: %s',
    async (fault, drafts, code) => {
      atelier.simulator.failNext(fault);
      const stream = await createClient().images.generate({ ...ASKED, partial_images: 2 });
      const seen: string[] = [];
      const read = async () => {
        for await (const { type } of stream) seen.push(type);
      };
      const error: unknown = await read().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(APIError);
      expect(error).toMatchObject({ code });
      expect(seen).toEqual(Array.from({ length: drafts }, () => 'image_generation.partial_image'));
      expect(atelier.simulator.callCount).toBe(1);
      await assertPaid(0);
      const [record] = await atelier.listGenerations();
      expect(record).toMatchObject({ status: 'failed', cost_micros: 0, error: { code } });
    },
  );

  it.each([
    ['partial_images', { ...ASKED, partial_images: 4 }],
    ['partial_images', { ...ASKED, stream: false, partial_images: 1 }],
    ['response_format', { ...ASKED, response_format: 'url' }],
    ['stream', { ...ASKED, stream: 'yes' }],
    ['moderation', { ...ASKED, moderation: 'none' }],
    ['nonsense', { ...ASKED, nonsense: 1 }],
  ])('names %s where that is wrong', async (field, body) => {
    const error: unknown = await createClient()
      .images.generate(body as never)
      .then(
        () => null,
        (thrown: unknown) => thrown,
      );
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({ param: field });
    expect(atelier.simulator.callCount).toBe(0);
  });
});

describe('a long wait', () => {
  it('has signs of life', async () => {
    atelier.simulator.failNext('slow=2600');
    const response = await ask(ASKED);
    expect(response.status).toBe(200);
    const text = await response.text();
    expect(text.match(/^: ping\n\n/gm)?.length).toBeGreaterThanOrEqual(2);
    expect(text).toMatch(/\n\nevent: image_generation\.completed\ndata: \{"type"/);
    await assertPaid(PICTURE_MICROS);
  });

  it('may end with a fault, which is an event then', async () => {
    atelier.simulator.failNext('slow=2600');
    const response = await ask({ ...ASKED, prompt: 'fox [sim:moderation]' });
    expect(response.status).toBe(200);
    const [pings, event = ''] = (await response.text()).split('event: error\ndata: ');
    expect(pings).toMatch(/^(: ping\n\n)+$/);
    expect(JSON.parse(event)).toMatchObject({
      error: {
        code: 'provider.refused',
        type: 'content_policy_violation',
        request_id: response.headers.get('x-request-id'),
      },
    });
    await assertPaid(0);
  });
});

describe('a client that leaves', () => {
  it.each([['after the first draft', 1] as const, ['before any', 0] as const])(
    'ends nothing, %s: the picture is made and paid once',
    async (_when, drafts) => {
      atelier.simulator.failNext('stream_slow');
      const abort = new AbortController();
      const asked = ask({ ...ASKED, partial_images: 2 }, {}, abort.signal);
      await expect.poll(() => atelier.simulator.callCount).toBe(1);
      if (drafts > 0) await (await asked).body?.getReader().read();
      abort.abort();
      await asked.catch(() => undefined);
      await expect
        .poll(async () => (await atelier.listGenerations())[0].status, { timeout: 30_000 })
        .toBe('succeeded');
      expect(atelier.simulator.callCount).toBe(1);
      await assertPaid(PICTURE_MICROS + 2 * PARTIAL_MICROS);
      const [record] = await atelier.listGenerations();
      const shown = await fetch(record.images[0].url);
      const bytes = Buffer.from(await shown.arrayBuffer());
      expect(await hasSamePixels(bytes, await draw('fox#0'))).toBe(true);
    },
  );
});
