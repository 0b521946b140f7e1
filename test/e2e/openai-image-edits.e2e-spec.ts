// Proves that OpenAI's own client edits and varies pictures here: forms and JSON, one picture and many, with a mask; that
// the files reach the vendor byte for byte and nothing stays of a form that is refused, and that a repeat pays once.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import OpenAI, { toFile } from 'openai';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MediaStorage } from '../../src/media/domain/media-storage.strategy.js';
import { API_KEY } from '../setup/application.js';
import { findSchemaFaults } from '../setup/check-schema.js';
import { startWithVendor, type VendorApplication } from '../setup/vendor-application.js';
import { makePicture } from '../simulators/simulator-picture.js';
import description from './fixtures/openai-images-api.json' with { type: 'json' };
import { hasSamePixels } from '../setup/pixels.js';

const { schemas } = description.components;
const EDITS = '/v1/images/edits';
const ASKED = {
  model: 'gpt-image-2',
  prompt: 'fox',
  size: '1024x1024',
  quality: 'low',
} as const;
const TOKEN_MICROS = 30;
const INPUT_TOKEN_MICROS = 8;
/** One token of prompt, one picture that comes out; each that goes in is 1,024 tokens. */
const EDIT_MICROS = 196 * TOKEN_MICROS + 5;
const INPUT_MICROS = 1_024 * INPUT_TOKEN_MICROS;

let atelier: VendorApplication;
let pictures: Buffer[];
let mask: Buffer;
let server: Server;
let before: Awaited<ReturnType<VendorApplication['wallet']>>;

beforeAll(async () => {
  atelier = await startWithVendor();
  pictures = await Promise.all([0, 1, 2].map((index) => makePicture(`in ${index}`, 64, 48, 'png')));
  mask = await makeMask(64, 48);
  server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'image/png' }).end(pictures[1]);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  server.close();
  await atelier.stop();
});
beforeEach(async () => {
  await atelier.forgive();
  atelier.simulator.reset();
  before = await atelier.wallet();
});

function makeMask(width: number, height: number): Promise<Buffer> {
  const background = { r: 0, g: 0, b: 0, alpha: 0 };
  return sharp({ create: { width, height, channels: 4, background } })
    .png()
    .toBuffer();
}

const createClient = (apiKey = API_KEY) => new OpenAI({ apiKey, baseURL: `${atelier.baseUrl}/v1` });
const toPng = (bytes: Buffer, name = 'in.png') => toFile(bytes, name, { type: 'image/png' });
const input = (index: number) => toPng(pictures[index] ?? Buffer.alloc(0), `in-${index}.png`);
const isSame = (given: Buffer | undefined, wanted: Buffer | undefined) =>
  given !== undefined && wanted !== undefined && given.equals(wanted);

async function assertPaid(micros: number): Promise<void> {
  expect(await atelier.wallet()).toMatchObject({
    available_micros: before.available_micros - micros,
    held_micros: 0,
  });
}

async function listIncoming(): Promise<string[]> {
  const names: string[] = [];
  const storage = atelier.app.get(MediaStorage, { strict: false });
  for await (const name of storage.listIncoming(new Date(Date.now() + 60_000))) names.push(name);
  return names;
}

type Part = readonly [name: string, value: string | Buffer];

/** A form as no client of OpenAI writes it. */
async function post(parts: readonly Part[], headers: object = {}, path = EDITS) {
  const form = new FormData();
  for (const [name, value] of parts) {
    if (typeof value === 'string') form.append(name, value);
    else form.append(name, new Blob([new Uint8Array(value)], { type: 'image/png' }), 'in.png');
  }
  const sent = { ...atelier.key, ...headers };
  const response = await fetch(`${atelier.baseUrl}${path}`, {
    method: 'POST',
    headers: sent,
    body: form,
  });
  const body = JSON.parse(await response.text());
  return { status: response.status, headers: response.headers, body };
}

