// Proves what the edge refuses before or without a look at fields: credentials before any body, bodies that are too
// large, broken or of the wrong kind, addresses and cursors that are none; and that each answer carries a request id.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import {
  type Answer,
  API_KEY,
  startApplication,
  type TestApplication,
} from '../setup/application.js';
import { expectOpenaiError, expectProblem } from '../setup/expect-error.js';
import { type RawRequest, sendRaw } from '../setup/raw-request.js';
import { GENERATIONS } from '../setup/vendor-application.js';

const OPENAI = '/v1/images/generations';
const HUGE_BYTES = 104_857_600;
const JSON_LIMIT_BYTES = 65_536;
const PIECE = Buffer.alloc(65_536, 'x');
const JSON_BODY = { 'content-type': 'application/json' };

let atelier: TestApplication;

beforeAll(async () => {
  atelier = await startApplication({ JSON_LIMIT_BYTES: String(JSON_LIMIT_BYTES) });
});
afterAll(async () => {
  await atelier.stop();
});

async function send(
  request: RawRequest,
): Promise<Answer & { sentBytes: number; isClosed: boolean }> {
  const answer = await sendRaw(atelier.baseUrl, request);
  return { ...answer, body: answer.text === '' ? null : JSON.parse(answer.text) };
}

/** As many pieces as it takes to make up 100 MB. */
function* pieces(): Generator<Buffer> {
  for (let sent = 0; sent < HUGE_BYTES; sent += PIECE.length) yield PIECE;
}

async function post(path: string, body: string, headers: object = JSON_BODY): Promise<Answer> {
  return atelier.call('POST', path, body, { ...atelier.key, ...headers });
}

describe('a request without valid credentials', () => {
  const missing = { status: 401, code: 'auth.credentials_missing' };
  const announced = { ...JSON_BODY, 'content-length': String(HUGE_BYTES) };

  it('is answered 401 before a byte of its announced body was sent', async () => {
    const native = await send({ line: `POST ${GENERATIONS}`, headers: announced });
    expectProblem(native, missing);
    expect(native.headers.get('www-authenticate')).toBe('Bearer realm="atelier"');
    expect(native.headers.get('x-should-retry')).toBe('false');
    const openai = await send({ line: `POST ${OPENAI}`, headers: announced });
    expectOpenaiError(openai, missing);
    expect(openai.body.error.type).toBe('authentication_error');
  });

  it('is answered 401 while its body of 100 MB is still on the way', async () => {
    const answer = await send({ line: `POST ${GENERATIONS}`, headers: announced, body: pieces() });
    expectProblem(answer, missing);
    expect(answer.sentBytes).toBeLessThan(HUGE_BYTES / 2);
  });

  it('is answered 401 where the body has no announced length', async () => {
    const headers = { ...JSON_BODY, 'transfer-encoding': 'chunked' };
    expectProblem(
      await send({ line: `POST ${GENERATIONS}`, headers, body: ['5\r\nhello\r\n'] }),
      missing,
    );
  });

  it('is answered 401 for a wrong key, whatever its body is like', async () => {
    const wrong = { authorization: `Bearer ${API_KEY.slice(0, -1)}R` };
    const answer = await atelier.call('POST', GENERATIONS, '{"broken', { ...JSON_BODY, ...wrong });
    expectProblem(answer, { status: 401, code: 'auth.credentials_invalid' });
    const basic = { authorization: 'Basic YTpi' };
    const other = await atelier.call('POST', OPENAI, '{"broken', { ...JSON_BODY, ...basic });
    expectOpenaiError(other, { status: 401, code: 'auth.credentials_invalid' });
  });

  it('is refused with 400 when the key is in the address, public routes included', async () => {
    const refusal = { status: 400, code: 'auth.key_in_query' };
    for (const path of [
      `${GENERATIONS}?api_key=x`,
      `/health?key=x`,
      `/?q=${API_KEY}`,
      '/nope?access_token=x',
    ]) {
      const answer = await atelier.call('GET', path);
      expectProblem(answer, refusal);
      expect(JSON.stringify(answer.body)).not.toContain(API_KEY);
    }
    expectOpenaiError(await atelier.call('POST', `${OPENAI}?key=x`, {}), refusal);
  });
});

