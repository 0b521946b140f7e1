// Proves that bad input is refused by the name of its field and changes nothing: no money, no row, no file, no
// vendor call; on the native route and, where the field exists there, on OpenAI's.
import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import type { Answer } from '../setup/application.js';
import { expectOpenaiError, expectProblem, type Refusal } from '../setup/expect-error.js';
import {
  GENERATIONS,
  startWithVendor,
  type VendorApplication,
} from '../setup/vendor-application.js';
import { makePicture } from '../simulators/simulator-picture.js';

const OPENAI = '/v1/images/generations';
const GOOD = { prompt: 'a fox', size: '32x32' };
const ANY_STYLE = { model: 'gpt-image-2', size: '1024x1024' };
const FILE_LIMIT_BYTES = 1_048_576;
const INVALID = { status: 400, code: 'request.invalid' };
const LACKED = { status: 400, code: 'routing.capability_missing' };

let atelier: VendorApplication;
let png: string;
let before: object;

beforeAll(async () => {
  atelier = await startWithVendor({ FILE_LIMIT_BYTES: String(FILE_LIMIT_BYTES) });
  png = (await makePicture('input', 16, 16, 'png')).toString('base64');
});
afterAll(async () => {
  await atelier.stop();
});
beforeEach(async () => {
  before = await takeStock();
});

function readFiles(): Set<string> {
  const { dir } = atelier.config.media;
  return new Set(readdirSync(dir, { recursive: true, encoding: 'utf8' }));
}

/** Everything that a request may change. */
async function takeStock(): Promise<object> {
  return {
    wallet: await atelier.wallet(),
    generations: await atelier.listGenerations(),
    usage: await atelier.listUsage(),
    files: readFiles(),
    vendorCalls: atelier.simulator.callCount,
  };
}

async function refuse(body: unknown, refusal: Refusal, headers?: object): Promise<Answer> {
  const answer = await atelier.call('POST', GENERATIONS, body, { ...atelier.key, ...headers });
  expectProblem(answer, refusal);
  expect(await takeStock()).toEqual(before);
  return answer;
}

async function refuseOpenai(body: unknown, refusal: Refusal, headers?: object): Promise<Answer> {
  const answer = await atelier.call('POST', OPENAI, body, { ...atelier.key, ...headers });
  expectOpenaiError(answer, refusal);
  expect(await takeStock()).toEqual(before);
  return answer;
}

const toBase64 = (text: string) => Buffer.from(text).toString('base64');
const edit = (image: object) => ({ ...GOOD, operation: 'edit', reference_images: [image] });

