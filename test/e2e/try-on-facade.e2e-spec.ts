// Proves the façade that shops speak to: what it answers to every kind of request, by JSON and by form, in which order it
// goes about it, and that nothing is fetched or read of somebody who is not known or has no credit.
import { connect } from 'node:net';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { type Answer, API_KEY } from '../setup/application.js';
import { type DelegatedApplication, startDelegated } from '../setup/delegated-application.js';
import { type PictureHost, startPictureHost } from '../setup/picture-host.js';

const PATH = '/api/v1/create-image';
const EVENTUALLY = { timeout: 45_000 };
const KIBIBYTE = 1_024;

let atelier: DelegatedApplication;
let host: PictureHost;
let person: Buffer;
let garment: Buffer;
let pictures: { user_image_url: string; catalog_image_url: string };

const paint = (background: string) =>
  sharp({ create: { width: 64, height: 64, channels: 3, background } })
    .png()
    .toBuffer();
const declare = (declares: boolean) =>
  atelier.call(
    'PUT',
    `/api/v1/search-spaces/${atelier.spaceId}/try-on-consent`,
    {
      declares,
      ...(declares && { text_version: 'shop-terms-1' }),
    },
    session,
  );
let session: Record<string, string>;

beforeAll(async () => {
  [person, garment] = await Promise.all([paint('#ff0000'), paint('#0000ff')]);
  host = await startPictureHost();
  pictures = {
    user_image_url: host.add('person.png', person),
    catalog_image_url: host.add('garment.png', garment),
  };
  atelier = await startDelegated({ TRY_ON_RPM: '200', DELEGATED_BREAKER_FAULTS: '1000' });
  const login = { email: 'operator@example.com', password: 'correct horse battery staple' };
  const { body } = await atelier.call('POST', '/api/v1/auth/login', login, {});
  session = { authorization: `Bearer ${body.access_token}` };
  expect((await declare(true)).status).toBe(200);
}, 240_000);
afterAll(async () => {
  await host.stop();
  await atelier.stop();
});
beforeEach(() => {
  host.requests.length = 0;
  host.onRequest = () => undefined;
  atelier.backend.reset();
  atelier.vendor.reset();
});

/** A whole request of the space's own key, changed as told; undefined takes a field away. */
const toBody = (changes: object = {}) => ({
  user_id: `user-${newId()}`,
  api_key: API_KEY,
  catalog_id: 'coat-7',
  model: 'embedded-image',
  ...pictures,
  ...changes,
});
const ask = (changes: object = {}, headers: object = {}) =>
  atelier.call('POST', PATH, toBody(changes), headers);

async function send(fields: object, files: Record<string, Buffer>, headers: object = {}) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, String(value));
  for (const [name, bytes] of Object.entries(files)) {
    form.append(name, new Blob([new Uint8Array(bytes)], { type: 'image/png' }), `${name}.png`);
  }
  const response = await fetch(`${atelier.baseUrl}${PATH}`, {
    method: 'POST',
    body: form,
    headers: { ...headers },
  });
  const body = (await response.json()) as Answer['body'];
  return { status: response.status, headers: response.headers, body };
}

const credentials = () => ({ user_id: `user-${newId()}`, api_key: API_KEY });

async function expectPicture(body: { status: string; image_url: string; latency_ms: number }) {
  expect(body).toEqual({
    status: 'success',
    image_url: expect.stringContaining(`${atelier.baseUrl}/api/v1/image-generations/`),
    latency_ms: expect.any(Number),
  });
  expect(body.latency_ms).toBeGreaterThan(0);
  const picture = await fetch(body.image_url);
  expect([picture.status, picture.headers.get('content-type')]).toEqual([200, 'image/png']);
  const { data, info } = await sharp(Buffer.from(await picture.arrayBuffer()))
    .raw()
    .toBuffer({ resolveWithObject: true });
  const middle =
    (Math.floor(info.height / 2) * info.width + Math.floor(info.width / 2)) * info.channels;
  expect([data[middle], data[middle + 2]]).toEqual([0, 255]);
}

