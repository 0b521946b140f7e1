/**
 * Proves that the tool finds: a service of a few lines that answers rightly has no finding, and each thing that it then
 * does wrongly has the finding that names it.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Outcome, runConformance } from '../../scripts/conformance/run-conformance.mjs';

const KEY = 'a-key-of-these-tests';
const MODEL = 'team/small';

type Body = Record<string, unknown>;
type Reply = Body | Body[] | string;

const text = { type: 'string' };
const DESCRIPTION = {
  openapi: '3.1.0',
  info: { title: 'Of a test', version: '1' },
  paths: {
    '/models': answers('get', 'listModels', { 'application/json': ref('List') }),
    '/models/{model}': answers('get', 'retrieveModel', { 'application/json': ref('Model') }),
    '/chat/completions': answers(
      'post',
      'createChatCompletion',
      { 'application/json': ref('Completion'), 'text/event-stream': ref('Chunk') },
      ref('Request'),
    ),
    '/files': answers('get', 'listFiles', { 'application/json': ref('List') }),
  },
  components: {
    schemas: {
      Model: object({ id: text, object: { type: 'string', enum: ['model'] } }, ['id', 'object']),
      List: object({ data: { type: 'array', items: ref('Model') } }, ['data']),
      Request: object(
        {
          model: text,
          messages: { type: 'array', minItems: 1, items: { type: 'object' } },
          stream: { type: 'boolean', nullable: true },
          stream_options: { type: 'object', properties: { include_usage: { type: 'boolean' } } },
          temperature: { type: 'number', minimum: 0, maximum: 2, nullable: true },
          effort: { anyOf: [{ type: 'string', enum: ['low', 'high'] }, { type: 'null' }] },
        },
        ['model', 'messages'],
      ),
      Completion: object(
        {
          id: text,
          choices: { type: 'array', items: ref('Choice') },
          usage: object({ total: { type: 'integer' } }, ['total']),
        },
        ['id', 'choices'],
      ),
      Choice: {
        oneOf: [ref('Said'), ref('Called')],
        discriminator: { propertyName: 'kind' },
      },
      Said: object({ kind: { type: 'string', enum: ['said'] }, message: ref('Message') }, [
        'kind',
        'message',
      ]),
      Message: object({ content: text }, ['content']),
      Called: object({ kind: { type: 'string', enum: ['called'] }, call: text }, ['kind', 'call']),
      Chunk: object(
        {
          id: text,
          choices: {
            type: 'array',
            items: object(
              { index: { type: 'integer' }, finish_reason: { type: 'string', nullable: true } },
              ['index', 'finish_reason'],
            ),
          },
        },
        ['id', 'choices'],
      ),
      ErrorResponse: object(
        {
          error: object(
            {
              message: text,
              code: { type: 'string', nullable: true },
              param: { type: 'string', nullable: true },
            },
            ['message', 'code', 'param'],
          ),
        },
        ['error'],
      ),
    },
  },
};

/** What the service does otherwise than it should, by what it is asked for. */
interface Faults {
  completion?: (body: Body) => Reply;
  chunks?: (body: Body) => Reply[];
  refusal?: (status: number, error: Body) => [number, unknown];
  list?: Body;
  /** The error that high effort has. */
  limit?: Body;
  served?: string[];
}

let server: Server;
let url: string;
let faults: Faults;