describe('a body that nobody is known for', () => {
  it('is not read on a route that does not exist', async () => {
    const headers = { ...JSON_BODY, 'content-length': String(HUGE_BYTES) };
    const notFound = { status: 404, code: 'request.not_found' };
    expectProblem(await send({ line: 'POST /nope', headers }), notFound);
    expectOpenaiError(await send({ line: 'POST /v1/nope', headers }), notFound);
  });

  it('may be 64 KB where a public route reads one', async () => {
    const headers = { ...JSON_BODY, 'content-length': '65537' };
    const answer = await send({ line: 'POST /api/v1/auth/login', headers });
    expectProblem(answer, { status: 413, code: 'request.too_large' });
  });
});

describe('a body of a known caller', () => {
  const tooLarge = { status: 413, code: 'request.too_large' };

  it('is refused with 413 by its announced length alone', async () => {
    const length = { 'content-length': String(JSON_LIMIT_BYTES + 1) };
    const headers = { ...atelier.key, ...JSON_BODY, ...length };
    expectProblem(await send({ line: `POST ${GENERATIONS}`, headers }), tooLarge);
    expectOpenaiError(await send({ line: `POST ${OPENAI}`, headers }), tooLarge);
  });

  it('is refused with 413 as soon as it has grown too large', async () => {
    const headers = { ...atelier.key, ...JSON_BODY, 'transfer-encoding': 'chunked' };
    const chunk = `${PIECE.length.toString(16)}\r\n${PIECE.toString()}\r\n`;
    const answer = await send({ line: `POST ${GENERATIONS}`, headers, body: [chunk, chunk] });
    expectProblem(answer, tooLarge);
  });

  it('is taken up to the limit', async () => {
    const body = '{"prompt":"a","size":"16x16"}'.padEnd(JSON_LIMIT_BYTES);
    const { status } = await post(GENERATIONS, body);
    expect(status).toBe(201);
  });

  it.each([
    ['cut off', '{"prompt":"a fo'],
    ['no JSON', 'hello'],
    ['empty', ''],
    ['after a prototype', '{"prompt":"a","__proto__":{"admin":true}}'],
  ])('is refused with 400 when it is %s', async (_title, body) => {
    const invalid = { status: 400, code: 'request.invalid' };
    const native = await post(GENERATIONS, body);
    expectProblem(native, invalid);
    expect(native.body.detail).toMatch(/JSON/);
    expectOpenaiError(await post(OPENAI, body), invalid);
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
    'image/png',
  ])('is refused with 415 as %s', async (type) => {
    const unsupported = { status: 415, code: 'request.media_type_unsupported' };
    const native = await post(GENERATIONS, '{"prompt":"a"}', { 'content-type': type });
    expectProblem(native, unsupported);
    expect(native.body.detail).toContain('application/json');
    expectOpenaiError(await post(OPENAI, '{"prompt":"a"}', { 'content-type': type }), unsupported);
  });

  it('is refused with 415 without a type, and with 400 when there is none', async () => {
    const headers = { ...atelier.key, 'content-length': '14' };
    const untyped = await send({ line: `POST ${GENERATIONS}`, headers, body: ['{"prompt":"a"}'] });
    expectProblem(untyped, { status: 415, code: 'request.media_type_unsupported' });
    const none = await atelier.call('POST', GENERATIONS);
    expectProblem(none, { status: 400, code: 'request.invalid', field: 'prompt' });
  });
});

describe('Idempotency-Key', () => {
  it.each(['', 'a b', 'x'.repeat(129), 'naïve'])('is refused as %o', async (key) => {
    const refusal = { status: 400, code: 'request.invalid', field: 'Idempotency-Key' };
    const headers = { ...atelier.key, 'idempotency-key': key };
    expectProblem(await atelier.call('POST', GENERATIONS, { prompt: 'a' }, headers), refusal);
    expectOpenaiError(await atelier.call('POST', OPENAI, { prompt: 'a' }, headers), refusal);
  });

  it('is refused when it is sent twice', async () => {
    const body = '{"prompt":"a"}';
    const headers = { ...atelier.key, ...JSON_BODY, 'content-length': String(body.length) };
    const twice = { ...headers, 'idempotency-key': 'one\r\nidempotency-key: two' };
    const answer = await send({ line: `POST ${GENERATIONS}`, headers: twice, body: [body] });
    expectProblem(answer, { status: 400, code: 'request.invalid', field: 'Idempotency-Key' });
  });
});