describe('images.edit', () => {
  it('sends one picture on as it is, and pays what the vendor counted', async () => {
    const asked = createClient().images.edit({ ...ASKED, image: await input(0), user: 'u1' });
    const { data: answer, response } = await asked.withResponse();
    expect(findSchemaFaults(answer, schemas.ImagesResponse, schemas)).toEqual([]);
    expect(response.headers.get('x-model-used')).toBe('gpt-image-2');
    expect(response.headers.get('x-provider')).toBe('openai');
    expect(answer).toMatchObject({
      output_format: 'png',
      usage: {
        input_tokens: 1_025,
        input_tokens_details: { text_tokens: 1, image_tokens: 1_024 },
        output_tokens: 196,
      },
    });
    const made = await makePicture('fox#0', 1024, 1024, 'png');
    const answered = Buffer.from(answer.data?.[0]?.b64_json ?? '', 'base64');
    expect(await hasSamePixels(answered, made)).toBe(true);
    const [call] = atelier.simulator.calls;
    expect(call).toMatchObject({ path: EDITS, fields: { prompt: 'fox', user: 'u1', n: '1' } });
    expect(call?.files).toHaveLength(1);
    expect(isSame(call?.files[0]?.bytes, pictures[0])).toBe(true);
    await assertPaid(EDIT_MICROS + INPUT_MICROS);
  });

  it('sends several and a mask in their order', async () => {
    const image = await Promise.all([2, 0, 1].map(input));
    await createClient().images.edit({ ...ASKED, image, mask: await toPng(mask) });
    const files = atelier.simulator.calls[0]?.files ?? [];
    expect(files.map(({ field }) => field)).toEqual(['image[]', 'image[]', 'image[]', 'mask']);
    const wanted = [pictures[2], pictures[0], pictures[1], mask];
    expect(files.map(({ bytes }, place) => isSame(bytes, wanted[place]))).toEqual([
      true,
      true,
      true,
      true,
    ]);
    await assertPaid(EDIT_MICROS + 3 * INPUT_MICROS);
  });

  it('takes sixteen pictures', async () => {
    const image = await Promise.all(Array.from({ length: 16 }, () => input(0)));
    await createClient().images.edit({ ...ASKED, image });
    expect(atelier.simulator.calls[0]?.files).toHaveLength(16);
  });

  it('gives a link when it is asked for one', async () => {
    const body = { ...ASKED, image: await input(0), response_format: 'url' } as const;
    const { data } = await createClient().images.edit(body);
    const shown = await fetch(data?.[0]?.url ?? '');
    expect(shown.status).toBe(200);
  });

  it('is repeated by the client after a failure of the vendor, and paid once', async () => {
    atelier.simulator.failNext('server_error');
    await createClient().images.edit({ ...ASKED, image: await input(0) });
    expect(atelier.simulator.callCount).toBe(2);
    await assertPaid(EDIT_MICROS + INPUT_MICROS);
  });

  it('is answered anew for the same parts under the same key, and refused for others', async () => {
    const key = { 'Idempotency-Key': 'edit-once' };
    const form: Part[] = [
      ['prompt', 'fox'],
      ['model', 'gpt-image-2'],
      ['image', pictures[0]!],
    ];
    const first = await post(form, key);
    const again = await post(form.toReversed(), key);
    expect([first.status, again.status]).toEqual([200, 200]);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.body.data).toEqual(first.body.data);
    const other = await post([...form.slice(0, 2), ['image', pictures[1]!]], key);
    expect([other.status, other.body.error.code]).toEqual([422, 'idempotency.key_reused']);
    expect(atelier.simulator.callCount).toBe(1);
    expect(await listIncoming()).toEqual([]);
  });
});

describe('a form', () => {
  it('may have its files first, and names that count them', async () => {
    const { status, body } = await post([
      ['image[1]', pictures[1]!],
      ['image[0]', pictures[0]!],
      ['mask', mask],
      ['prompt', 'fox'],
      ['size', '64x48'],
      ['n', '2'],
      ['model', 'embedded-image'],
    ]);
    expect(body).toMatchObject({ data: [{}, {}] });
    expect(status).toBe(200);
    const [record] = await atelier.listGenerations();
    expect(record).toMatchObject({ operation: 'edit', n: 2, provider: 'embedded' });
    await post([
      ['image[1]', pictures[1]!],
      ['image[0]', pictures[0]!],
      ['prompt', 'fox'],
      ['model', 'gpt-image-2'],
    ]);
    const files = atelier.simulator.calls[0]?.files ?? [];
    expect(files.map(({ bytes }, place) => isSame(bytes, pictures[place]))).toEqual([true, true]);
  });

  const PROMPT: Part = ['prompt', 'fox'];
  const MODEL: Part = ['model', 'embedded-image'];
  const image = (index = 0): Part => ['image', pictures[index]!];
  it.each<[string, () => Part[]]>([
    ['image', () => [PROMPT]],
    ['image', () => [PROMPT, ['image', 'no file']]],
    ['image', () => [PROMPT, ['image', Buffer.from('no picture at all, but some text')]]],
    ['image', () => [PROMPT, ['image', pictures[0]!.subarray(0, 200)]]],
    ['image', () => [PROMPT, ...Array.from({ length: 17 }, (): Part => ['image[]', pictures[0]!])]],
    ['image[0]', () => [PROMPT, image(), ['image[0]', pictures[1]!]]],
    ['image', () => [PROMPT, ['image[16]', pictures[1]!]]],
    ['picture', () => [PROMPT, image(), ['picture', pictures[1]!]]],
    ['mask', () => [PROMPT, image(), ['mask', mask], ['mask', mask]]],
    ['mask', () => [PROMPT, image(), ['mask', 'none']]],
    ['prompt', () => [image(), MODEL]],
    ['prompt', () => [PROMPT, PROMPT, image()]],
    ['n', () => [PROMPT, image(), ['n', '0']]],
    ['n', () => [PROMPT, image(), ['n', '1.5']]],
    ['n', () => [PROMPT, image(), ['n', 'two']]],
    ['stream', () => [PROMPT, image(), ['stream', 'yes']]],
    ['partial_images', () => [PROMPT, image(), ['stream', 'true'], ['partial_images', '4']]],
    ['input_fidelity', () => [PROMPT, image(), ['input_fidelity', 'medium']]],
    ['size', () => [PROMPT, image(), MODEL, ['size', 'large']]],
    ['images', () => [PROMPT, image(), ['images', 'x']]],
    ['search_space_id', () => [PROMPT, image(), ['search_space_id', atelier.spaceId]]],
    ['__proto__', () => [PROMPT, image(), ['__proto__', 'x']]],
  ])('is refused naming %s, and nothing of it stays', async (field, toParts) => {
    const { status, body } = await post(toParts());
    expect({ status, param: body.error.param }).toEqual({ status: 400, param: field });
    expect(await listIncoming()).toEqual([]);
    expect(atelier.simulator.callCount).toBe(0);
  });

  it('is refused for a mask of another size, before anything is paid', async () => {
    const parts: Part[] = [PROMPT, image(), ['mask', await makeMask(48, 64)]];
    const { status, body } = await post(parts);
    expect([status, body.error.param]).toEqual([400, 'mask']);
    expect(body.error.message).toContain('64x48, not 48x64');
    expect(await listIncoming()).toEqual([]);
    await assertPaid(0);
  });

  it('is no way in for other routes, and the only one for variations', async () => {
    expect((await post([PROMPT], {}, '/v1/images/generations')).status).toBe(415);
    const { status, body } = await atelier.call('POST', '/v1/images/variations', {});
    expect([status, body.error.code]).toEqual([415, 'request.media_type_unsupported']);
  });
});

