// Proves that the Responses API is open to models whose vendors have none: one conversation with OpenAI's own client and
// with Vercel's `ai`, whole and in events, with tools, forms and pictures that the house makes, and what it costs.
import { createOpenAI } from '@ai-sdk/openai';
import { generateObject, generateText, stepCountIs, streamText, tool } from 'ai';
import { APIError, BadRequestError } from 'openai';
import { zodTextFormat } from 'openai/helpers/zod';
import type {
  Response,
  ResponseInputItem,
  ResponseStreamEvent,
  Tool,
} from 'openai/resources/responses/responses';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { PIXEL_URL } from '../../contract/chat-call.factory.js';
import { API_KEY } from '../../setup/application.js';
import { startWithTextVendors, type TextApplication } from '../../setup/text-application.js';

const SOON = { timeout: 30_000 };
const VENDORS = [
  ['gemini', 'gemini-3.8-flash'],
  ['anthropic', 'claude-sonnet-4-6'],
  ['ollama', 'qwen3-vl'],
] as const;
const MODELS = [...VENDORS.map(([, model]) => model), 'embedded-chat'];
const INPUT = 'How is the weather in Paris?';
const WEATHER = {
  type: 'function' as const,
  name: 'get_weather',
  description: 'The weather of a city',
  parameters: {
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
    additionalProperties: false,
  },
  strict: false,
};
const City = z.object({ city: z.string() });

let atelier: TextApplication;
let responses: ReturnType<TextApplication['createClient']>['responses'];

beforeAll(async () => {
  atelier = await startWithTextVendors();
  responses = atelier.createClient({ maxRetries: 0 }).responses;
});
afterAll(() => atelier.stop());
beforeEach(() => atelier.reset());

const settled = () => expect.poll(async () => (await atelier.wallet()).held_micros, SOON).toBe(0);

async function refusalOf(call: PromiseLike<unknown>): Promise<APIError> {
  const error = await Promise.resolve(call).then(
    () => expect.fail('the request went through'),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(APIError);
  return error as APIError;
}

describe.each(MODELS)('OpenAI’s client with %s', (model) => {
  it('has an answer, posted by what the vendor counted', async () => {
    const ask = { model, input: INPUT, instructions: 'Be kind.', temperature: 0.5 };
    const { data, response } = await responses.create(ask).withResponse();
    expect(data.output_text).toContain('weather in Paris');
    expect(data).toMatchObject({
      object: 'response',
      status: 'completed',
      store: false,
      instructions: 'Be kind.',
      temperature: 0.5,
    });
    expect(response.headers.get('x-model-used')).toBe(model);
    const usage = await atelier.findUsage(response.headers.get('x-call-id'));
    expect(usage).toMatchObject({
      model,
      outcome: 'succeeded',
      input_tokens: data.usage?.input_tokens,
      output_tokens: data.usage?.output_tokens,
      is_estimated: false,
    });
    await settled();
  });

  it('has a stream of events in their order, that its helper follows', async () => {
    const events: ResponseStreamEvent[] = [];
    const ask = { model, input: INPUT };
    for await (const event of await responses.create({ ...ask, stream: true })) events.push(event);
    expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, at) => at));
    expect(events.slice(0, 4).map(({ type }) => type)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
    ]);
    expect(events.slice(-4).map(({ type }) => type)).toEqual([
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ]);
    const whole = await responses.create(ask);
    const final = await responses.stream(ask).finalResponse();
    expect(final.output_text).toBe(whole.output_text);
    expect(final.usage?.output_tokens).toBe(whole.usage?.output_tokens);
    await settled();
  });

  it('calls a function and takes its result', async () => {
    const ask = { model, tools: [WEATHER] };
    const first = await responses.create({ ...ask, input: INPUT, tool_choice: 'required' });
    const [call] = first.output.filter((item) => item.type === 'function_call');
    expect(call).toMatchObject({ name: 'get_weather', status: 'completed' });
    expect(typeof JSON.parse(call!.arguments).city).toBe('string');
    const streamed = responses.stream({ ...ask, input: INPUT, tool_choice: 'required' });
    const [again] = (await streamed.finalResponse()).output.slice(-1);
    expect(again).toMatchObject({ name: 'get_weather', arguments: call!.arguments });
    const output = { type: 'function_call_output' as const, call_id: call!.call_id, output: '21°' };
    const input = [{ role: 'user', content: INPUT }, ...first.output, output];
    const last = await responses.create({ ...ask, input: input as ResponseInputItem[] });
    expect(last.output_text.length).toBeGreaterThan(0);
    expect(last.output.at(-1)?.type).toBe('message');
  });

  it('keeps to a form, and to the tokens it may have', async () => {
    const text = { format: zodTextFormat(City, 'city') };
    const { output_parsed } = await responses.parse({ model, input: INPUT, text });
    expect(output_parsed).toEqual({ city: expect.any(String) });
    const input = 'one two three four five six seven';
    const short = await responses.create({ model, input, max_output_tokens: 2 });
    expect(short).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
    });
  });
});