describe('lists', () => {
  it.each<[string, string]>([
    ['limit=0', 'limit'],
    ['limit=101', 'limit'],
    ['limit=', 'limit'],
    ['limit=abc', 'limit'],
    ['limit=1.5', 'limit'],
    ['limit=1&limit=2', 'limit'],
    ['cursor=', 'cursor'],
    ['cursor=zzz', 'cursor'],
    ['cursor=%00', 'cursor'],
    ['cursor=bm90LWFuLWlk', 'cursor'],
    ['status=done', 'status'],
    ['status=queued&status=done', 'status'],
    ['provider=%00', 'provider'],
    ['model=%00', 'model'],
    ['search_space_id=nope', 'search_space_id'],
    ['foo=1', 'foo'],
  ])('refuse ?%s by the name of its parameter', async (query, field) => {
    const answer = await atelier.call('GET', `${GENERATIONS}?${query}`);
    expectProblem(answer, { status: 400, code: 'request.invalid', field });
  });

  it('refuse cursors and limits on the other lists alike', async () => {
    for (const path of ['billing/usage', 'billing/prices', 'search-spaces']) {
      for (const [query, field] of [
        ['limit=0', 'limit'],
        ['cursor=%00', 'cursor'],
      ]) {
        const answer = await atelier.call('GET', `/api/v1/${path}?${query}`);
        expectProblem(answer, { status: 400, code: 'request.invalid', field });
      }
    }
  });
});

describe('addresses', () => {
  const notFound = { status: 404, code: 'request.not_found' };

  it.each(['x', '%00', '..%2f..', 'a'.repeat(200), newId()])(
    'answer 404 to the id %s',
    async (id) => {
      expectProblem(await atelier.call('GET', `${GENERATIONS}/${id}`), notFound);
      expectProblem(await atelier.call('DELETE', `${GENERATIONS}/${id}`), notFound);
      expectProblem(await atelier.call('POST', `${GENERATIONS}/${id}/cancel`), notFound);
      expectProblem(await atelier.call('GET', `${GENERATIONS}/${id}/image?token=x`), notFound);
      expectProblem(await atelier.call('GET', `/api/v1/search-spaces/${id}`), notFound);
      expectProblem(await atelier.call('GET', `/api/v1/billing/wallets/${id}/ledger`), notFound);
    },
  );

  it.each(['PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
    'answer 404 to %s where it means nothing',
    async (method) => {
      expectProblem(await atelier.call(method, GENERATIONS), notFound);
      expectOpenaiError(await atelier.call(method, OPENAI), notFound);
    },
  );

  it('answer 404 to what is no route, and say where the routes are', async () => {
    const { body } = await atelier.call('GET', '/api/v1/nothing');
    expect(body.detail).toBe('No such route. See /docs for the routes of this service.');
    expectOpenaiError(await atelier.call('GET', '/v1/nothing'), notFound);
  });

  it('answer 400 to a path that cannot be decoded', async () => {
    const refusal = { status: 400, code: 'request.invalid' };
    expectProblem(
      await send({ line: `GET ${GENERATIONS}/%E0%A4%A`, headers: atelier.key }),
      refusal,
    );
    expectOpenaiError(await send({ line: 'GET /v1/%', headers: atelier.key }), refusal);
  });
});

describe('x-request-id', () => {
  it("is the caller's own when that is well-formed, else a new one, on good answers too", async () => {
    const ask = async (id: string) =>
      (await atelier.call('GET', '/', undefined, { 'x-request-id': id })).headers.get(
        'x-request-id',
      );
    expect(await ask('my-request.1')).toBe('my-request.1');
    expect(await ask('short')).toMatch(/^[0-9a-f-]{36}$/);
    expect(await ask('with spaces and more')).toMatch(/^[0-9a-f-]{36}$/);
    expect(await ask('x'.repeat(65))).toMatch(/^[0-9a-f-]{36}$/);
  });
});
