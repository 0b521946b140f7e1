// Proves that OpenAI's own client, unmodified, talks here as it does with OpenAI: only its base URL and key are set. What
// the vendor is sent, what the client is given, and what the books say of it; on a vendor and on the provider of the house.
import { zodFunction, zodResponseFormat } from 'openai/helpers/zod';
import type {
  ChatCompletionCreateParams,
  ChatCompletionMessageParam,
  ChatCompletionTool,
} from 'openai/resources/chat';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { CITY_FORM, PIXEL_URL, WEATHER_TOOL } from '../../contract/chat-call.factory.js';
import { startWithTextVendors, type TextApplication } from '../../setup/text-application.js';

const MODEL = 'gpt-4o-mini';
const HOUSE = 'embedded-chat';
const HELLO: ChatCompletionMessageParam[] = [{ role: 'user', content: 'Say hello.' }];
const WEATHER: ChatCompletionMessageParam[] = [
  { role: 'user', content: 'How is the weather in Paris?' },
];
const TOOLS: ChatCompletionTool[] = [WEATHER_TOOL];
const City = z.object({ city: z.string() });
const WITHIN = { timeout: 30_000 };

let atelier: TextApplication;
let chat: ReturnType<TextApplication['createClient']>['chat']['completions'];

beforeAll(async () => {
  atelier = await startWithTextVendors();
  chat = atelier.createClient().chat.completions;
});
afterAll(() => atelier.stop());
beforeEach(() => atelier.reset());

/** What the vendor was sent last. */
function lastSent(): Record<string, unknown> {
  return atelier.vendors.openai.calls.at(-1)?.fields ?? {};
}

describe('an answer at once', () => {
  it.each([
    [MODEL, 'openai', 'You said: Say hello.'],
    [HOUSE, 'embedded', expect.stringContaining('Say hello')],
  ])('of %s comes whole, and says who made it and what it took', async (model, provider, text) => {
    const { data, response, request_id } = await chat
      .create({ model, messages: HELLO })
      .withResponse();
    expect(data).toMatchObject({
      id: expect.stringMatching(/^chatcmpl-/),
      object: 'chat.completion',
      choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
    });
    const { prompt_tokens, completion_tokens, total_tokens } = data.usage!;
    expect(total_tokens).toBe(prompt_tokens + completion_tokens);
    expect(request_id).toMatch(/^[0-9a-f-]{36}$/);
    expect(response.headers.get('x-model-used')).toBe(model);
    expect(response.headers.get('x-provider')).toBe(provider);
    expect(await atelier.findUsage(response.headers.get('x-call-id'))).toMatchObject({
      provider,
      model,
      operation: 'chat',
      outcome: 'succeeded',
      input_tokens: prompt_tokens,
      output_tokens: completion_tokens,
      is_estimated: false,
      charged_micros: expect.any(Number),
    });
    expect((await atelier.wallet()).held_micros).toBe(0);
  });

  it('is asked for with every option, each of which reaches the vendor as it is', async () => {
    const options = {
      n: 2,
      seed: 7,
      stop: ['END'],
      logprobs: true,
      top_logprobs: 1,
      temperature: 0.4,
      top_p: 0.9,
      presence_penalty: 0.5,
      frequency_penalty: -0.5,
      logit_bias: { '50256': -100 },
      max_completion_tokens: 50,
      user: 'shop-7',
      safety_identifier: 'hash-7',
      prompt_cache_key: 'cache-7',
      metadata: { team: 'shop' },
      store: false,
      parallel_tool_calls: false,
      tools: TOOLS,
      tool_choice: 'none',
    } as const;
    const messages: ChatCompletionMessageParam[] = [
      { role: 'developer', content: 'Be brief.' },
      { role: 'system', content: [{ type: 'text', text: 'Be kind.' }] },
      { role: 'user', name: 'ann', content: [{ type: 'text', text: 'One two END three' }] },
    ];
    const { stop, tools, ...others } = options;
    const answer = await chat.create({
      ...others,
      stop: [...stop],
      tools: [...tools],
      model: MODEL,
      messages,
    });
    // In an account that tenants share each space has names of its own.
    const prompt_cache_key: unknown = expect.stringMatching(/^[0-9a-f]{64}$/);
    const sent = { ...options, prompt_cache_key };
    expect(lastSent()).toEqual({ ...sent, model: MODEL, messages, stream: false });
    const [first, second] = answer.choices;
    expect(first?.message.content).toBe('You said: One two ');
    expect(second).toMatchObject({ index: 1, message: { content: 'You said: One two ' } });
    expect(first?.logprobs?.content?.[0]).toMatchObject({ token: 'You ', logprob: -0.25 });
    expect(answer.usage?.completion_tokens).toBe(2 * 6);
  });

  it('takes null for what was left out, which the vendor does not', async () => {
    const nulls = {
      tools: null,
      tool_choice: null,
      response_format: null,
      user: null,
      temperature: null,
      max_tokens: null,
      stop: null,
      n: null,
    };
    for (const model of [MODEL, HOUSE, 'gemini-3.8-flash', 'claude-haiku-5-5', 'llama3.2']) {
      const body = { ...nulls, model, messages: HELLO } as unknown as ChatCompletionCreateParams;
      const { choices } = await chat.create({ ...body, stream: false });
      expect(choices[0]?.finish_reason).toBe('stop');
    }
    // The bound of a whole answer is what was paid for.
    const bound = { max_completion_tokens: 16_384 };
    expect(lastSent()).toEqual({ model: MODEL, messages: HELLO, stream: false, ...bound });
  });

  it('ends where it was told to', async () => {
    for (const model of [MODEL, HOUSE]) {
      const { choices } = await chat.create({ model, messages: HELLO, max_completion_tokens: 2 });
      expect(choices[0]?.finish_reason).toBe('length');
    }
  });

  it.each([PIXEL_URL, 'https://example.com/fox.png'])('is made of a picture: %#', async (url) => {
    const content = [
      { type: 'text' as const, text: 'What is this?' },
      { type: 'image_url' as const, image_url: { url, detail: 'low' as const } },
    ];
    const messages = [{ role: 'user' as const, content }];
    const { choices } = await chat.create({ model: MODEL, messages });
    expect(choices[0]?.message.content).toBe('You said with 1 pictures: What is this?');
    expect(lastSent().messages).toEqual(messages);
  });

  it('is of the form that a schema gives it', async () => {
    const format = zodResponseFormat(City, 'city');
    for (const model of [MODEL, HOUSE]) {
      const { choices } = await chat.parse({ model, messages: WEATHER, response_format: format });
      expect(choices[0]?.message.parsed).toEqual({ city: 'Paris' });
    }
    const { choices } = await chat.create({
      model: HOUSE,
      messages: WEATHER,
      response_format: CITY_FORM,
    });
    expect(JSON.parse(choices[0]?.message.content ?? '')).toEqual({ city: 'Paris' });
  });
});

