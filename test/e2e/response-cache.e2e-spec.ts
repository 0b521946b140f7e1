// Proves the response cache from outside, with a simulated vendor that counts its calls: who gets a kept answer, in
// which form, at what price, for how long, and who and what never does.
import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { createKey, createPerson, createSpace, must, operatorOf } from '../setup/people.js';
import type { Person } from '../setup/people.js';
import { startWithVendor, type VendorApplication } from '../setup/vendor-application.js';

const CHAT = '/v1/chat/completions';
const MODEL = 'gpt-4o-mini';
const USE = { 'x-response-cache': 'use' };
const REFRESH = { 'x-response-cache': 'refresh' };

let atelier: VendorApplication;
let anna: Person;
let space: string;
let key: Record<string, string>;

beforeAll(async () => {
  atelier = await startWithVendor();
  anna = await createPerson(atelier, 'anna');
  space = await createSpace(atelier, anna);
  key = (await createKey(atelier, anna.session, space)).headers;
  await keepAnswers(space, 3_600);
});
afterAll(() => atelier.stop());
beforeEach(() => atelier.simulator.reset());

async function keepAnswers(spaceId: string, ttlS: number | null, session = anna.session) {
  const path = `/api/v1/search-spaces/${spaceId}/model-preferences`;
  await must(atelier, 200, 'PUT', path, { response_cache_ttl_s: ttlS }, session);
}

/** A question that nobody asked before. */
function question(more: object = {}) {
  return { model: MODEL, messages: [{ role: 'user', content: `Say ${newId()}` }], ...more };
}

async function ask(body: object, headers: object = USE, credentials = key) {
  const answer = await atelier.call('POST', CHAT, body, { ...credentials, ...headers });
  return { ...answer, cache: answer.headers.get('x-cache'), age: answer.headers.get('age') };
}

const toChunks = (body: string) =>
  body
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice('data: '.length)));

async function readBooks() {
  const query = `?search_space_id=${space}`;
  const read = async (path: string) =>
    (await must(atelier, 200, 'GET', `/api/v1/billing/${path}${query}`, undefined, anna.session))
      .data;
  const { available_micros, held_micros } = (await read('wallets'))[0];
  return { available_micros, held_micros, usage: await read('usage') };
}

/** Keeping goes on beside the answer. */
async function askUntilKept(body: object, headers: object = USE) {
  await expect
    .poll(async () => (await ask(body, headers)).cache, { timeout: 30_000, interval: 50 })
    .toBe('HIT');
}

describe('a hit', () => {
  it('is the same answer at no charge, with its age, and is counted', async () => {
    const body = question();
    const first = await ask(body);
    expect(first).toMatchObject({ status: 200, cache: 'MISS', age: null });
    await askUntilKept(body);
    const before = await readBooks();
    const hit = await ask({ ...body, user: 'someone-else' });
    expect(hit).toMatchObject({ status: 200, cache: 'HIT', body: first.body });
    expect(Number(hit.age)).toBeGreaterThanOrEqual(0);
    expect(hit.headers.get('x-model-used')).toBe(MODEL);
    const after = await readBooks();
    expect(after.available_micros).toBe(before.available_micros);
    expect(after.held_micros).toBe(0);
    expect(after.usage[0]).toMatchObject({
      id: hit.headers.get('x-call-id'),
      outcome: 'cached',
      kind: 'chat',
      model: MODEL,
      charged_micros: 0,
      list_cost_micros: 0,
      input_tokens: 0,
      output_tokens: 0,
    });
    expect(before.usage.some((row: { charged_micros: number }) => row.charged_micros > 0)).toBe(
      true,
    );
    expect(atelier.simulator.callCount).toBe(1);
  });

  it('is not there for requests that do not ask for it', async () => {
    const body = question();
    await ask(body);
    await askUntilKept(body);
    for (const headers of [{}, { 'x-response-cache': 'off' }]) {
      expect(await ask(body, headers)).toMatchObject({ status: 200, cache: null });
    }
    expect(atelier.simulator.callCount).toBe(3);
    const refused = await ask(body, { 'x-response-cache': 'maybe' });
    expect(refused.status).toBe(400);
    expect(refused.body.error.message).toContain('x-response-cache');
  });

  it('is counted in the metrics', async () => {
    const body = question();
    await ask(body);
    await askUntilKept(body);
    const text: string = (await atelier.call('GET', '/metrics', undefined, {})).body;
    expect(text).toMatch(/atelier_response_cache_requests_total\{route="chat",result="hit"\} \d+/);
    expect(text).toMatch(/atelier_response_cache_served_bytes_total\{route="chat"\} \d+/);
  });
});