describe('fields of a generation', () => {
  it.each<[string, object, string]>([
    ['an unknown field', { foo: 1 }, 'foo'],
    ['a missing prompt', { prompt: undefined }, 'prompt'],
    ['a prompt of null', { prompt: null }, 'prompt'],
    ['an empty prompt', { prompt: '' }, 'prompt'],
    ['a blank prompt', { prompt: ' \n\t ' }, 'prompt'],
    ['NUL in the prompt', { prompt: 'a\0b' }, 'prompt'],
    ['half a surrogate pair in the prompt', { prompt: 'a\ud800b' }, 'prompt'],
    ['NUL in the quality', { quality: 'a\0' }, 'quality'],
    ['NUL in a style, where any is let in', { ...ANY_STYLE, style: 'a\0' }, 'style'],
    ['half a surrogate pair in such a style', { ...ANY_STYLE, style: '\ud800' }, 'style'],
    ['NUL in the model', { model: 'a\0' }, 'model'],
    ['0 pictures', { n: 0 }, 'n'],
    ['11 pictures', { n: 11 }, 'n'],
    ['1.5 pictures', { n: 1.5 }, 'n'],
    ['a number as text', { n: '2' }, 'n'],
    ['a word as size', { size: 'big' }, 'size'],
    ['a size without pixels', { size: '0x0' }, 'size'],
    ['an unknown format', { output_format: 'gif' }, 'output_format'],
    ['a transparent JPEG', { output_format: 'jpeg', background: 'transparent' }, 'background'],
  ])('refuses %s on both faces', async (_title, change, field) => {
    await refuse({ ...GOOD, ...change }, { ...INVALID, field });
    await refuseOpenai({ ...GOOD, ...change }, { ...INVALID, field });
  });

  it.each<[string, object]>([
    ['user', { user: 'a\0' }],
    ['safety_identifier', { safety_identifier: '\udc00' }],
  ])("refuses what cannot be stored in OpenAI's %s", async (field, change) => {
    await refuseOpenai({ ...GOOD, ...change }, { ...INVALID, field });
  });

  it.each<[string, object, string]>([
    ['a size the model cannot make', { size: '8x8' }, 'size'],
    ['more pixels than the model can make', { size: '9999x9999' }, 'size'],
    ['a quality the model does not know', { quality: 'superb' }, 'quality'],
    ['a style the model does not know', { style: 'baroque' }, 'style'],
  ])('refuses %s on both faces, and says what to choose instead', async (_title, change, field) => {
    const { body } = await refuse({ ...GOOD, ...change }, { ...LACKED, field });
    expect(body.detail).toContain('choose another model');
    await refuseOpenai({ ...GOOD, ...change }, { ...LACKED, field });
  });

  it('refuses a prompt over 10,000 characters', async () => {
    const long = { ...GOOD, prompt: 'x'.repeat(10_001) };
    await refuse(long, { ...INVALID, field: 'prompt' });
    await refuseOpenai(long, { ...INVALID, field: 'prompt' });
  });

  it.each<[string, object, string]>([
    ['size and aspect ratio together', { aspect_ratio: '1:1' }, 'aspect_ratio'],
    ['an unknown aspect ratio', { size: null, aspect_ratio: '5:1' }, 'aspect_ratio'],
    ['an unknown operation', { operation: 'dream' }, 'operation'],
    ['base64 as the native answer', { response_format: 'b64_json' }, 'response_format'],
    ['a negative seed', { seed: -1 }, 'seed'],
    ['NUL in the negative prompt', { negative_prompt: '\0' }, 'negative_prompt'],
    ['metadata that is a list', { metadata: [1] }, 'metadata'],
    ['metadata over 4,096 bytes', { metadata: { long: 'x'.repeat(4_096) } }, 'metadata'],
    ['NUL in metadata', { metadata: { deep: [{ text: 'a\0' }] } }, 'metadata'],
    ['NUL in a name of metadata', { metadata: { 'a\0': 1 } }, 'metadata'],
    ['half a surrogate pair in metadata', { metadata: { text: '\udc00' } }, 'metadata'],
    ['an option of no vendor', { provider_options: { foo: 1 } }, 'provider_options.foo'],
    [
      'an option named like a method',
      { provider_options: { toString: 1 } },
      'provider_options.toString',
    ],
    [
      'an option of the wrong type',
      { provider_options: { delay_ms: '5' } },
      'provider_options.delay_ms',
    ],
    ['a space that is no text', { search_space_id: 7 }, 'search_space_id'],
  ])('refuses %s', async (_title, change, field) => {
    await refuse({ ...GOOD, ...change }, { ...INVALID, field });
  });

  it('refuses what is nested too deep or has too many fields, however many', async () => {
    const nest = (levels: number) => `${'{"metadata":'.repeat(levels)}1${'}'.repeat(levels)}`;
    for (const levels of [33, 200_000]) {
      const { body } = await refuse(nest(levels), INVALID);
      expect(body.detail).toBe('The body must not be nested deeper than 32 levels.');
    }
    const fields = Array.from({ length: 50_000 }, (_, index) => [`field${index}`, 1]);
    await refuse(Object.fromEntries(fields), INVALID);
  });

  it('names every field at fault at once, each with its first reason', async () => {
    const { body } = await refuse({ prompt: 5, n: '2', seed: 'x' }, { ...INVALID, field: 'n' });
    expect(body.errors).toEqual([
      { field: 'prompt', message: 'must be a string' },
      { field: 'n', message: 'must be an integer number' },
      { field: 'seed', message: 'must be an integer number' },
    ]);
  });

  it.each(['null', '[]', '5', '"text"'])('refuses %s as the whole body', async (body) => {
    await refuse(body, { ...INVALID, field: 'prompt' });
    await refuseOpenai(body, { ...INVALID, field: 'prompt' });
  });
});

