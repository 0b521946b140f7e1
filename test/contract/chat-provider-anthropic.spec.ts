// Proves what anthropic is sent for a chat and makes of every answer and fault, against its simulator and fixtures.
import Anthropic from '@anthropic-ai/sdk';
import { Agent } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SystemClock } from '../../src/common/clock.js';
import { AnthropicChatProvider } from '../../src/providers/anthropic/anthropic-chat.provider.js';
import { ModelCatalogService } from '../../src/providers/model-catalog.service.js';
import {
  PROVIDER_DISPATCHER_OPTIONS,
  ProviderHttp,
} from '../../src/providers/shared/provider-http.js';
import type { ChatCall } from '../../src/providers/spec/chat-call.js';
import { ProviderError } from '../../src/providers/spec/provider.errors.js';
import { type AnthropicFault, AnthropicSimulator } from '../simulators/anthropic.simulator.js';
import {
  type ChatRequest,
  CITY_FORM,
  createChatCall,
  PIXEL_URL,
  readBody,
  WEATHER_TOOL,
} from './chat-call.factory.js';
import { readChunks, readCompletion } from './chat-forms.js';
import { type ChatFault, describeChatProvider } from './chat-provider.contract.js';

const KEY = 'anthropic-key-without-known-form-1';
const MODEL = 'claude-haiku-4-5';
const ALL_FAULTS: ChatFault[] = [
  'unauthorized',
  'forbidden',
  'no_credit',
  'rate_limited',
  'server_error',
  'overloaded',
  'bad_request',
  'model_not_found',
  'bad_json',
  'too_long',
  'cut',
  'hang',
  'cut_body',
  'error_event',
  'no_usage',
  'wild_usage',
];
const QUESTION = { role: 'user', content: 'How is the weather in Paris?' };

async function start() {
  const simulator = await AnthropicSimulator.start({ apiKey: KEY });
  const http = new ProviderHttp(new Agent({ ...PROVIDER_DISPATCHER_OPTIONS, bodyTimeout: 1_000 }));
  const provider = new AnthropicChatProvider(new ModelCatalogService(), http, new SystemClock());
  const stop = async () => {
    await http.onApplicationShutdown();
    await simulator.stop();
  };
  return { simulator, provider, stop };
}

describeChatProvider(
  'anthropic',
  { tools: true, images: true, imageUrls: true, jsonSchema: true, faults: ALL_FAULTS },
  async () => {
    const { simulator, provider, stop } = await start();
    return {
      provider,
      base: { model: MODEL, credential: { baseUrl: simulator.baseUrl, apiKey: KEY } },
      failNext: (fault) => simulator.failNext(fault),
      countRequests: () => simulator.callCount,
      slow: { messages: [{ role: 'user', content: 'go on [sim:stall]' }] },
      untilLeft: () => simulator.untilLeft(),
      refused: { messages: [{ role: 'user', content: 'bad [sim:refuse]' }] },
      unsupported: { request: { seed: 7 }, field: 'seed' },
      reset: () => simulator.reset(),
      stop,
    };
  },
);