describe('a try-on by JSON', () => {
  it('is answered with a picture of both, and recorded with the reason of the space', async () => {
    const { status, body } = await ask({ user_id: 'Ada Lovelace', catalog_id: 77 });
    expect(status).toBe(200);
    await expectPicture(body);
    expect(host.requests).toEqual(['/person.png', '/garment.png']);
    const path = `/api/v1/try-on/consents?search_space_id=${atelier.spaceId}&limit=1`;
    const { body: page } = await atelier.call('GET', path, undefined, session);
    expect(page.data).toMatchObject([
      { basis: 'declaration', text_version: 'shop-terms-1', end_user_id: 'Ada Lovelace' },
    ]);
    const id = String(page.data[0].generation_id);
    expect(body.image_url).toContain(id);
    const record = await atelier.call('GET', `/api/v1/image-generations/${id}`);
    expect(record.body).toMatchObject({
      operation: 'try_on',
      prompt: expect.stringContaining('three-quarter angle'),
      metadata: { user_id: 'Ada Lovelace', catalog_id: '77' },
    });
  });

  it.each([
    ['X-API-Key', { 'x-api-key': API_KEY }],
    ['Authorization', { authorization: `Bearer ${API_KEY}` }],
  ])('takes the key in %s as well', async (_name, headers) => {
    expect((await ask({ api_key: undefined }, headers)).status).toBe(200);
  });

  it('takes ids that would lead elsewhere as names of files', async () => {
    const ids = { user_id: '../../etc/passwd', catalog_id: '..\\..\\x/%2e%2e' };
    const { status, body } = await ask(ids);
    expect(status).toBe(200);
    expect(body.image_url).not.toContain('passwd');
  });

  it('gives the same picture for the same Idempotency-Key, and pays once', async () => {
    const headers = { 'idempotency-key': newId() };
    const changes = { user_id: 'twice' };
    const first = await ask(changes, headers);
    const again = await ask(changes, headers);
    const other = await ask({ ...changes, catalog_id: 'hat-1' }, headers);
    expect([first.status, again.status, other.status]).toEqual([200, 200, 422]);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.body.image_url).toBe(first.body.image_url);
    expect(host.requests).toHaveLength(2 + 2 + 2);
  });
});