describe('the JSON form', () => {
  const edit = (body: object) => atelier.call('POST', EDITS, { prompt: 'fox', ...body });
  const toDataUrl = (bytes: Buffer) => `data:image/png;base64,${bytes.toString('base64')}`;

  it('takes data: URLs and addresses', async () => {
    const { port } = server.address() as AddressInfo;
    const images = [
      { image_url: toDataUrl(pictures[0]!) },
      { image_url: `http://127.0.0.1:${port}/in.png` },
    ];
    const { status } = await edit({ ...ASKED, images, mask: { image_url: toDataUrl(mask) } });
    expect(status).toBe(200);
    const files = atelier.simulator.calls[0]?.files ?? [];
    const wanted = [pictures[0], pictures[1], mask];
    expect(files.map(({ bytes }, place) => isSame(bytes, wanted[place]))).toEqual([
      true,
      true,
      true,
    ]);
  });

  const good = () => ({ image_url: toDataUrl(pictures[0]!) });
  it.each<[string, () => object]>([
    ['images', () => ({})],
    ['images', () => ({ images: [] })],
    ['images', () => ({ images: Array.from({ length: 17 }, good) })],
    ['images[1].file_id', () => ({ images: [good(), { file_id: 'file-1' }] })],
    ['images[0].image_url', () => ({ images: [{}] })],
    ['images[0].image_url', () => ({ images: [{ image_url: 'data:image/png;base64,AAAA' }] })],
    ['images[0].image_url', () => ({ images: [{ image_url: 'http://169.254.169.254/a' }] })],
    ['images[0].data', () => ({ images: [{ data: 'AAAA' }] })],
    ['mask.file_id', () => ({ images: [good()], mask: { file_id: 'file-1' } })],
    ['mask', () => ({ images: [good()], mask: 'mask.png' })],
    ['image', () => ({ images: [good()], image: 'x' })],
    ['input_fidelity', () => ({ images: [good()], input_fidelity: 1 })],
  ])('is refused naming %s', async (field, toBody) => {
    const { status, body } = await edit(toBody());
    expect({ status, param: body.error.param }).toEqual({ status: 400, param: field });
    expect(await listIncoming()).toEqual([]);
  });
});

describe('images.createVariation', () => {
  it('makes others of a picture', async () => {
    const { data: answer, response } = await createClient()
      .images.createVariation({
        image: await input(0),
        model: 'embedded-image',
        n: 2,
        size: '64x48' as never,
        response_format: 'b64_json',
      })
      .withResponse();
    expect(findSchemaFaults(answer, schemas.ImagesResponse, schemas)).toEqual([]);
    expect(response.headers.get('x-provider')).toBe('embedded');
    const made = (answer.data ?? []).map(({ b64_json }) => Buffer.from(b64_json ?? '', 'base64'));
    expect(made).toHaveLength(2);
    for (const bytes of made) {
      expect(await sharp(bytes).metadata()).toMatchObject({ width: 64, height: 48 });
    }
    const [record] = await atelier.listGenerations();
    expect(record).toMatchObject({ operation: 'variation', n: 2 });
  });

  it('takes one picture and no mask', async () => {
    const path = '/v1/images/variations';
    const two = await post(
      [
        ['image', pictures[0]!],
        ['image', pictures[1]!],
      ],
      {},
      path,
    );
    expect([two.status, two.body.error.param]).toEqual([400, 'image']);
    const masked = await post(
      [
        ['image', pictures[0]!],
        ['mask', mask],
      ],
      {},
      path,
    );
    expect([masked.status, masked.body.error.param]).toEqual([400, 'mask']);
  });
});
