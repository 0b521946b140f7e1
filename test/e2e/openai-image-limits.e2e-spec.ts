// Proves the bounds of forms: nobody unknown is read, what is too large is told so and never cut, a form that breaks off
// leaves nothing, and keys do what their scopes say.
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import OpenAI, { APIError, PermissionDeniedError, toFile } from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MediaStorage } from '../../src/media/domain/media-storage.strategy.js';
import { startApplication, type TestApplication } from '../setup/application.js';
import { must } from '../setup/people.js';
import { sendRaw } from '../setup/raw-request.js';
import { makeNoise, makePicture } from '../simulators/simulator-picture.js';

const EDITS = '/v1/images/edits';
const MEBIBYTE = 1_048_576;
const FORM_LIMIT_BYTES = 30 * MEBIBYTE;
const BOUNDARY = 'of-these-tests';
const FORM = `multipart/form-data; boundary=${BOUNDARY}`;
const ASKED = { model: 'embedded-image', prompt: 'fox', size: '64x48' as never };

let atelier: TestApplication;
let picture: Buffer;
/** About 24 MB. */
let large: Buffer;

beforeAll(async () => {
  atelier = await startApplication({ FORM_LIMIT_BYTES: String(FORM_LIMIT_BYTES) });
  picture = await makePicture('in', 64, 48, 'png');
  large = await makeNoise(2_900, 2_800);
});
afterAll(async () => {
  await atelier.stop();
});
let generations: number;
beforeEach(async () => {
  generations = await countGenerations();
});

async function countGenerations(): Promise<number> {
  return (await atelier.call('GET', '/api/v1/image-generations?limit=100')).body.data.length;
}

/** Nothing was written or stored. */
async function assertNothingStays(): Promise<void> {
  const storage = atelier.app.get(MediaStorage, { strict: false });
  const list = async () => {
    const names: string[] = [];
    for await (const name of storage.listIncoming(new Date(Date.now() + 60_000))) names.push(name);
    return names;
  };
  await expect.poll(list, { timeout: 30_000 }).toEqual([]);
  expect(await countGenerations()).toBe(generations);
}

const createClient = (apiKey: string, maxRetries = 0) =>
  new OpenAI({ apiKey, baseURL: `${atelier.baseUrl}/v1`, maxRetries });
const ownKey = () => atelier.key.authorization?.slice('Bearer '.length) ?? '';
const toPng = (bytes: Buffer) => toFile(bytes, 'in.png', { type: 'image/png' });

async function fail(work: Promise<unknown>): Promise<APIError> {
  const error: unknown = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(APIError);
  return error as APIError;
}

function toPart(name: string, bytes: Buffer): Buffer {
  const head = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), bytes, Buffer.from('\r\n')]);
}