describe('a try-on by form', () => {
  it('takes files, which win over addresses, and fields after them', async () => {
    const more = { ...pictures, garment_category: 'upper_body', model: 'embedded-image' };
    const fields = { ...credentials(), catalog_id: 'coat-7', ...more };
    const { status, body } = await send(fields, { user_image: person, catalog_image: garment });
    expect([status, body.detail]).toEqual([200, undefined]);
    await expectPicture(body);
    expect(host.requests).toEqual([]);
  });

  it('takes one picture as a file and the other by its address', async () => {
    const { catalog_image_url } = pictures;
    const fields = {
      ...credentials(),
      catalog_id: 'c',
      model: 'embedded-image',
      catalog_image_url,
    };
    const { status, body } = await send(fields, { user_image: person });
    expect(status).toBe(200);
    await expectPicture(body);
    expect(host.requests).toEqual(['/garment.png']);
  });

  it('is refused when a file stands before who sends it, unless the headers tell', async () => {
    const form = (headers: Record<string, string>) => {
      const data = new FormData();
      data.append('user_image', new Blob([new Uint8Array(person)]), 'p.png');
      for (const [name, value] of Object.entries(credentials())) data.append(name, value);
      return fetch(`${atelier.baseUrl}${PATH}`, { method: 'POST', body: data, headers });
    };
    const unknown = await form({});
    const refusal = {
      detail: expect.stringContaining('api_key in the body, in a form before its'),
    };
    expect([unknown.status, await unknown.json()]).toEqual([401, refusal]);
    const known = await form({ 'x-api-key': API_KEY });
    const { detail } = (await known.json()) as { detail: string };
    expect([known.status, detail]).toEqual([400, expect.stringContaining('before the files')]);
  });

  it('is read no further than 64 KB before its sender is known', async () => {
    const { status, body } = await send(
      { junk: 'x'.repeat(70 * KIBIBYTE), ...credentials() },
      {
        user_image: person,
      },
    );
    expect([status, Object.keys(body)]).toEqual([413, ['detail']]);
    const json = await ask({ prompt: 'x'.repeat(70 * KIBIBYTE) });
    expect([json.status, Object.keys(json.body)]).toEqual([413, ['detail']]);
  });

  it('is answered before the rest of it has come, when its sender is nobody', async () => {
    const boundary = 'the-boundary-of-this-test';
    const part = (name: string, value: string) =>
      `--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
    const start =
      part('user_id', 'mallory') +
      part('api_key', 'atl_wrongkey_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ') +
      `--${boundary}\r\ncontent-disposition: form-data; name="user_image"; filename="a.png"\r\n\r\n`;
    const socket = connect(Number(new URL(atelier.baseUrl).port), '127.0.0.1');
    socket.on('error', () => undefined);
    const answer = new Promise<string>((resolve) =>
      socket.once('data', (data) => resolve(String(data))),
    );
    socket.write(
      `POST ${PATH} HTTP/1.1\r\nhost: atelier\r\ncontent-type: multipart/form-data; boundary=${boundary}\r\n` +
        `content-length: ${50 * KIBIBYTE * KIBIBYTE}\r\n\r\n${start}${'x'.repeat(KIBIBYTE)}`,
    );
    expect(await answer).toMatch(/^HTTP\/1\.1 401 /);
    socket.destroy();
  });

  const NESTED = '['.repeat(2_048) + ']'.repeat(2_048);
  it.each<[string, object, Record<string, Buffer>, string]>([
    ['a file of another name', {}, { picture: Buffer.from('x') }, 'user_image'],
    ['text in place of a picture', {}, { user_image: Buffer.from('no picture') }, 'user_image'],
    ['a consent that is no JSON', { consent: 'yes' }, {}, 'consent'],
    ['a consent that is a list', { consent: '[]' }, {}, 'consent'],
    ['a consent of lists in lists', { consent: NESTED }, {}, 'consent'],
    ['a field it does not know', { colour: 'red' }, {}, 'colour'],
  ])('is refused for %s', async (_name, fields, files, told) => {
    const { status, body } = await send(
      { ...credentials(), catalog_id: 'c', ...pictures, ...fields },
      files,
    );
    expect([status, body]).toEqual([400, { detail: expect.stringContaining(told) }]);
  });
});

describe('a fault', () => {
  it.each<[number, string, object, string]>([
    [400, 'no picture of the person', { user_image_url: undefined }, 'user_image'],
    [400, 'an empty address', { catalog_image_url: '' }, 'catalog_image'],
    [400, 'no user', { user_id: undefined }, 'user_id'],
    [400, 'a field it does not know', { colour: 'red' }, 'colour'],
    [400, 'a path in place of an address', { user_image_url: '/etc/passwd' }, 'user_image_url'],
    [400, 'a model that cannot', { model: 'imagen-4.0-generate-001' }, ''],
    [
      400,
      'a garment that the model does not know',
      { model: 'tryon-v1.6', garment_category: 'accessory' },
      '',
    ],
    [401, 'no key', { api_key: undefined }, ''],
    [
      401,
      'a wrong key',
      { api_key: 'atl_wrongkey_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ' },
      '',
    ],
    [401, 'a key that the shop does not know', { api_key: 'shop_nobody' }, ''],
  ])('is a %i for %s, and nothing is fetched', async (status, _name, changes, told) => {
    const answer = await ask(changes);
    expect([answer.status, answer.body]).toEqual([
      status,
      { detail: expect.stringContaining(told) },
    ]);
    expect(host.requests).toEqual([]);
  });

  it('is a 502 where a picture cannot be downloaded', async () => {
    for (const user_image_url of [host.missing(), 'http://127.0.0.1:9/person.png']) {
      const { status, body } = await ask({ user_image_url });
      expect([status, body]).toEqual([502, { detail: expect.stringContaining('user_image_url') }]);
    }
  });

  it('is a 400 where the address holds no picture', async () => {
    const user_image_url = host.add('text.png', Buffer.from('this is text'));
    expect((await ask({ user_image_url })).status).toBe(400);
  });

  it('is a 500 where the vendor fails, without its words', async () => {
    atelier.vendor.failNext('server_error', 8);
    const { status, body } = await ask({ model: 'gpt-image-2' });
    expect([status, Object.keys(body)]).toEqual([500, ['detail']]);
  });

  it('is a 503 where the account backend is away', async () => {
    atelier.backend.failNext('verify', 'status=500', 3);
    const { userId, headers } = atelier.shopper();
    const api_key = headers.authorization?.replace('Bearer ', '');
    const { status, body } = await ask({ user_id: userId, api_key });
    expect([status, Object.keys(body)]).toEqual([503, ['detail']]);
  });

  it('is a 403 without a reason why the person may be shown, and names where to give it', async () => {
    await declare(false);
    const refused = await ask();
    expect(refused).toMatchObject({
      status: 403,
      body: {
        detail: expect.stringContaining(`/api/v1/search-spaces/${atelier.spaceId}/try-on-consent`),
      },
    });
    expect(host.requests).toEqual([]);
    const consent = { subject: 'self', basis: 'consent' };
    expect((await ask({ consent })).status).toBe(200);
    const form = await send(
      {
        ...credentials(),
        catalog_id: 'c',
        model: 'embedded-image',
        consent: JSON.stringify(consent),
      },
      { user_image: person, catalog_image: garment },
    );
    expect(form.status).toBe(200);
    await declare(true);
  });
});

describe('a user of the shop', () => {
  const shop = (credits: number) => {
    const { userId, headers } = atelier.shopper(credits);
    return { user_id: userId, api_key: headers.authorization!.replace('Bearer ', '') };
  };

  it('is known, has credit, gets the picture, and is reported once, in this order', async () => {
    const asker = shop(3);
    const order: string[] = [];
    const { backend } = atelier;
    host.onRequest = () => {
      const seen = ['verify', 'credits', 'webhook'] as const;
      order.push(seen.filter((kind) => backend.listCalls(kind).length > 0).join());
    };
    const { status, body } = await ask(asker);
    expect(status).toBe(200);
    expect(order).toEqual(['verify,credits', 'verify,credits']);
    await expect.poll(() => backend.booked.size, EVENTUALLY).toBe(1);
    const [report] = backend.booked.values();
    expect(report).toMatchObject({ user_id: asker.user_id, used_credits: 1, catalog_id: 'coat-7' });
    expect(new URL(String(report?.image_url)).pathname).toBe(new URL(body.image_url).pathname);
    expect(backend.accounts.get(asker.user_id)?.credits).toBe(2);
  });

  it('gets a 403 without credit, and nothing is fetched', async () => {
    const { status, body } = await ask(shop(0));
    expect([status, Object.keys(body)]).toEqual([403, ['detail']]);
    expect(host.requests).toEqual([]);
  });

  it('spends no more than it has, however many requests come at once', async () => {
    const asker = shop(4);
    const answers = await Promise.all(Array.from({ length: 100 }, () => ask(asker)));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(4);
    expect(statuses.filter((status) => status === 403)).toHaveLength(96);
    await expect.poll(() => atelier.backend.booked.size, EVENTUALLY).toBe(4);
    expect(atelier.backend.accounts.get(asker.user_id)?.credits).toBe(0);
  }, 120_000);
});