describe('anthropic’s own chat', () => {
  let simulator: AnthropicSimulator;
  let provider: AnthropicChatProvider;
  let stop: () => Promise<void>;
  beforeAll(async () => ({ simulator, provider, stop } = await start()));
  afterAll(() => stop());
  beforeEach(() => simulator.reset());

  const submit = (request: ChatRequest = {}, overrides: Partial<ChatCall> = {}) =>
    provider.submit(
      createChatCall({
        model: MODEL,
        credential: { baseUrl: simulator.baseUrl, apiKey: KEY },
        ...overrides,
        request,
      }),
    );

  const run = async (
    stream: boolean,
    request: ChatRequest,
    fault?: AnthropicFault,
    model = MODEL,
  ) => {
    if (fault) simulator.failNext(fault);
    const reply = await submit(request, { stream, model });
    const text = await readBody(reply);
    return { ...(stream ? readChunks(text) : readCompletion(text)), text, report: reply.report() };
  };

  const fail = async (fault: AnthropicFault, overrides: Partial<ChatCall> = {}) => {
    simulator.failNext(fault);
    const outcome = await submit({}, overrides)
      .then((reply) => readBody(reply))
      .catch((error: unknown) => error);
    if (outcome instanceof ProviderError) return outcome;
    throw new Error('not a ProviderError', { cause: outcome });
  };

  it('says a conversation with pictures and tools in the vendor’s words', async () => {
    const called = (id: string, city: string) => ({
      id,
      type: 'function',
      function: { name: 'get_weather', arguments: JSON.stringify({ city }) },
    });
    await run(false, {
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Paris and Rome?' },
        { role: 'developer', content: [{ type: 'text', text: 'Be kind.' }] },
        {
          role: 'assistant',
          content: '',
          tool_calls: [called('call.1', 'Paris'), called('c2', 'Rome')],
        },
        { role: 'tool', tool_call_id: 'call.1', content: '21' },
        { role: 'tool', tool_call_id: 'c2', content: [{ type: 'text', text: '24' }] },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'And this?' },
            { type: 'image_url', image_url: { url: PIXEL_URL } },
            { type: 'image_url', image_url: { url: 'https://example.com/fox.png' } },
          ],
        },
      ],
      tools: [{ ...WEATHER_TOOL, function: { ...WEATHER_TOOL.function, strict: true } }],
      parallel_tool_calls: false,
      max_completion_tokens: 99,
      temperature: 0.5,
      stop: ['END', ' '],
      user: 'u-1',
      response_format: CITY_FORM,
    });
    const schema = CITY_FORM.json_schema.schema;
    const { description } = WEATHER_TOOL.function;
    expect(simulator.calls[0]?.fields).toEqual({
      model: MODEL,
      max_tokens: 99,
      system: 'Be brief.\n\nBe kind.',
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'Paris and Rome?' }] },
        {
          role: 'assistant',
          content: [
            { type: 'tool_use', id: 'call_1', name: 'get_weather', input: { city: 'Paris' } },
            { type: 'tool_use', id: 'c2', name: 'get_weather', input: { city: 'Rome' } },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'call_1', content: [{ type: 'text', text: '21' }] },
            { type: 'tool_result', tool_use_id: 'c2', content: [{ type: 'text', text: '24' }] },
            { type: 'text', text: 'And this?' },
            {
              type: 'image',
              source: {
                type: 'base64',
                media_type: 'image/png',
                data: PIXEL_URL.slice(PIXEL_URL.indexOf(',') + 1),
              },
            },
            { type: 'image', source: { type: 'url', url: 'https://example.com/fox.png' } },
          ],
        },
      ],
      tools: [{ name: 'get_weather', description, input_schema: schema, strict: true }],
      tool_choice: { type: 'auto', disable_parallel_tool_use: true },
      temperature: 0.5,
      stop_sequences: ['END'],
      metadata: { user_id: 'u-1' },
      output_config: { format: { type: 'json_schema', schema } },
      stream: false,
    });
    expect(simulator.calls[0]?.headers).toMatchObject({
      'x-api-key': KEY,
      'anthropic-version': '2023-06-01',
    });
  });

  it('asks for as many tokens as the model can give, where the caller sets no bound', async () => {
    await run(false, {});
    await run(false, {}, undefined, 'claude-opus-4-unlisted');
    expect(simulator.calls.map(({ fields }) => fields.max_tokens)).toEqual([64_000, 4_096]);
  });

  it('leaves out what a model refuses, and says so', async () => {
    const request: ChatRequest = {
      messages: [QUESTION],
      temperature: 0.3,
      top_p: 0.5,
      reasoning_effort: 'minimal',
      tools: [WEATHER_TOOL],
      tool_choice: 'required',
      response_format: { type: 'json_object' },
    };
    const fields = async (model: string) => {
      const { report } = await run(false, request, undefined, model);
      return report.warnings.map(({ field }) => field);
    };
    expect(await fields('claude-opus-5-5')).toEqual([
      'temperature',
      'top_p',
      'tool_choice',
      'response_format',
    ]);
    expect(simulator.calls[0]?.fields).toMatchObject({
      tool_choice: { type: 'auto' },
      output_config: { effort: 'low' },
    });
    expect(await fields(MODEL)).toEqual(['top_p', 'reasoning_effort', 'response_format']);
    const { report } = await run(false, { temperature: 1.7 });
    expect(report.warnings.map(({ field }) => field)).toEqual(['temperature']);
    expect(simulator.calls.at(-1)?.fields.temperature).toBe(1);
  });

  it.each<[string, ChatRequest]>([
    ['n', { n: 2 }],
    ['messages', { messages: [{ role: 'system', content: 'Be brief.' }] }],
    ['tools[0].type', { tools: [{ type: 'custom', custom: { name: 'x' } }] }],
    [
      'messages[0].content[0]',
      { messages: [{ role: 'user', content: [{ type: 'input_audio', input_audio: {} }] }] },
    ],
    [
      'messages[0].content[0]',
      {
        messages: [
          {
            role: 'user',
            content: [
              { type: 'image_url', image_url: { url: 'data:image/svg+xml;base64,PHN2Zz4=' } },
            ],
          },
        ],
      },
    ],
    [
      'messages[0].tool_calls[0].function.arguments',
      {
        messages: [
          {
            role: 'assistant',
            tool_calls: [{ id: 'a', type: 'function', function: { name: 'x', arguments: '{' } }],
          },
        ],
      },
    ],
  ])(
    'refuses %s that the vendor cannot be asked, before anything is sent',
    async (field, request) => {
      const expected = {
        code: field.endsWith('.arguments') ? 'request.invalid' : 'routing.capability_missing',
        fields: [expect.objectContaining({ field }) as { field: string }],
      };
      await expect(submit(request)).rejects.toMatchObject(expected);
      expect(simulator.callCount).toBe(0);
    },
  );

  describe.each([false, true])('with stream: %s', (stream) => {
    const must: ChatRequest = {
      messages: [QUESTION],
      tools: [WEATHER_TOOL],
      tool_choice: 'required',
    };

    it('counts what came from the cache and went there as input', async () => {
      const { report } = await run(stream, {});
      const { inputTokens = 0, ...others } = report.usage ?? {};
      expect(inputTokens).toBeGreaterThan(12);
      expect(others).toEqual({
        cachedInputTokens: 8,
        cacheWriteTokens: 4,
        outputTokens: 4,
        reasoningTokens: 0,
      });
      expect(report).toMatchObject({
        servedModel: `${MODEL}-20260901`,
        vendorRequestId: 'req_sim_0002',
      });
    });

    it('gives calls at once, and calls without arguments', async () => {
      const two = await run(stream, must, 'two_calls');
      const cities = two.message.tool_calls?.map((call) => call.function.arguments);
      expect(cities).toEqual(['{"city":"Paris"}', '{"city":"Rome"}']);
      const none = await run(stream, must, 'no_arguments');
      expect(none.message.tool_calls?.[0]?.function.arguments).toBe('{}');
    });

    it('tells thoughts from the answer, and overlooks what is new', async () => {
      const { message, text, report } = await run(stream, {}, 'thinking');
      expect(message.content).toBe('You said: Say hello.');
      expect(text).toContain('"reasoning_content":"Hm."');
      expect(report.usage?.reasoningTokens).toBe(1);
      expect((await run(stream, {}, 'unknown_events')).finishReason).toBe('stop');
    });

    it('gives the reason of a refusal', async () => {
      const { message, finishReason } = await run(stream, {}, 'refuse');
      expect(message.refusal).toContain('safety classifier');
      expect(finishReason).toBe('content_filter');
    });

    it('may ask again after a fault under the status of a success, before any answer', async () => {
      const error = await fail('error_first', { stream });
      expect(error).toMatchObject({ kind: 'unavailable', mayHaveBeenPaid: false });
    });
  });

  it('does not take for an answer what is none', async () => {
    expect(await fail('no_stop', { stream: true })).toMatchObject({ kind: 'malformed' });
    expect(await fail('too_long', { stream: true })).toMatchObject({ kind: 'malformed' });
    expect(await fail('html_success')).toMatchObject({ kind: 'malformed' });
    expect(await fail('no_stop_reason')).toMatchObject({ kind: 'malformed' });
    expect(await fail('html_bad_gateway')).toMatchObject({ kind: 'unavailable' });
    expect(await fail('gateway_timeout')).toMatchObject({ kind: 'timeout', mayHaveBeenPaid: true });
    expect(await fail('too_large')).toMatchObject({ reason: 'request_too_large' });
  });

  it('shows the credential to nobody who reads the error', async () => {
    const error = await fail('echo_key');
    expect(error.kind).toBe('unauthorized');
    expect(JSON.stringify(error) + String(error.cause) + error.message).not.toContain(KEY);
  });

  it('takes a base URL with the version as well', async () => {
    const credential = { baseUrl: `${simulator.baseUrl}/v1/`, apiKey: KEY };
    await readBody(await submit({}, { credential }));
    expect(simulator.calls[0]?.path).toBe('/v1/messages');
  });

  it('uses a connection again after a stream', async () => {
    for (let count = 0; count < 3; count += 1) await run(true, {});
    expect(simulator.connectionCount).toBeLessThanOrEqual(1);
  });

  it('has a simulator that the vendor’s own package understands', async () => {
    const client = new Anthropic({ apiKey: KEY, baseURL: simulator.baseUrl, maxRetries: 0 });
    const messages = [{ role: 'user' as const, content: 'Say hello.' }];
    const body = { model: MODEL, max_tokens: 50, messages };
    const headers = { 'anthropic-version': '2023-06-01' };
    const whole = await client.messages.create(body, { headers });
    expect(whole.content).toEqual([{ type: 'text', text: 'You said: Say hello.' }]);
    const streamed = await client.messages.stream(body, { headers }).finalMessage();
    expect(streamed.content).toMatchObject([{ type: 'text', text: 'You said: Say hello.' }]);
    expect(streamed.usage.output_tokens).toBe(4);
    const models = await client.models.list({}, { headers });
    expect(models.data[0]?.id).toBe('claude-haiku-5-5');
    simulator.failNext('overloaded');
    await expect(client.messages.create(body, { headers })).rejects.toMatchObject({ status: 529 });
  });
});
