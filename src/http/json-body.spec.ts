// Proves that the shape of a JSON body is bounded before it is parsed, and that honest bodies pass untouched.
import Fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import { boundJsonBodies, findExcess, JSON_BOUNDS } from './json-body.js';
import { ROUTE_MARK } from './route-mark.js';

const BOUNDS = { levelsMax: 3, fieldsMax: 4, containersMax: 5, membersMax: 6 };
/** Far below what the unbounded parsers take for these bodies on any machine: seconds. */
const QUICK_MS = 500;

function repeat(count: number, toPart: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => toPart(index)).join(',');
}

describe('findExcess', () => {
  it.each([
    ['levels', '[[[1]]]', '[[[[1]]]]'],
    ['levels of objects', '{"a":{"a":{}}}', '{"a":{"a":{"a":{}}}}'],
    ['fields of one object', '{"a":1,"b":1,"c":1,"d":1}', '{"a":1,"b":1,"c":1,"d":1,"e":1}'],
    ['objects and lists', '[{},{},{},{}]', '[{},{},{},{},[]]'],
    ['members', '[1,2,3,4,5,6,7]', '[1,2,3,4,5,6,7,8]'],
  ])('bounds %s', (_what, most, tooMuch) => {
    expect(findExcess(most, BOUNDS)).toBeNull();
    expect(findExcess(tooMuch, BOUNDS)).toMatch(/^must not/);
  });

  it('counts the fields of each object apart', () => {
    const pair = '{"a":1,"b":1,"c":1}';
    expect(findExcess(`{"x":${pair},"y":${pair}}`, BOUNDS)).toBeNull();
  });

  it.each([
    ['brackets', '{"a":"[[[[[[[[","b":"{{{{{{"}'],
    ['commas and colons', '["a,,,,,,,,,:::::::::"]'],
    ['escaped quotes', String.raw`["\"[[[[[[","\\","[[[[[["]`],
    ['a backslash before the end', String.raw`["[[[[\\"]`],
  ])('leaves %s in texts alone', (_what, text) => {
    JSON.parse(text);
    expect(findExcess(text, BOUNDS)).toBeNull();
  });

  it.each(['', '"', '[', ']]]]', '"\\', '}{', '{"a'])('stands %j, which is no JSON', (text) => {
    expect(findExcess(text, BOUNDS)).toBeNull();
  });

  it('reads past a large picture in base64 at once', () => {
    const text = JSON.stringify({ data: 'A'.repeat(20_000_000) });
    const startedAt = performance.now();
    expect(findExcess(text, JSON_BOUNDS)).toBeNull();
    expect(performance.now() - startedAt).toBeLessThan(QUICK_MS);
  });
});

describe('boundJsonBodies', () => {
  const fastify = Fastify({ bodyLimit: 20_000_000 });
  boundJsonBodies(fastify);
  fastify.post('/', async (request) => request.body);

  const rawMark = { access: 'public', permission: null, space: null, rawBody: true };
  const config = { [ROUTE_MARK]: rawMark };
  fastify.post('/raw', { config }, async (request) => ({
    is: typeof request.body,
    body: request.body,
  }));

  function post(payload: string, url = '/') {
    const headers = { 'content-type': 'application/json' };
    return fastify.inject({ method: 'POST', url, headers, payload });
  }

  it.each(['{ "a":  "ü€😀" }\n', '{"a":', '['.repeat(1_000)])(
    'hands %j on as the text it is to a route that asks for it',
    async (payload) => {
      expect((await post(payload, '/raw')).json()).toEqual({ is: 'string', body: payload });
    },
  );

  it('parses what is within bounds', async () => {
    const body = { prompt: 'a "b" \\ [c]', n: 2, metadata: { list: [1, { a: null }] } };
    expect((await post(JSON.stringify(body))).json()).toEqual(body);
  });

  it.each([
    ['a million brackets', `{"a":${'['.repeat(500_000)}${']'.repeat(500_000)}}`],
    ['a hundred thousand fields', `{${repeat(100_000, (index) => `"k${index}":1`)}}`],
    ['a million objects', `[${repeat(200_000, () => '{}')}]`],
  ])('refuses %s before they are parsed', async (_what, payload) => {
    const startedAt = performance.now();
    const answer = await post(payload);
    expect(performance.now() - startedAt).toBeLessThan(QUICK_MS);
    expect(answer.json()).toMatchObject({ code: 'request.invalid' });
  });

  it.each([
    ['an invalid body', '{"a":', 'FST_ERR_CTP_INVALID_JSON_BODY'],
    ['an empty body', '', 'FST_ERR_CTP_EMPTY_JSON_BODY'],
    ['a poisoned prototype', '{"__proto__":{"a":1}}', undefined],
  ])('leaves %s to the parser', async (_what, payload, code) => {
    const answer = await post(payload);
    expect(answer.statusCode).toBe(400);
    if (code) expect(answer.json()).toMatchObject({ code });
  });
});
