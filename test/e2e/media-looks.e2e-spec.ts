// Proves that how pictures look is told of them, in lists too, and finds pictures of the space that are alike: like a
// stored one, or like one that is sent, which passes the same intake and is not kept.
import { readdirSync } from 'node:fs';
import { request as open } from 'node:http';
import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ManagedDataSource } from '../../src/persistence/managed-data-source.js';
import { type Answer, startApplication, type TestApplication } from '../setup/application.js';
import { expectProblem } from '../setup/expect-error.js';
import { createPerson, createSpace, must, type Person } from '../setup/people.js';

const MEDIA = '/api/v1/media';
const SIMILAR = `${MEDIA}/similar`;
const GENERATIONS = '/api/v1/image-generations';
const SOON = { timeout: 30_000 };

let atelier: TestApplication;
let anna: Person;
let bert: Person;
let space: string;

beforeAll(async () => {
  atelier = await startApplication();
  [anna, bert] = [await createPerson(atelier, 'anna'), await createPerson(atelier, 'bert')];
  space = await createSpace(atelier, anna);
});
afterAll(async () => {
  await atelier.stop();
});

function make(seed: number): Promise<Answer['body']> {
  const prompt = `a lighthouse at dawn ${seed}`;
  const asked = { search_space_id: space, prompt, size: '256x256', seed };
  return must(atelier, 201, 'POST', GENERATIONS, asked, anna.session);
}

async function send(path: string, fields: object, who: Person, into: string): Promise<Answer> {
  const form = new FormData();
  for (const [name, value] of Object.entries<string | Buffer>({ ...fields })) {
    if (typeof value === 'string') form.append(name, value);
    else form.append(name, new Blob([new Uint8Array(value)]), 'picture');
  }
  const headers = { ...who.session, 'x-search-space-id': into };
  const answer = await fetch(`${atelier.baseUrl}${path}`, { method: 'POST', headers, body: form });
  return { status: answer.status, headers: answer.headers, body: await answer.json() };
}

const look = (fields: object, who: Person = anna, into = space): Promise<Answer> =>
  send(SIMILAR, fields, who, into);

async function keep(file: Buffer): Promise<Answer['body']> {
  const { status, body } = await send(MEDIA, { file }, anna, space);
  expect(status, JSON.stringify(body)).toBe(201);
  return body.data[0];
}

async function count(text: string, values: unknown[] = []): Promise<number> {
  const [row] = await atelier.app.get(ManagedDataSource).query(text, values);
  return Number(row.count);
}

const listStored = () =>
  readdirSync(atelier.config.media.dir, { recursive: true, encoding: 'utf8' }).toSorted();