const toField = (name: string, value: string) =>
  Buffer.from(
    `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
const END = Buffer.from(`--${BOUNDARY}--\r\n`);

describe('what is too large', () => {
  it('is a 413 for a file beyond its limit, that names it', async () => {
    expect(large.length).toBeGreaterThan(21 * MEBIBYTE);
    expect(large.length).toBeLessThan(FORM_LIMIT_BYTES);
    const error = await fail(
      createClient(ownKey(), 2).images.edit({ ...ASKED, image: await toPng(large) }),
    );
    expect(error).toMatchObject({ status: 413, code: 'media.too_large', param: 'image' });
    await assertNothingStays();
  });

  it('is a 413 for a form beyond its limit, told before it is read', async () => {
    const answer = await sendRaw(atelier.baseUrl, {
      line: `POST ${EDITS}`,
      headers: {
        ...atelier.key,
        'content-type': FORM,
        'content-length': String(FORM_LIMIT_BYTES + 1),
      },
      body: [toField('prompt', 'fox')],
    });
    expect(answer.status).toBe(413);
    expect(answer.text).toContain('request.too_large');
  });

  it('is a 413 for a form that does not say how long it is', async () => {
    const halves = [large.subarray(0, 16 * MEBIBYTE), large.subarray(0, 16 * MEBIBYTE)];
    async function* write(): AsyncGenerator<Uint8Array> {
      yield toField('prompt', 'fox');
      // Fields of a megabyte are no pictures, and count as well.
      for (const half of halves) {
        for (let at = 0; at < half.length; at += MEBIBYTE) {
          yield toField(`f${at}`, half.toString('hex', at, at + MEBIBYTE / 2 - 1));
        }
      }
      yield END;
    }
    const response = await fetch(`${atelier.baseUrl}${EDITS}`, {
      method: 'POST',
      headers: { ...atelier.key, 'content-type': FORM },
      body: ReadableStream.from(write()),
      duplex: 'half',
    });
    expect(response.status).toBe(413);
    await assertNothingStays();
  });

  it('is a 413 for more than fifty parts, and for a field that is no field any more', async () => {
    const many = Array.from({ length: 51 }, (_, index) => toField(`f${index}`, 'x'));
    expect((await send([...many, END])).status).toBe(413);
    const long = toField('prompt', 'x'.repeat(2 * MEBIBYTE));
    expect((await send([toPart('image', picture), long, END])).status).toBe(413);
    await assertNothingStays();
  });

  async function send(parts: Buffer[]): Promise<{ status: number; text: string }> {
    const response = await fetch(`${atelier.baseUrl}${EDITS}`, {
      method: 'POST',
      headers: { ...atelier.key, 'content-type': FORM },
      body: new Uint8Array(Buffer.concat(parts)),
    });
    return { status: response.status, text: await response.text() };
  }

  it.each<[string, () => Buffer[]]>([
    [
      'ends within a file',
      () => [toField('prompt', 'fox'), toPart('image', picture).subarray(0, 200)],
    ],
    ['ends after a file', () => [toField('prompt', 'fox'), toPart('image', picture)]],
    ['is no form', () => [randomBytes(5_000)]],
    ['is empty', () => []],
  ])('is a 400 for a form that %s', async (_how, toParts) => {
    const { status, text } = await send(toParts());
    expect(JSON.parse(text)).toMatchObject({ error: { code: 'request.invalid' } });
    expect(status).toBe(400);
    await assertNothingStays();
  });

  it('is a 400 for a form without a boundary', async () => {
    const response = await fetch(`${atelier.baseUrl}${EDITS}`, {
      method: 'POST',
      headers: { ...atelier.key, 'content-type': 'multipart/form-data' },
      body: 'x',
    });
    expect(response.status).toBe(400);
  });
});

describe('a form whose sender leaves', () => {
  it.each(['within a file', 'after a file'])('leaves nothing behind: %s', async (where) => {
    const { hostname, port } = new URL(atelier.baseUrl);
    const socket = connect(Number(port), hostname);
    const part = toPart('image', picture);
    const sent = where === 'within a file' ? part.subarray(0, part.length - 50) : part;
    const head = [
      `POST ${EDITS} HTTP/1.1`,
      `host: ${hostname}`,
      `authorization: ${atelier.key.authorization}`,
      `content-type: ${FORM}`,
      'content-length: 1000000',
    ];
    socket.write(`${head.join('\r\n')}\r\n\r\n`);
    socket.write(Buffer.concat([toField('prompt', 'fox'), sent]));
    await new Promise((resolve) => setTimeout(resolve, 500));
    socket.destroy();
    await assertNothingStays();
    expect((await atelier.call('GET', '/health')).status).toBe(200);
  });
});

describe('who may send one', () => {
  it('is nobody unknown: refused before the form is read', async () => {
    for (const path of [EDITS, '/v1/images/variations']) {
      const answer = await sendRaw(atelier.baseUrl, {
        line: `POST ${path}`,
        headers: { 'content-type': FORM, 'content-length': String(20 * MEBIBYTE) },
        body: [toField('prompt', 'fox')],
      });
      expect({ path, status: answer.status }).toEqual({ path, status: 401 });
      expect(answer.sentBytes).toBeLessThan(MEBIBYTE);
    }
  });

  async function createKey(scopes: string[]): Promise<string> {
    const session = { authorization: `Bearer ${atelier.token}` };
    const body = { name: scopes.join(), search_space_id: atelier.spaceId, scopes };
    return (await must(atelier, 201, 'POST', '/api/v1/api-keys', body, session)).key;
  }

  it('is a key that may edit, which need not make pictures from nothing', async () => {
    const editor = createClient(await createKey(['images.edit']));
    await editor.images.edit({ ...ASKED, image: await toPng(picture) });
    await editor.images.createVariation({ model: 'embedded-image', image: await toPng(picture) });
    const refused = await fail(editor.images.generate(ASKED));
    expect(refused).toBeInstanceOf(PermissionDeniedError);
    const maker = createClient(await createKey(['images.generate']));
    await maker.images.generate(ASKED);
    for (const work of [
      maker.images.edit({ ...ASKED, image: await toPng(picture) }),
      maker.images.createVariation({ image: await toPng(picture) }),
    ]) {
      expect(await fail(work)).toMatchObject({ status: 403, code: 'auth.scope_missing' });
    }
  });

  it('is a session, that names its space in a header', async () => {
    const headers = { 'x-search-space-id': atelier.spaceId };
    const session = createClient(atelier.token);
    const body = { ...ASKED, image: await toPng(picture) };
    expect((await session.images.edit(body, { headers })).data).toHaveLength(1);
    const error = await fail(session.images.edit({ ...ASKED, image: await toPng(picture) }));
    expect(error).toMatchObject({ status: 400, param: 'search_space_id' });
  });
});
