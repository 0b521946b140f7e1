// Proves what OpenAI's own client meets beyond OpenAI: names that lead to several vendors, warnings of a budget, options
// that a vendor does not know, sessions instead of keys, texts that are judged, and routes that are not there.
import { NotFoundError } from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ChatOpenAI } from '@langchain/openai';
import { createOpenAI } from '@ai-sdk/openai';
import { streamText } from 'ai';
import { API_KEY } from '../../setup/application.js';
import { must, operatorOf } from '../../setup/people.js';
import { startWithTextVendors, type TextApplication } from '../../setup/text-application.js';

const HELLO = [{ role: 'user' as const, content: 'Say hello.' }];
const SAID = 'You said: Say hello.';

let atelier: TextApplication;

beforeAll(async () => {
  atelier = await startWithTextVendors();
});
afterAll(() => atelier.stop());
beforeEach(() => atelier.reset());

function operate(status: number, method: string, path: string, body?: object) {
  return must(atelier, status, method, path, body, operatorOf(atelier));
}

async function ask(model: string, more: object = {}, client = atelier.createClient()) {
  const { data, response } = await client.chat.completions
    .create({ model, messages: HELLO, ...more, stream: false })
    .withResponse();
  return { data, headers: response.headers };
}

describe('a name that leads to several vendors', () => {
  const candidates = [
    { model: 'gpt-4o-mini', order: 0 },
    { model: 'claude-sonnet-4-6', order: 1 },
  ];
  beforeAll(() => operate(201, 'POST', '/api/v1/routes', { name: 'writer', candidates }));

  it.each([false, true])('is answered by the next when one fails (stream: %s)', async (stream) => {
    atelier.vendors.openai.failNext('server_error');
    const before = await atelier.wallet();
    const { completions } = atelier.createClient().chat;
    let text = '';
    let headers: Headers;
    if (stream) {
      const asked = await completions
        .create({ model: 'writer', messages: HELLO, stream })
        .withResponse();
      for await (const { choices } of asked.data) text += choices[0]?.delta.content ?? '';
      ({ headers } = asked.response);
    } else {
      const answer = await ask('writer');
      text = answer.data.choices[0]?.message.content ?? '';
      ({ headers } = answer);
    }
    expect(text).toBe(SAID);
    expect(headers.get('x-provider')).toBe('anthropic');
    expect(headers.get('x-model-used')).toBe('claude-sonnet-4-6');
    expect(atelier.vendors.openai.callCount).toBe(1);
    const usage = await atelier.findUsage(headers.get('x-call-id'));
    expect(usage).toMatchObject({
      provider: 'anthropic',
      model: 'claude-sonnet-4-6',
      requested_model: 'writer',
      outcome: 'succeeded',
    });
    const after = await atelier.wallet();
    expect(before.available_micros - after.available_micros).toBe(usage.charged_micros);
    expect(after.held_micros).toBe(0);
  });

  it('is listed beside the models, and `auto` names what it chose', async () => {
    const ids = (await atelier.createClient().models.list()).data.map(({ id }) => id);
    expect(ids).toContain('writer');
    const { headers } = await ask('auto');
    const usage = await atelier.findUsage(headers.get('x-call-id'));
    expect(usage).toMatchObject({
      model: headers.get('x-model-used'),
      provider: headers.get('x-provider'),
      requested_model: 'auto',
    });
  });
});

describe('options that a vendor does not know', () => {
  it('are named in a header, whole or streamed', async () => {
    const unknown = { presence_penalty: 1, logit_bias: { '50256': -100 }, temperature: 0.5 };
    const { headers } = await ask('embedded-chat', unknown);
    expect(headers.get('x-unsupported-options')).toBe('presence_penalty, logit_bias');
    const { data: stream, response } = await atelier
      .createClient()
      .chat.completions.create({
        model: 'claude-haiku-5-5',
        messages: HELLO,
        seed: 7,
        stream: true,
      })
      .withResponse();
    for await (const chunk of stream) expect(chunk.object).toBe('chat.completion.chunk');
    expect(response.headers.get('x-unsupported-options')).toBe('seed');
    expect((await ask('gpt-4o-mini', unknown)).headers.get('x-unsupported-options')).toBeNull();
  });
});

describe('a budget that runs low', () => {
  it('is told of in every answer, and disturbs no client', async () => {
    const model = 'gpt-4o-mini';
    const { id } = await operate(201, 'POST', '/api/v1/billing/budgets', {
      search_space_id: atelier.spaceId,
      name: 'text',
      scope: 'space',
      period: 'day',
      mode: 'hard',
      limit_micros: 20_000,
      thresholds: [1],
    });
    const warned = { type: 'budget_warning', budget_id: id, budget_name: 'text' };
    await expect
      .poll(async () => (await ask(model)).data, { timeout: 30_000 })
      .toMatchObject({ budget_warnings: [warned], choices: [{ message: { content: SAID } }] });
    const { completions } = atelier.createClient().chat;
    const chunks: unknown[] = [];
    const stream = completions.stream({ model, messages: HELLO });
    stream.on('chunk', (chunk) => chunks.push(chunk));
    expect(await stream.finalContent()).toBe(SAID);
    expect(chunks[0]).toMatchObject({ choices: [], budget_warnings: [warned] });
    const openai = createOpenAI({ baseURL: atelier.openaiUrl, apiKey: API_KEY });
    expect(await streamText({ model: openai.chat(model), messages: HELLO }).text).toBe(SAID);
    const chat = new ChatOpenAI({
      model,
      apiKey: API_KEY,
      configuration: { baseURL: atelier.openaiUrl },
    });
    let heard = '';
    for await (const chunk of await chat.stream('Say hello.')) heard += chunk.text;
    expect(heard).toBe(SAID);
    await operate(204, 'DELETE', `/api/v1/billing/budgets/${id}`);
  });
});

describe('without a key of its own', () => {
  it('a session names the space that pays', async () => {
    const client = atelier.createClient({
      apiKey: atelier.token,
      defaultHeaders: { 'x-search-space-id': atelier.spaceId },
    });
    const { headers } = await ask('gpt-4o-mini', {}, client);
    expect(await atelier.findUsage(headers.get('x-call-id'))).toMatchObject({
      search_space_id: atelier.spaceId,
      api_key_id: null,
    });
  });
});

describe('moderations', () => {
  it('judge one text or several', async () => {
    const { moderations } = atelier.createClient();
    const model = 'embedded-moderation';
    const one = await moderations.create({ model, input: 'A fox in the snow.' });
    expect(one.results).toMatchObject([{ flagged: false, categories: { violence: false } }]);
    const several = await moderations.create({ model, input: ['A fox.', 'An owl.'] });
    expect(several.results).toHaveLength(2);
  });
});

describe('what is not there', () => {
  it('is a NotFoundError in the form that the client knows', async () => {
    const client = atelier.createClient();
    const asked = client.completions.create({ model: 'gpt-4o-mini', prompt: 'Once' });
    const error: unknown = await asked.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(NotFoundError);
    expect(error).toMatchObject({ status: 404, code: 'request.not_found' });
    const model: unknown = await client.models
      .retrieve('gpt-99')
      .catch((thrown: unknown) => thrown);
    expect(model).toBeInstanceOf(NotFoundError);
  });
});