beforeAll(async () => {
  server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
beforeEach(() => {
  faults = {};
});

function ref(name: string): Body {
  return { $ref: `#/components/schemas/${name}` };
}

function object(properties: Body, required: string[]): Body {
  return { type: 'object', properties, required };
}

function answers(method: string, operationId: string, content: Body, body?: Body): Body {
  const toContent = (schemas: Body) =>
    Object.fromEntries(Object.entries(schemas).map(([type, schema]) => [type, { schema }]));
  return {
    [method]: {
      operationId,
      ...(body && { requestBody: { content: toContent({ 'application/json': body }) } }),
      responses: { 200: { content: toContent(content) } },
    },
  };
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const send = (status: number, body: unknown) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
  const refuse = (status: number, message: string, param: string | null = null) => {
    const error = { message, code: 'refused', param };
    send(...(faults.refusal?.(status, error) ?? [status, { error }]));
  };
  const path = request.url ?? '';
  if (path === '/docs-json') return send(200, { paths: toServed() });
  if (request.headers.authorization !== `Bearer ${KEY}`) return refuse(401, 'who?');
  if (path === '/v1/models') return send(200, faults.list ?? { data: [toModel()] });
  if (path.startsWith('/v1/models/')) {
    const isKnown = decodeURIComponent(path.slice('/v1/models/'.length)) === MODEL;
    return isKnown ? send(200, toModel()) : refuse(404, 'no such model', 'model');
  }
  const body = parse(Buffer.concat(parts).toString());
  const wrong = body === null ? 'body' : findWrong(body);
  if (body === null || wrong)
    return refuse(
      wrong === 'unknown' ? 404 : 400,
      `wrong: ${wrong}`,
      wrong === 'body' ? null : wrong,
    );
  if (faults.limit && body.effort === 'high') return send(400, { error: faults.limit });
  return body.stream === true
    ? stream(response, body)
    : send(200, faults.completion?.(body) ?? toCompletion());
}

function toServed(): Body {
  const served = faults.served ?? ['/models', '/models/{name}', '/chat/completions'];
  return Object.fromEntries(
    served.map((path) => [`/v1${path}`, { [path.startsWith('/chat') ? 'post' : 'get']: {} }]),
  );
}

function findWrong(body: Body): string | null {
  if (typeof body.model !== 'string') return 'model';
  if (body.model !== MODEL) return 'unknown';
  if (!Array.isArray(body.messages)) return 'messages';
  const { stream, stream_options: options, temperature, effort } = body;
  if (stream !== undefined && stream !== null && typeof stream !== 'boolean') return 'stream';
  if (options !== undefined && typeof options !== 'object') return 'stream_options';
  if (
    temperature !== undefined &&
    temperature !== null &&
    !(typeof temperature === 'number' && temperature >= 0 && temperature <= 2)
  )
    return 'temperature';
  return [undefined, null, 'low', 'high'].includes(effort as string | null | undefined)
    ? null
    : 'effort';
}

function stream(response: ServerResponse, body: Body): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const usage = (body.stream_options as Body | undefined)?.include_usage === true;
  const chunks = faults.chunks?.(body) ?? [
    { id: 'a', choices: [{ index: 0, finish_reason: null }] },
    { id: 'a', choices: [{ index: 0, finish_reason: 'stop' }] },
    ...(usage ? [{ id: 'a', choices: [], usage: { total: 3 } }] : []),
    '[DONE]',
  ];
  for (const chunk of chunks) {
    response.write(`data: ${typeof chunk === 'string' ? chunk : JSON.stringify(chunk)}\n\n`);
  }
  response.end();
}

const toModel = () => ({ id: MODEL, object: 'model' });
const toCompletion = (over: Body = {}) => ({
  id: 'a',
  choices: [{ kind: 'said', message: { content: '{}' } }],
  usage: { total: 3 },
  ...over,
});

function parse(written: string): Body | null {
  try {
    return JSON.parse(written) as Body;
  } catch {
    return null;
  }
}

function run(over: object = {}): Promise<Outcome> {
  const models = { image: null, chat: MODEL, embedding: null, moderation: null };
  return runConformance({ document: DESCRIPTION, url, key: KEY, models, ...over });
}

/** `where pointer: what`, of what was found. */
async function find(): Promise<string[]> {
  const { findings } = await run();
  return findings.map(({ where, pointer, what }) => `${where} ${pointer}: ${what}`);
}

describe('a service that is as described', () => {
  it('has no finding, and what it does not have is named', async () => {
    const { operations, findings, unsent } = await run();
    expect(findings).toEqual([]);
    expect(unsent).toEqual([]);
    const states = operations.map(({ name, state, requests }) => [name, state, requests > 0]);
    expect(states).toEqual([
      ['GET /models', 'driven', true],
      ['GET /models/{model}', 'driven', true],
      ['POST /chat/completions', 'driven', true],
      ['GET /files', 'absent', false],
    ]);
  });

  it('is sent each parameter in each of its values', async () => {
    const seen: Body[] = [];
    faults.completion = (body) => (seen.push(body), toCompletion());
    await run({ only: ['chat'] });
    for (const effort of ['low', 'high', null])
      expect(seen).toContainEqual(expect.objectContaining({ effort }));
    for (const temperature of [0, 2, null]) {
      expect(seen).toContainEqual(expect.objectContaining({ temperature }));
    }
  });
});

describe('an answer', () => {
  it.each<[string, Body, string]>([
    ['lacks a field', { id: undefined }, "body /: must have required property 'id'"],
    ['has a field of another type', { id: 7 }, 'body /id: must be string'],
    ['is wrong deep within', { usage: { total: 'many' } }, 'body /usage/total: must be integer'],
    [
      'is of no known branch',
      { choices: [{ kind: 'sung' }] },
      'body /choices/0/kind: must be equal to one of the allowed values: said, called',
    ],
    [
      'is wrong in its branch',
      { choices: [{ kind: 'called', call: null }] },
      'body /choices/0/call: must be string',
    ],
    ['has too few choices', { choices: [] }, 'content /choices: has 0 where 1 were asked for'],
  ])('that %s is found', async (_what, over, found) => {
    faults.completion = () => toCompletion(over);
    expect(await find()).toContain(found);
  });

  it('that refuses what is documented is found, with what it said', async () => {
    faults.refusal = (_status, error) => [418, { error }];
    const found = await find();
    expect(found).toContain('status /: 418 where 401 was due: who?');
  });

  it('of a list that names what cannot be found is found', async () => {
    faults.list = { data: [toModel(), { id: 'ghost', object: 'model' }] };
    expect(await find()).toEqual(['content /data: ghost is listed and not found (404)']);
  });
});

describe('a stream', () => {
  const chunk = (over: Body = {}) => ({
    id: 'a',
    choices: [{ index: 0, finish_reason: 'stop' }],
    ...over,
  });
  it.each<[string, Reply[], string]>([
    [
      'has a bad chunk',
      [chunk({ choices: [{ index: 'first', finish_reason: 'stop' }] }), '[DONE]'],
      'event 0 /choices/0/index: must be integer',
    ],
    ['has a chunk that is no JSON', ['{"id":', '[DONE]'], 'event 0 /: no JSON: {"id":'],
    ['does not end', [chunk()], 'stream /: does not end with [DONE]'],
    [
      'never finishes',
      [chunk({ choices: [{ index: 0, finish_reason: null }] }), '[DONE]'],
      'stream /choices/finish_reason: choice 0 is never finished',
    ],
    [
      'changes its id',
      [chunk(), chunk({ id: 'b' }), '[DONE]'],
      'stream /id: differs from chunk to chunk',
    ],
    [
      'breaks off with an error',
      [{ error: { message: 'gone' } }, '[DONE]'],
      'event 0 /error: the stream broke off: gone',
    ],
    ['leaves the usage out', [chunk(), '[DONE]'], 'stream /usage: is in 0 chunks where 1 was due'],
    [
      'has usage that nobody asked for',
      [chunk({ usage: { total: 1 } }), '[DONE]'],
      'stream /usage: comes though it was not asked for',
    ],
  ])('that %s is found', async (_what, chunks, found) => {
    faults.chunks = () => chunks;
    expect(await find()).toContain(found);
  });
});

describe('a refusal', () => {
  it('without its code is found', async () => {
    faults.refusal = (status, { code: _code, ...error }) => [status, { error }];
    expect(await find()).toContain("error /error: must have required property 'code'");
  });

  it('that never comes is found', async () => {
    faults.refusal = () => [200, toCompletion()];
    const { findings } = await run();
    expect(findings).toContainEqual(
      expect.objectContaining({ request: 'no messages', what: '200 where 400 was due' }),
    );
    expect(findings).toContainEqual(
      expect.objectContaining({
        request: 'temperature 3',
        what: '200 where 400 or 422 was due',
      }),
    );
  });

  it('that names another parameter is found', async () => {
    faults.refusal = (status, error) => [status, { error: { ...error, param: 'colour' } }];
    expect(await find()).toContain('error /error/param: names colour where messages is at fault');
  });

  it.each([
    ['effort', 'unsupported_value', 0],
    ['effort', 'refused', 1],
    ['temperature', 'unsupported_value', 1],
  ])('of %s with the code %s is a finding or a limit of the model', async (param, code, count) => {
    faults.limit = { message: 'no such effort here', code, param };
    const { findings, refused } = await run();
    expect(findings).toHaveLength(count);
    expect(refused).toEqual(count === 0 ? ['POST /chat/completions: effort "high"'] : []);
    if (count === 0) return;
    const what = '400 to a request that the description allows: no such effort here';
    expect(findings[0]).toMatchObject({ request: 'effort "high"', where: 'status', what });
  });
});

describe('without a description of its own', () => {
  it('a service is asked for each operation', async () => {
    faults.served = [];
    const states = (await run()).operations.map(({ state }) => state);
    expect(states).toEqual(['absent', 'absent', 'absent', 'absent']);
  });
});