describe('models', () => {
  it('answers an unknown model with the names of known ones', async () => {
    const refusal = { status: 404, code: 'routing.model_unknown', field: 'model' };
    const native = await refuse({ ...GOOD, model: 'nope' }, refusal);
    expect(native.body.detail).toContain('embedded-image');
    const { body } = await refuseOpenai({ ...GOOD, model: 'nope' }, refusal);
    expect(body.error.message).toContain('embedded-image');
  });

  it('names the successor of a retired model', async () => {
    const refusal = { status: 410, code: 'routing.model_retired', field: 'model' };
    const native = await refuse({ ...GOOD, model: 'dall-e-3' }, refusal);
    expect(native.body).toMatchObject({ model: 'dall-e-3', successor: 'gpt-image-2' });
    const { body } = await refuseOpenai({ ...GOOD, model: 'dall-e-2' }, refusal);
    expect(body.error).toMatchObject({ successor: 'gpt-image-2' });
    expect(body.error.message).toContain('Use gpt-image-2 instead');
  });

  it('refuses what the named model cannot do', async () => {
    const body = { prompt: 'a fox', size: '1024x1024', model: 'gpt-image-2' };
    await refuse(
      { ...body, n: 10, output_format: 'png', size: '48x48' },
      { ...LACKED, field: 'size' },
    );
    const variation = {
      ...body,
      operation: 'variation',
      reference_images: [{ data: png }, { data: png }],
    };
    const refusal = { status: 400, code: 'routing.capability_missing', field: 'operation' };
    await refuse(variation, refusal);
  });
});

describe('search spaces', () => {
  it.each([
    ['missing', newId()],
    ['malformed', 'nope'],
    ['with NUL', 'a\0'],
  ])('gives the same 404 for a space that is %s', async (_title, searchSpaceId) => {
    const refusal = { status: 404, code: 'request.not_found' };
    const { body } = await refuse({ ...GOOD, search_space_id: searchSpaceId }, refusal);
    expect(body.detail).toBe('No such search space, or you have no access to it.');
    if (searchSpaceId.includes('\0')) return;
    await refuseOpenai(GOOD, refusal, { 'x-search-space-id': searchSpaceId });
  });

  it('asks a caller without a space of its own for one', async () => {
    const session = { authorization: `Bearer ${atelier.token}` };
    await refuse(GOOD, { ...INVALID, field: 'search_space_id' }, session);
    await refuseOpenai(GOOD, { ...INVALID, field: 'search_space_id' }, session);
  });
});