describe('a stream', () => {
  it.each([MODEL, HOUSE])('of %s comes in chunks, with its usage for who asks', async (model) => {
    const ask = { model, messages: HELLO, stream: true } as const;
    const whole = await chat.create({ ...ask, stream: false });
    const { data: silent, response } = await chat.create(ask).withResponse();
    let text = '';
    for await (const chunk of silent) {
      expect(chunk.usage ?? null).toBeNull();
      text += chunk.choices[0]?.delta.content ?? '';
    }
    expect(text).toBe(whole.choices[0]?.message.content);
    const stream = await chat.create({ ...ask, stream_options: { include_usage: true } });
    const usages: unknown[] = [];
    for await (const { usage } of stream) if (usage) usages.push(usage);
    expect(usages).toEqual([whole.usage]);
    expect(await atelier.findUsage(response.headers.get('x-call-id'))).toMatchObject({
      input_tokens: whole.usage?.prompt_tokens,
      output_tokens: whole.usage?.completion_tokens,
      is_estimated: false,
    });
  });

  it('is followed by the client’s helper to its final message', async () => {
    const stream = chat.stream({
      model: MODEL,
      messages: HELLO,
      stream_options: { include_usage: true },
    });
    const heard: string[] = [];
    stream.on('content', (delta) => heard.push(delta));
    expect(await stream.finalContent()).toBe('You said: Say hello.');
    expect(heard).toEqual(['You ', 'said: ', 'Say ', 'hello.']);
    expect(await stream.finalMessage()).toMatchObject({ role: 'assistant', refusal: null });
    expect((await stream.totalUsage()).completion_tokens).toBe(4);
    const { choices } = await stream.finalChatCompletion();
    expect(choices[0]?.finish_reason).toBe('stop');
  });

  it('of a schema is parsed at its end', async () => {
    const response_format = zodResponseFormat(City, 'city');
    const stream = chat.stream({ model: MODEL, messages: WEATHER, response_format });
    const { choices } = await stream.finalChatCompletion();
    expect(choices[0]?.message.parsed).toEqual({ city: 'Paris' });
  });

  it.each([
    ['its controller', true],
    ['leaving the loop', false],
  ])('is ended by %s: the vendor is left, what was used is paid', async (_, byController) => {
    atelier.vendors.openai.failNext('stall');
    const { data: stream, response } = await chat
      .create({ model: MODEL, messages: HELLO, stream: true })
      .withResponse();
    for await (const chunk of stream) {
      expect(chunk.object).toBe('chat.completion.chunk');
      if (!byController) break;
      stream.controller.abort();
    }
    await atelier.vendors.openai.untilLeft();
    const find = () => atelier.findUsage(response.headers.get('x-call-id'));
    await expect.poll(find, WITHIN).toMatchObject({ is_estimated: true, outcome: 'canceled' });
    expect((await find()).input_tokens).toBeGreaterThan(0);
    expect((await find()).charged_micros).toBeGreaterThan(0);
    await expect.poll(async () => (await atelier.wallet()).held_micros, WITHIN).toBe(0);
  });
});

