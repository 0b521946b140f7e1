// Proves the rules of signed picture links: they alone open a picture, one each, inert and privately cached; what is
// forged, for another picture or for something deleted opens nothing.
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Clock } from '../../src/common/clock.js';
import { newId } from '../../src/common/ids.js';
import { MediaLinks } from '../../src/media/media-links.js';
import {
  type Answer,
  request,
  startApplication,
  type TestApplication,
} from '../setup/application.js';
import { expectProblem } from '../setup/expect-error.js';
import { must, operatorOf } from '../setup/people.js';
import { GENERATIONS } from '../setup/vendor-application.js';

const TTL_S = 600;
const SECRET_BEFORE = 'the secret that signed the links of last week';
const INVALID = { status: 403, code: 'media.link_invalid' };
const NOT_FOUND = { status: 404, code: 'request.not_found' };

let atelier: TestApplication;
let record: Answer['body'];
let token: string;

beforeAll(async () => {
  atelier = await startApplication({
    LINK_TTL_S: String(TTL_S),
    LINK_SECRET_PREVIOUS: SECRET_BEFORE,
  });
  record = await make({ n: 2 });
  token = tokenOf(record.images[0].url);
});
afterAll(async () => {
  await atelier.stop();
});

function make(more: object = {}): Promise<Answer['body']> {
  const body = { prompt: 'a fox', size: '32x32', ...more };
  return must(atelier, 201, 'POST', GENERATIONS, body, atelier.key);
}

function tokenOf(url: string): string {
  return new URL(url).searchParams.get('token') ?? '';
}

function show(query: string, id: string = record.id, method = 'GET'): Promise<Answer> {
  return request(`${atelier.baseUrl}${GENERATIONS}/${id}/image?${query}`, method);
}

describe('a link', () => {
  it('opens its picture for whoever has it, as exactly the bytes of the record', async () => {
    for (const image of record.images) {
      const response = await fetch(image.url);
      expect(response.status).toBe(200);
      const bytes = Buffer.from(await response.arrayBuffer());
      expect(bytes.length).toBe(image.bytes);
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(image.sha256);
    }
  });

  it('lets a picture be kept privately for as long as it lives, and never be taken for a page', async () => {
    const [image] = record.images;
    const { headers } = await fetch(image.url);
    expect(headers.get('content-type')).toBe('image/png');
    expect(headers.get('content-length')).toBe(String(image.bytes));
    const fileName = `generated-${record.id}-0.png`;
    expect(headers.get('content-disposition')).toBe(`inline; filename="${fileName}"`);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    );
    expect(headers.get('etag')).toBe(`"${image.sha256}"`);
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    const [, maxAge] =
      /^private, max-age=(\d+), immutable$/.exec(headers.get('cache-control') ?? '') ?? [];
    expect(Number(maxAge)).toBeGreaterThan(TTL_S / 2);
    expect(Number(maxAge)).toBeLessThanOrEqual(TTL_S);
  });

  it.each(['jpeg', 'webp'])('shows %s as what it is', async (format) => {
    const { images } = await make({ output_format: format });
    const { headers } = await fetch(images[0].url);
    expect(headers.get('content-type')).toBe(`image/${format}`);
    expect(headers.get('content-disposition')).toContain(`.${format}"`);
  });

  it('answers HEAD with the same headers and no body', async () => {
    const [image] = record.images;
    const head = await fetch(image.url, { method: 'HEAD' });
    expect(head.status).toBe(200);
    expect((await head.arrayBuffer()).byteLength).toBe(0);
    const get = await fetch(image.url);
    for (const name of ['content-type', 'content-length', 'etag', 'content-disposition']) {
      expect(head.headers.get(name)).toBe(get.headers.get(name));
    }
  });

  it('answers 304 to who has the picture already, and the picture to who has another', async () => {
    const [image] = record.images;
    const ask = (etag: string) => fetch(image.url, { headers: { 'if-none-match': etag } });
    for (const etag of [
      `"${image.sha256}"`,
      `W/"${image.sha256}"`,
      `"x", "${image.sha256}"`,
      '*',
    ]) {
      const known = await ask(etag);
      expect(known.status).toBe(304);
      expect((await known.arrayBuffer()).byteLength).toBe(0);
      expect(known.headers.get('etag')).toBe(`"${image.sha256}"`);
      expect(known.headers.get('cache-control')).toMatch(/^private, max-age=\d+/);
    }
    expect((await ask('"another"')).status).toBe(200);
  });

  it('opens nothing with a 304 either when it is forged', async () => {
    const url = `${atelier.baseUrl}${GENERATIONS}/${record.id}/image?token=x&index=0`;
    expectProblem(await request(url, 'GET', undefined, { 'if-none-match': '*' }), INVALID);
  });
});