describe('pictures that go in', () => {
  const svg = toBase64('<svg xmlns="http://www.w3.org/2000/svg"/>');
  const html = toBase64('<!doctype html><html><body>hello</body></html>');

  it.each<[string, object, Refusal]>([
    ['no member', {}, { ...INVALID, field: 'reference_images[0]' }],
    [
      'members of null',
      { media_id: null, url: null },
      { ...INVALID, field: 'reference_images[0]' },
    ],
    [
      'two members',
      { url: 'https://example.com/', data: 'aaaa' },
      { ...INVALID, field: 'reference_images[0]' },
    ],
    ['an unknown member', { data: 'aaaa', x: 1 }, { ...INVALID, field: 'reference_images[0].x' }],
    ['no base64', { data: 'ä' }, { ...INVALID, field: 'reference_images[0].data' }],
    [
      'a malformed media_id',
      { media_id: 'x' },
      { ...INVALID, field: 'reference_images[0].media_id' },
    ],
    [
      'a foreign media_id',
      { media_id: newId() },
      { ...INVALID, field: 'reference_images[0].media_id' },
    ],
    [
      'an SVG',
      { data: svg },
      { status: 400, code: 'media.type_refused', field: 'reference_images[0].data' },
    ],
    [
      'HTML',
      { data: html },
      { status: 400, code: 'media.type_refused', field: 'reference_images[0].data' },
    ],
    [
      'HTML that says it is a picture',
      { data: `data:image/png;base64,${html}` },
      { status: 400, code: 'media.type_refused', field: 'reference_images[0].data' },
    ],
    [
      'a file of the machine',
      { url: 'file:///etc/passwd' },
      { status: 400, code: 'outbound.url_refused', field: 'reference_images[0].url' },
    ],
    [
      'a metadata service',
      { url: 'http://169.254.169.254/latest/meta-data' },
      { status: 400, code: 'outbound.url_refused', field: 'reference_images[0].url' },
    ],
    [
      'a private address in another spelling',
      { url: 'http://[::ffff:10.0.0.1]/a.png' },
      { status: 400, code: 'outbound.url_refused', field: 'reference_images[0].url' },
    ],
  ])('refuses %s', async (_title, image, refusal) => {
    await refuse(edit(image), refusal);
  });

  it('refuses a picture that is cut off or too large, and keeps no part of it', async () => {
    const field = 'reference_images[0].data';
    const cut = png.slice(0, Math.floor(png.length / 8) * 4);
    await refuse(edit({ data: cut }), { status: 400, code: 'media.unreadable', field });
    const pixels = randomBytes(700 * 700 * 3);
    const noise = sharp(pixels, { raw: { width: 700, height: 700, channels: 3 } });
    const large = (await noise.png().toBuffer()).toString('base64');
    await refuse(edit({ data: large }), { status: 413, code: 'media.too_large', field });
  });

  it('refuses a good picture together with a bad one, and keeps neither', async () => {
    const images = { ...edit({ data: png }), reference_images: [{ data: png }, { data: svg }] };
    const field = 'reference_images[1].data';
    await refuse(images, { status: 400, code: 'media.type_refused', field });
  });

  it('refuses an address that answers no picture', async () => {
    const url = `${atelier.simulator.origin}/files/nothing.png`;
    await refuse(edit({ url }), { ...INVALID, field: 'reference_images[0].url' });
    const closed = { status: 400, code: 'outbound.fetch_failed', field: 'reference_images[0].url' };
    await refuse(edit({ url: 'http://127.0.0.1:1/a.png' }), closed);
  });

  it.each<[string, object, string]>([
    [
      'a picture for an operation that uses none',
      { reference_images: [{ data: 'aaaa' }] },
      'reference_images',
    ],
    ['an edit of nothing', { operation: 'edit' }, 'reference_images'],
    [
      '17 pictures',
      { operation: 'edit', reference_images: Array.from({ length: 17 }, () => ({ data: 'aaaa' })) },
      'reference_images',
    ],
    [
      'a try-on without a garment',
      { operation: 'try_on', reference_images: [{ data: 'aaaa' }] },
      'reference_images',
    ],
    [
      'pictures that are no list',
      { operation: 'edit', reference_images: { 0: {} } },
      'reference_images',
    ],
    [
      'a picture that is no object',
      { operation: 'edit', reference_images: ['x'] },
      'reference_images[0]',
    ],
    ['a mask for a new picture', { mask: { data: 'aaaa' } }, 'mask'],
    ['a mask that is text', { mask: 'x' }, 'mask'],
    [
      'an empty mask',
      { operation: 'edit', reference_images: [{ data: 'aaaa' }], mask: {} },
      'mask',
    ],
    [
      'a mask that is a list',
      { operation: 'edit', reference_images: [{ data: 'aaaa' }], mask: [] },
      'mask',
    ],
    [
      'inpainting without a mask',
      { operation: 'inpaint', reference_images: [{ data: 'aaaa' }] },
      'mask',
    ],
  ])('refuses %s', async (_title, change, field) => {
    await refuse({ ...GOOD, ...change }, { ...INVALID, field });
  });
});

describe('what is just good enough', () => {
  it('takes a prompt of 10,000 characters, counted as people count them', async () => {
    for (const prompt of ['x'.repeat(10_000), '🦊'.repeat(10_000)]) {
      const { status, body } = await atelier.call('POST', GENERATIONS, { ...GOOD, prompt });
      expect(status).toBe(201);
      expect(body.prompt).toBe(prompt);
    }
  });

  it('takes null for absent, as OpenAI clients send it', async () => {
    const absent = { model: null, n: null, quality: null, style: null, seed: null, mask: null };
    const more = { aspect_ratio: null, reference_images: null };
    // A large PNG may be more than this service takes.
    const formats = [
      { size: null, output_format: 'jpeg' },
      { size: '64x64', output_format: null },
    ];
    for (const format of formats) {
      const body = { prompt: 'a', ...absent, ...more, ...format };
      const answer = await atelier.call('POST', GENERATIONS, body);
      expect(answer.status, JSON.stringify(answer.body)).toBe(201);
    }
  });

  it('keeps metadata as it was sent', async () => {
    const metadata = { toString: 3, text: '\\u0000', deep: [{ a: null }], emoji: '🦊' };
    const { status, body } = await atelier.call('POST', GENERATIONS, { ...GOOD, metadata });
    expect(status).toBe(201);
    expect(body.metadata).toEqual(metadata);
    const read = await atelier.call('GET', `${GENERATIONS}/${body.id}`);
    expect(read.body.metadata).toEqual(metadata);
  });
});