describe('a kept answer in another form', () => {
  it('serves a stream from a whole answer, with the usage for those who want it', async () => {
    const body = question();
    const whole = await ask(body);
    await askUntilKept(body);
    const plain = await ask({ ...body, stream: true });
    expect(plain.cache).toBe('HIT');
    expect(plain.headers.get('content-type')).toContain('text/event-stream');
    const chunks = toChunks(plain.body);
    const text = chunks.map(({ choices }) => choices[0]?.delta?.content ?? '').join('');
    expect(text).toBe(whole.body.choices[0].message.content);
    expect(chunks.some(({ usage }) => usage)).toBe(false);
    expect(plain.body.endsWith('data: [DONE]\n\n')).toBe(true);
    const counting = { ...body, stream: true, stream_options: { include_usage: true } };
    const counted = toChunks((await ask(counting)).body);
    expect(counted.at(-1)).toMatchObject({ choices: [], usage: whole.body.usage });
    expect(atelier.simulator.callCount).toBe(1);
  });

  it('serves a whole answer from a stream, tool calls and all, to the official client', async () => {
    const tools = [
      { type: 'function' as const, function: { name: 'weather', parameters: { type: 'object' } } },
    ];
    const body = question({ tools, tool_choice: 'required' });
    const stream = await ask({ ...body, stream: true });
    expect(stream.cache).toBe('MISS');
    await askUntilKept({ ...body, stream: true });
    const client = new OpenAI({
      apiKey: key.authorization!.slice('Bearer '.length),
      baseURL: `${atelier.baseUrl}/v1`,
      maxRetries: 0,
      defaultHeaders: USE,
    });
    const create = client.chat.completions.create(body as never);
    const { data, response } = await create.withResponse();
    expect(response.headers.get('x-cache')).toBe('HIT');
    const { message, finish_reason } = data.choices[0]!;
    expect(finish_reason).toBe('tool_calls');
    expect(message.content).toBeNull();
    const [call] = message.tool_calls as OpenAI.ChatCompletionMessageFunctionToolCall[];
    expect(call?.function.name).toBe('weather');
    expect(JSON.parse(call!.function.arguments)).toEqual({ city: 'Paris' });
    expect(data.usage?.completion_tokens).toBeGreaterThan(0);
    expect(atelier.simulator.callCount).toBe(1);
  });
});

describe('kept vectors', () => {
  it('are the same in either format, at no charge', async () => {
    const body = { model: 'text-embedding-3-small', input: [`a ${newId()}`, 'b'] };
    const embed = (more: object = {}) =>
      atelier.call('POST', '/v1/embeddings', { ...body, ...more }, { ...key, ...USE });
    const first = await embed();
    expect(first.status).toBe(200);
    expect(first.headers.get('x-cache')).toBe('MISS');
    await expect
      .poll(async () => (await embed()).headers.get('x-cache'), { timeout: 30_000 })
      .toBe('HIT');
    const before = await readBooks();
    expect((await embed()).body).toEqual(first.body);
    const coded = await embed({ encoding_format: 'base64' });
    expect(coded.headers.get('x-cache')).toBe('HIT');
    const bytes = Uint8Array.from(Buffer.from(coded.body.data[1].embedding, 'base64'));
    expect([...new Float32Array(bytes.buffer)]).toEqual(first.body.data[1].embedding);
    const after = await readBooks();
    expect(after.available_micros).toBe(before.available_micros);
    expect(after.usage[0]).toMatchObject({ kind: 'embedding', outcome: 'cached' });
    const fewer = await embed({ dimensions: 8 });
    expect(fewer.headers.get('x-cache')).toBe('MISS');
    expect(atelier.simulator.callCount).toBe(2);
  });
});

describe('who gets it', () => {
  it('is never another space', async () => {
    const bert = await createPerson(atelier, 'bert');
    const other = await createSpace(atelier, bert);
    const { headers } = await createKey(atelier, bert.session, other);
    await keepAnswers(other, 3_600, bert.session);
    const body = question();
    await ask(body);
    await askUntilKept(body);
    expect((await ask(body, USE, headers)).cache).toBe('MISS');
    expect(atelier.simulator.callCount).toBe(2);
  });

  it('is every caller of the space but those who may not ask for the model', async () => {
    const body = question();
    await ask(body);
    await askUntilKept(body);
    const session = { ...anna.session, 'x-search-space-id': space };
    expect((await ask(body, USE, session)).cache).toBe('HIT');
    const limits = { allowed_models: ['gpt-4o'] };
    const held = await createKey(atelier, anna.session, space, limits);
    const refused = await ask(body, USE, held.headers);
    expect([403, 404]).toContain(refused.status);
    expect(refused.cache).toBeNull();
    expect(atelier.simulator.callCount).toBe(1);
  });

  it('is nobody in a space that keeps nothing', async () => {
    const operators = { ...operatorOf(atelier), 'x-search-space-id': atelier.spaceId };
    const body = question();
    for (let turn = 0; turn < 2; turn += 1) {
      expect(await ask(body, USE, operators)).toMatchObject({ status: 200, cache: 'BYPASS' });
    }
    expect(atelier.simulator.callCount).toBe(2);
  });
});

describe('what is kept', () => {
  it('is replaced on refresh', async () => {
    const body = question();
    await ask(body);
    await askUntilKept(body);
    expect(await ask(body, REFRESH)).toMatchObject({ status: 200, cache: 'MISS' });
    expect(atelier.simulator.callCount).toBe(2);
    expect((await ask(body)).cache).toBe('HIT');
  });

  it('is neither a failure nor an answer that was cut off or filtered', async () => {
    for (const fault of [
      'server_error',
      'content_filter',
      'no_finish',
      'error_event',
      'cut_body',
    ]) {
      const content = `[sim:${fault}] ${newId()}`;
      const stream = ['no_finish', 'error_event', 'cut_body'].includes(fault);
      const body = question({ messages: [{ role: 'user', content }], stream });
      atelier.simulator.reset();
      await ask(body);
      await sleep(100);
      expect((await ask(body)).cache, fault).not.toBe('HIT');
      expect(atelier.simulator.callCount, fault).toBeGreaterThanOrEqual(2);
      await atelier.forgive();
    }
  });

  it('ends after the time of the space, and at once when that is changed or switched off', async () => {
    const body = question();
    await ask(body);
    await askUntilKept(body);
    await keepAnswers(space, null);
    expect((await ask(body)).cache).toBe('BYPASS');
    await keepAnswers(space, 3_600);
    expect((await ask(body)).cache).toBe('MISS');
    await keepAnswers(space, 2);
    const brief = question();
    await ask(brief);
    await askUntilKept(brief);
    await expect
      .poll(async () => (await ask(brief)).cache, { timeout: 30_000, interval: 2_500 })
      .toBe('MISS');
    await keepAnswers(space, 3_600);
  });
});
