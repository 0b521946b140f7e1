/**
 * Proves that the tool finds what no schema says, against OpenAI's own description: pictures of another format, size or
 * number, drafts that were not asked for, vectors of another length or in another order.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runConformance } from '../../scripts/conformance/run-conformance.mjs';

const FILE = fileURLToPath(new URL('../fixtures/openai-openapi/description.json', import.meta.url));

type Body = Record<string, unknown>;

let server: Server;
let url: string;
let answer: (body: Body) => unknown;
let pictures: Record<'png' | 'jpeg', string>;

beforeAll(async () => {
  const plain = sharp({ create: { width: 32, height: 32, channels: 3, background: 'navy' } });
  const toText = async (format: 'png' | 'jpeg') =>
    (await plain.clone().toFormat(format).toBuffer()).toString('base64');
  pictures = { png: await toText('png'), jpeg: await toText('jpeg') };
  server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
beforeEach(() => {
  answer = () => ({});
});

/** Everything is answered, also what should be refused: only what is answered wrongly is looked for here. */
async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  if (request.url === '/docs-json') {
    const paths = { '/v1/images/generations': { post: {} }, '/v1/embeddings': { post: {} } };
    return void response
      .setHeader('content-type', 'application/json')
      .end(JSON.stringify({ paths }));
  }
  const text = Buffer.concat(parts).toString();
  const body = text.endsWith('}') ? (JSON.parse(text) as Body) : {};
  const said = answer(body);
  if (!Array.isArray(said)) {
    return void response.setHeader('content-type', 'application/json').end(JSON.stringify(said));
  }
  response.setHeader('content-type', 'text/event-stream');
  for (const event of said as Body[]) {
    response.write(
      `event: ${String(event.name ?? event.type)}\ndata: ${JSON.stringify(event)}\n\n`,
    );
  }
  response.end();
}

async function find(only: string): Promise<string[]> {
  const { findings } = await runConformance({ file: FILE, url, key: 'a-key', only: [only] });
  return findings
    .filter(({ what }) => !what.includes('was due'))
    .map(({ where, pointer, what }) => `${where} ${pointer}: ${what}`);
}

describe('pictures', () => {
  const toAnswer = (body: Body, over: Body = {}) =>
    body.stream === true
      ? [toEvent(body)]
      : {
          created: 1,
          data: Array.from({ length: Number(body.n ?? 1) }, () => ({ b64_json: pictures.png })),
          ...over,
        };
  const toEvent = (body: Body, over: Body = {}) => ({
    type: 'image_generation.completed',
    b64_json: pictures.png,
    created_at: 1,
    size: 'auto',
    quality: 'low',
    background: 'opaque',
    output_format: body.output_format ?? 'png',
    usage: {
      total_tokens: 1,
      input_tokens: 1,
      output_tokens: 0,
      input_tokens_details: { text_tokens: 1, image_tokens: 0 },
    },
    ...over,
  });

  it('as they were asked for have no such finding but of what the little service cannot', async () => {
    answer = (body) => toAnswer(body);
    const found = await find('generations');
    expect(found).toContain('content /data/0: is png where jpeg was asked for');
    expect(found).toContain('content /data/0: is 32x32 where 1024x1024 was asked for or told');
    expect(found).toContain('content /data/0/url: is missing though it was asked for');
    expect(
      found.filter((one) => !/is png where|is 32x32 where|is missing though/.test(one)),
    ).toEqual([]);
  });

  it.each<[string, Body, string]>([
    [
      'one too many',
      { data: [{ b64_json: 'A' }, { b64_json: 'A' }] },
      'content /data: has 2 pictures where 1 were asked for',
    ],
    ['no picture', { data: [{ b64_json: 'AAAA' }] }, 'content /data/0: is no picture'],
    ['neither link nor bytes', { data: [{}] }, 'content /data/0: has not one of url and b64_json'],
    [
      'a dead link',
      { data: [{ url: 'http://127.0.0.1:9/none' }] },
      'content /data/0/url: leads to no picture',
    ],
    [
      'another format than told',
      { output_format: 'webp' },
      'content /data/0: is png where output_format says webp',
    ],
    [
      'a quality of no list',
      { quality: 'hd' },
      'body /quality: must be equal to one of the allowed values: low, medium, high',
    ],
  ])('with %s are found', async (_what, over, found) => {
    answer = (body) => toAnswer(body, over);
    expect(await find('generations')).toContain(found);
  });

  it.each<[string, (body: Body) => Body[], string]>([
    [
      'an event without its usage',
      (body) => [toEvent(body, { usage: undefined })],
      "event 0 /: must have required property 'usage'",
    ],
    [
      'an event under another name',
      (body) => [toEvent(body, { name: 'completed' })],
      'event 0 /type: is sent under the name completed',
    ],
    [
      'a type of no kind',
      (body) => [toEvent(body, { type: 'image_edit.completed' })],
      'event 0 /type: must be equal to one of the allowed values: image_generation.partial_image, image_generation.completed',
    ],
    [
      'a draft that nobody asked for',
      (body) => [
        toEvent(body, { type: 'image_generation.partial_image', partial_image_index: 0 }),
        toEvent(body),
      ],
      'stream /: has 1 drafts where 0 were asked for',
    ],
    [
      'no end',
      (body) => [toEvent(body, { type: 'image_generation.partial_image', partial_image_index: 0 })],
      'stream /: ends with image_generation.partial_image',
    ],
  ])('in a stream with %s are found', async (_what, toEvents, found) => {
    answer = (body) => (body.stream === true ? toEvents(body) : toAnswer(body));
    expect(await find('generations')).toContain(found);
  });
});

describe('vectors', () => {
  const toVectors = (body: Body, over: (index: number) => Body = () => ({})) => {
    const { input, dimensions = 4, encoding_format: format } = body;
    const isOne = typeof input === 'string' || typeof (input as unknown[])?.[0] === 'number';
    const numbers = Array.from({ length: Number(dimensions) }, () => 0.5);
    const embedding =
      format === 'base64'
        ? Buffer.from(new Float32Array(numbers).buffer).toString('base64')
        : numbers;
    const data = Array.from(
      { length: isOne ? 1 : ((input as unknown[])?.length ?? 0) },
      (_, index) => ({
        object: 'embedding',
        index,
        embedding,
        ...over(index),
      }),
    );
    return { object: 'list', model: 'm', data, usage: { prompt_tokens: 1, total_tokens: 1 } };
  };

  it('as they were asked for have no finding, also as base64', async () => {
    answer = (body) => toVectors(body);
    expect(await find('embeddings')).toEqual([]);
  });

  it.each<[string, Body, string]>([
    ['in another order', { index: 7 }, 'content /data/0/index: is 7'],
    [
      'of another length',
      { embedding: [1, 2, 3] },
      'content /data/0/embedding: has 3 numbers where 8 were asked for',
    ],
    [
      'as numbers where base64 was asked for',
      { embedding: [1, 2, 3, 4] },
      'content /data/0/embedding: is numbers',
    ],
    ['of words', { embedding: ['one'] }, 'body /data/0/embedding/0: must be number'],
  ])('%s are found', async (_what, over, found) => {
    answer = (body) => toVectors(body, () => over);
    expect(await find('embeddings')).toContain(found);
  });
});