describe('what is said to a vendor', () => {
  it.each(VENDORS)('%s is shown pictures', async (vendor, model) => {
    const content = [
      { type: 'input_text' as const, text: 'What is it?' },
      { type: 'input_image' as const, image_url: PIXEL_URL, detail: 'low' as const },
    ];
    const { output_text } = await responses.create({ model, input: [{ role: 'user', content }] });
    expect(output_text).toContain('What is it?');
    const sent = JSON.stringify(atelier.vendors[vendor].calls.at(-1)?.fields);
    expect(sent).toContain(PIXEL_URL.split(',')[1]);
  });

  it('is told which options it does not have', async () => {
    const ask = { model: 'embedded-chat', input: INPUT, truncation: 'auto' as const };
    const { response } = await responses.create(ask).withResponse();
    const told = [...response.headers].filter(([, value]) => value.includes('truncation'));
    expect(told).toHaveLength(1);
  });

  it.each<[string, object]>([
    [
      'input',
      { input: [{ role: 'user', content: [{ type: 'input_image', image_url: PIXEL_URL }] }] },
    ],
    [
      'input[0].content',
      {
        input: [
          {
            role: 'user',
            content: [{ type: 'input_file', filename: 'a.pdf', file_data: 'data:;base64,aa' }],
          },
        ],
      },
    ],
    ['tools[0].type', { tools: [{ type: 'custom', name: 'f' }] }],
    ['input[0].type', { input: [{ type: 'computer_call', call_id: 'c', id: 'i' }] }],
    ['max_output_tokens', { max_output_tokens: 1_000_000 }],
  ])('is refused where the model lacks it: %s', async (param, more) => {
    const before = (await atelier.listUsage()).length;
    const body = { model: 'embedded-chat', input: INPUT, ...more };
    const error = await refusalOf(responses.create(body));
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({ param, code: 'routing.capability_missing' });
    expect(error.message).toContain('choose another model');
    expect((await atelier.listUsage()).length).toBe(before);
  });

  it('breaks off at the client when it breaks off at the vendor, and what had come is paid', async () => {
    atelier.vendors.anthropic.failNext('cut_body');
    const stream = await responses.create({
      model: 'claude-sonnet-4-6',
      input: 'one two three four five six',
      stream: true,
    });
    const error = await refusalOf(
      (async () => {
        for await (const event of stream) expect(event.type).not.toBe('response.completed');
      })(),
    );
    expect(error.code).toMatch(/^provider\./);
    await settled();
    expect((await atelier.listUsage())[0]).toMatchObject({ outcome: 'failed', operation: 'chat' });
  });
});

describe('pictures that the model asks for', () => {
  it.each([false, true])('are made in a round of their own (stream: %s)', async (stream) => {
    const tools = [
      { type: 'generate_image', model: 'embedded-image', size: '64x64' } as unknown as Tool,
    ];
    const ask = { model: 'embedded-chat', input: 'Draw a fox.', tools };
    const choice = { type: 'generate_image' } as unknown as 'required';
    const body = { ...ask, tool_choice: choice };
    const answer: Response = stream
      ? await responses.stream(body).finalResponse()
      : await responses.create(body);
    const [pictures, message] = answer.output as unknown as Record<string, unknown>[];
    expect(pictures).toMatchObject({ type: 'generate_image_call', status: 'completed', count: 1 });
    expect(message).toMatchObject({ type: 'message', status: 'completed' });
    const [{ url }] = pictures!.images as [{ url: string }];
    expect((await fetch(url)).headers.get('content-type')).toMatch(/^image\//);
    await settled();
  });
});

describe('ai, which uses the Responses API unless told otherwise', () => {
  const open = (model: string) =>
    createOpenAI({ baseURL: atelier.openaiUrl, apiKey: API_KEY }).responses(model);

  it.each(['embedded-chat', 'claude-sonnet-4-6'])(
    'has text, a stream and a form of %s',
    async (id) => {
      const ask = { model: open(id), prompt: INPUT };
      const { text, finishReason, usage } = await generateText(ask);
      expect(text).toContain('weather in Paris');
      expect(finishReason).toBe('stop');
      expect(usage.outputTokens).toBeGreaterThan(0);
      let streamed = '';
      for await (const piece of streamText(ask).textStream) streamed += piece;
      expect(streamed).toBe(text);
      const { object } = await generateObject({ ...ask, schema: City });
      expect(typeof object.city).toBe('string');
    },
  );

  it('runs tools, and goes on with what they gave', async () => {
    const { text, steps } = await generateText({
      model: open('embedded-chat'),
      prompt: INPUT,
      tools: {
        get_weather: tool({ inputSchema: City, execute: ({ city }) => `21 degrees in ${city}` }),
      },
      stopWhen: stepCountIs(2),
      prepareStep: ({ stepNumber }) => ({ toolChoice: stepNumber === 0 ? 'required' : 'auto' }),
      providerOptions: { openai: { store: false } },
    });
    expect(steps.map(({ toolCalls }) => toolCalls.length)).toEqual([1, 0]);
    expect(text.length).toBeGreaterThan(0);
  });
});