describe('tools', () => {
  const ask = { model: MODEL, messages: WEATHER, tools: TOOLS, tool_choice: 'required' } as const;

  it('are called several at once, and take their results with the message as it came', async () => {
    atelier.vendors.openai.failNext('two_calls');
    const { choices } = await chat.create(ask);
    const message = choices[0]!.message;
    expect(choices[0]?.finish_reason).toBe('tool_calls');
    const calls = (message.tool_calls ?? []).filter((call) => call.type === 'function');
    const cities = calls.map((call) => JSON.parse(call.function.arguments).city);
    expect(cities).toEqual(['Paris', 'Rome']);
    const results = calls.map(({ id }, at) => ({
      role: 'tool' as const,
      tool_call_id: id,
      content: `{"degrees": ${20 + at}}`,
    }));
    const messages = [...WEATHER, message, ...results];
    const answer = await chat.create({ model: MODEL, messages, tools: TOOLS });
    expect(answer.choices[0]?.message.content).toBe('You said: {"degrees": 21}');
    expect(lastSent().messages).toEqual(messages);
  });

  it('are called in a stream, piece by piece', async () => {
    atelier.vendors.openai.failNext('two_calls');
    const stream = chat.stream(ask);
    const done: unknown[] = [];
    stream.on('tool_calls.function.arguments.done', (call) => done.push(call.arguments));
    const { tool_calls: calls } = await stream.finalMessage();
    expect(calls?.map((call) => call.type === 'function' && call.function.arguments)).toEqual([
      '{"city":"Paris"}',
      '{"city":"Rome"}',
    ]);
    expect(done).toEqual(['{"city":"Paris"}', '{"city":"Rome"}']);
  });

  it('are run by the client itself, until there is an answer', async () => {
    for (const model of [MODEL, HOUSE]) {
      const asked: unknown[] = [];
      const tool = zodFunction({
        name: 'get_weather',
        parameters: City,
        function: (given) => {
          asked.push(given);
          return '21 degrees';
        },
      });
      const runner = chat.runTools({
        model,
        messages: WEATHER,
        tools: [tool],
        tool_choice: { type: 'function', function: { name: 'get_weather' } },
      });
      expect(await runner.finalFunctionToolCallResult()).toBe('21 degrees');
      expect(asked).toEqual([{ city: 'Paris' }]);
    }
  });

  it('have their arguments parsed by the schema they were made of', async () => {
    const tools = [zodFunction({ name: 'get_weather', parameters: City })];
    const { choices } = await chat.parse({ ...ask, tools });
    const [call] = choices[0]?.message.tool_calls ?? [];
    expect(call?.function.parsed_arguments).toEqual({ city: 'Paris' });
  });
});

describe('embeddings', () => {
  const embed = async (
    model: string,
    input: string | string[] | number[] | number[][],
    more = {},
  ) =>
    (await atelier.createClient().embeddings.create({ model, input, ...more })).data.map(
      ({ embedding }) => embedding,
    );

  it.each([
    ['text-embedding-3-small', 1536],
    ['embedded-embedding', 512],
  ])(
    'of %s are the same as base64, which the client asks for, and as numbers',
    async (model, dimensions) => {
      const byDefault = await embed(model, ['a fox', 'an owl']);
      expect(byDefault.map(({ length }) => length)).toEqual([dimensions, dimensions]);
      expect(await embed(model, ['a fox', 'an owl'], { encoding_format: 'float' })).toEqual(
        byDefault,
      );
      expect(await embed(model, 'a fox')).toEqual([byDefault[0]]);
      const [short] = await embed(model, 'a fox', { dimensions: 256 });
      expect(short).toHaveLength(256);
      expect(Math.hypot(...short!)).toBeCloseTo(1, 4);
      expect(byDefault[0]).not.toEqual(byDefault[1]);
    },
  );

  it('are made of tokens for vendors that take them', async () => {
    const model = 'text-embedding-3-small';
    const [one] = await embed(model, [101, 2054, 7]);
    expect(lastSent().input).toEqual([[101, 2054, 7]]);
    expect(await embed(model, [[101, 2054, 7], [9]])).toEqual([one, expect.any(Array)]);
  });

  it('say what they took', async () => {
    const { data, response } = await atelier
      .createClient()
      .embeddings.create({ model: 'text-embedding-3-small', input: ['a', 'b'] })
      .withResponse();
    expect(data).toMatchObject({ object: 'list', usage: { prompt_tokens: 12, total_tokens: 12 } });
    const usage = await atelier.findUsage(response.headers.get('x-call-id'));
    expect(usage).toMatchObject({
      provider: 'openai',
      operation: 'embedding',
      input_tokens: 12,
      output_tokens: 0,
      charged_micros: 1,
    });
  });
});

describe('models', () => {
  it('are listed with those of every vendor, and found by name', async () => {
    const { models } = atelier.createClient();
    const ids: string[] = [];
    for await (const { id } of models.list()) ids.push(id);
    const some = [MODEL, HOUSE, 'gemini-3.8-flash', 'claude-haiku-5-5', 'llama3.2'];
    expect(ids).toEqual(expect.arrayContaining(some));
    expect(await models.retrieve('llama3.2')).toMatchObject({ id: 'llama3.2', object: 'model' });
  });
});