describe('how a picture looks', () => {
  it('is known of an upload at once and of a generation soon, and finds what is alike', async () => {
    const record = await make(7);
    expect(record.images[0].thumbhash).toBeNull();
    const made = Buffer.from(await (await fetch(record.images[0].url)).arrayBuffer());
    const small = await sharp(made).resize(120).jpeg({ quality: 50 }).toBuffer();
    const alike = await keep(small);
    expect(alike).toMatchObject({
      thumbhash: expect.stringMatching(/^[A-Za-z0-9+/=]{8,48}$/),
      dominant_colour: expect.stringMatching(/^#[0-9a-f]{6}$/),
    });
    await expect
      .poll(async () => {
        const path = `${MEDIA}/${record.images[0].id}`;
        return (await atelier.call('GET', path, undefined, anna.session)).body.thumbhash;
      }, SOON)
      .toEqual(expect.any(String));
    const records = await atelier.call('GET', `${GENERATIONS}?limit=1`, undefined, anna.session);
    expect(records.body.data[0].images[0].thumbhash).toEqual(expect.any(String));
    const path = `${MEDIA}/${alike.id}/similar`;
    const found = await must(atelier, 200, 'GET', path, undefined, anna.session);
    expect(found.data).toMatchObject([{ id: record.images[0].id, role: 'output' }]);
    expect(found.data[0].distance).toBeLessThanOrEqual(6);
    expect((await atelier.call('GET', path, undefined, bert.session)).status).toBe(404);
    const wide = `${path}?max_distance=11`;
    expect((await atelier.call('GET', wide, undefined, anna.session)).status).toBe(400);
    await must(atelier, 204, 'DELETE', `${MEDIA}/${alike.id}`, undefined, anna.session);
    const left = 'SELECT count(*) FROM media_bands WHERE search_space_id = $1 AND sha256 = $2';
    expect(await count(left, [space, alike.sha256])).toBe(0);
  });

  it('of a picture that is sent finds what is alike, and nothing of it stays', async () => {
    const record = await make(11);
    const made = Buffer.from(await (await fetch(record.images[0].url)).arrayBuffer());
    const sent = await sharp(made).resize(100).webp().toBuffer();
    const before = [await count('SELECT count(*) FROM media_assets'), listStored()];
    const find = async (more: object = {}) => (await look({ file: sent, ...more })).body.data;
    await expect
      .poll(async () => (await find()).map(({ id }: { id: string }) => id), SOON)
      .toEqual([record.images[0].id]);
    expect((await find())[0]).toMatchObject({ role: 'output', thumbhash: expect.any(String) });
    expect((await find({ max_distance: '0' })).length).toBeLessThanOrEqual(1);
    const flat = await sharp({ create: { width: 9, height: 9, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    expect((await look({ file: flat })).body.data).toEqual([]);
    expect([await count('SELECT count(*) FROM media_assets'), listStored()]).toEqual(before);
    const stored = { search_space_id: space, media_id: record.images[0].id };
    const likeStored = await must(atelier, 200, 'POST', SIMILAR, stored, anna.session);
    expect(likeStored.data).toEqual([]);
    // Another space has nothing like it, and not that picture.
    const other = await createSpace(atelier, bert);
    expect((await look({ file: sent }, bert, other)).body.data).toEqual([]);
    const foreign = { ...stored, search_space_id: other };
    const refused = await atelier.call('POST', SIMILAR, foreign, bert.session);
    expectProblem(refused, { status: 404, code: 'request.not_found' });
    expectProblem(await look({ file: sent }, bert), { status: 404, code: 'request.not_found' });
  });

  it('is told while others send theirs slowly', async () => {
    const file = await sharp({ create: { width: 9, height: 9, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    const part = 'Content-Disposition: form-data; name="file"; filename="a.png"';
    const slow = Array.from({ length: 6 }, () => {
      const request = open(`${atelier.baseUrl}${SIMILAR}`, {
        method: 'POST',
        headers: {
          ...anna.session,
          'x-search-space-id': space,
          'content-type': 'multipart/form-data; boundary=b',
        },
      });
      request.on('error', () => undefined);
      request.write(`--b\r\n${part}\r\nContent-Type: image/png\r\n\r\n`);
      request.write(file.subarray(0, 40));
      return request;
    });
    for (let asked = 0; asked < 5; asked += 1) expect((await look({ file })).status).toBe(200);
    for (const request of slow) request.destroy();
  });

  it('is asked with one picture, and told by its content', async () => {
    const png = await sharp({ create: { width: 9, height: 9, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    const bomb = Buffer.from(png);
    bomb.writeUInt32BE(20_000, 16);
    bomb.writeUInt32BE(20_000, 20);
    bomb.writeUInt32BE(crc32(bomb.subarray(12, 29)), 29);
    const hollow = Buffer.from(png);
    const pixels = hollow.indexOf('IDAT');
    hollow[pixels + 7] = 0xff;
    const end = pixels + 4 + hollow.readUInt32BE(pixels - 4);
    hollow.writeUInt32BE(crc32(hollow.subarray(pixels, end)), end);
    for (const [fields, status, code, field] of [
      [{ file: Buffer.from('<svg/>') }, 400, 'media.type_refused', undefined],
      [{ file: png.subarray(0, -8) }, 400, 'media.unreadable', undefined],
      [{ file: hollow }, 400, 'media.unreadable', undefined],
      [{ file: bomb }, 413, 'media.too_large', undefined],
      [{ max_distance: '3' }, 400, 'request.invalid', 'file'],
      [{ file: png, max_distance: '11' }, 400, 'request.invalid', 'max_distance'],
      [{ file: png, media_id: space }, 400, 'request.invalid', 'media_id'],
      [{ image: png }, 400, 'request.invalid', 'image'],
    ] as const) {
      expectProblem(await look(fields), { status, code, field });
    }
    for (const [body, field] of [
      [{}, 'media_id'],
      [{ media_id: 1 }, 'media_id'],
      [{ media_id: space, max_distance: 2.5 }, 'max_distance'],
      [{ media_id: space, url: 'https://example.com' }, 'url'],
    ] as const) {
      const asked = { search_space_id: space, ...body };
      const answer = await atelier.call('POST', SIMILAR, asked, anna.session);
      expectProblem(answer, { status: 400, code: 'request.invalid', field });
    }
  });
});