describe('the index', () => {
  it('is 0 when it is left out', async () => {
    expect((await show(`token=${token}`)).status).toBe(200);
  });

  it.each(['-1', 'abc', '1.5', '', '1e1', '0x0', '%00', '0&index=0'])(
    'is refused as %s',
    async (index) => {
      const refusal = { status: 400, code: 'request.invalid', field: 'index' };
      expectProblem(await show(`token=${token}&index=${index}`), refusal);
    },
  );

  it.each(['2', '10', '999'])('is a 404 where there is no picture: %s', async (index) => {
    expectProblem(await show(`token=${token}&index=${index}`), NOT_FOUND);
  });

  it('is signed: the token of one picture does not open the other', async () => {
    expectProblem(await show(`token=${token}&index=1`), INVALID);
    const second = tokenOf(record.images[1].url);
    expectProblem(await show(`token=${second}&index=0`), INVALID);
    expect((await show(`token=${second}&index=1`)).status).toBe(200);
  });
});

describe('the token', () => {
  it('is needed, though the caller has every right', async () => {
    const url = `${atelier.baseUrl}${GENERATIONS}/${record.id}/image?index=0`;
    const answer = await request(url, 'GET', undefined, atelier.key);
    expectProblem(answer, { status: 400, code: 'request.invalid', field: 'token' });
  });

  it('is refused with the same words however it is wrong', async () => {
    const [expiry = '', mac = ''] = token.split('.');
    const other = await make();
    const later = (Number.parseInt(expiry, 36) + 86_400).toString(36);
    const flipped = `${mac.startsWith('A') ? 'B' : 'A'}${mac.slice(1)}`;
    const wrong = [
      'x',
      '%00',
      '.',
      expiry,
      `${expiry}.`,
      `${expiry}.${mac.slice(1)}`,
      `${expiry}.${flipped}`,
      `${later}.${mac}`,
      `1.${mac}`,
      `${expiry}.${mac}=`,
      tokenOf(other.images[0].url),
    ];
    const details = new Set<string>();
    for (const one of wrong) {
      const answer = await show(`token=${one}&index=0`);
      expectProblem(answer, INVALID);
      details.add(answer.body.detail);
    }
    expect(details.size).toBe(1);
    expectProblem(await show(`token=${token}&token=${token}&index=0`), {
      status: 400,
      code: 'request.invalid',
      field: 'token',
    });
  });

  it('stays the same for a while, so that pages and caches may keep the link', async () => {
    const again = await must(
      atelier,
      200,
      'GET',
      `${GENERATIONS}/${record.id}`,
      undefined,
      atelier.key,
    );
    const urls = (images: { url: string }[]) => images.map(({ url }) => new URL(url).pathname);
    expect(urls(again.images)).toEqual(urls(record.images));
    for (const { url } of [...again.images, ...record.images]) {
      expect((await fetch(url)).status).toBe(200);
    }
  });
});

describe('a new secret', () => {
  it('leaves links of the one before open, and no others', async () => {
    const [{ id }] = record.images;
    const signed = { assetId: id, searchSpaceId: atelier.spaceId, version: 1, transform: '' };
    const ask = async (linkSecret: string) => {
      const config = { ...atelier.config, media: { ...atelier.config.media, linkSecret } };
      const other = new MediaLinks(config, atelier.app.get(Clock)).signAsset(signed);
      return request(`${atelier.baseUrl}/api/v1/media/${id}/file?token=${other.token}`, 'GET');
    };
    expect((await ask(atelier.config.media.linkSecret)).status).toBe(200);
    expect((await ask(SECRET_BEFORE)).status).toBe(200);
    expect((await ask(`not ${SECRET_BEFORE}`)).status).toBe(403);
  });
});

describe('what is gone', () => {
  it('is a 404 for every link, old and new: deleted, never there, failed', async () => {
    const made = await make({ n: 2 });
    const path = `${GENERATIONS}/${made.id}`;
    await must(atelier, 200, 'DELETE', path, undefined, operatorOf(atelier));
    for (const { url } of made.images) {
      expectProblem(await request(url, 'GET'), NOT_FOUND);
      expect((await fetch(url, { method: 'HEAD' })).status).toBe(404);
    }
    expectProblem(await show(`token=${token}`, newId()), NOT_FOUND);
    expectProblem(await show(`token=${token}`, 'nope'), NOT_FOUND);
  });

  it('takes no twin with it: the same picture of another generation stays', async () => {
    const [one, two] = [await make({ seed: 3 }), await make({ seed: 3 })];
    const path = `${GENERATIONS}/${one.id}`;
    await must(atelier, 200, 'DELETE', path, undefined, operatorOf(atelier));
    expect((await fetch(one.images[0].url)).status).toBe(404);
    expect((await fetch(two.images[0].url)).status).toBe(200);
  });
});
