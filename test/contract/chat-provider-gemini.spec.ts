// Proves what gemini's chat sends and makes of every answer, refusal and fault, against the simulator.
import { Agent } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SystemClock } from '../../src/common/clock.js';
import type { JsonValue } from '../../src/common/json-value.js';
import { GeminiChatProvider } from '../../src/providers/gemini/gemini-chat.provider.js';
import { ModelCatalogService } from '../../src/providers/model-catalog.service.js';
import {
  PROVIDER_DISPATCHER_OPTIONS,
  ProviderHttp,
} from '../../src/providers/shared/provider-http.js';
import { type GeminiFault, GeminiSimulator } from '../simulators/gemini.simulator.js';
import {
  CITY_FORM,
  type ChatRequest,
  createChatCall,
  PIXEL_URL,
  readBody,
  WEATHER_TOOL,
} from './chat-call.factory.js';
import { readChunks, readCompletion } from './chat-forms.js';
import { type ChatFault, describeChatProvider } from './chat-provider.contract.js';

const KEY = 'AIzaSy-simulated-key-0123456789';
const MODEL = 'gemini-3.8-flash';
const FAULTS: Readonly<Record<ChatFault, GeminiFault | 'cut' | 'hang'>> = {
  unauthorized: 'bad_key',
  forbidden: 'leaked_key',
  no_credit: 'quota',
  rate_limited: 'rate_limit',
  server_error: 'server_error',
  overloaded: 'overloaded',
  bad_request: 'unknown_field',
  model_not_found: 'model_not_found',
  bad_json: 'chat_bad_json',
  too_long: 'chat_too_long',
  cut: 'cut',
  hang: 'hang',
  cut_body: 'chat_cut_body',
  error_event: 'chat_error_event',
  no_usage: 'chat_no_usage',
  wild_usage: 'chat_wild_usage',
};

async function start() {
  const simulator = await GeminiSimulator.start({ apiKey: KEY });
  const http = new ProviderHttp(new Agent(PROVIDER_DISPATCHER_OPTIONS));
  const provider = new GeminiChatProvider(http, new SystemClock());
  const base = { model: MODEL, credential: { baseUrl: simulator.baseUrl, apiKey: KEY } };
  const stop = async () => {
    await http.onApplicationShutdown();
    await simulator.stop();
  };
  return { simulator, provider, base, stop };
}

const saying = (content: string): ChatRequest => ({ messages: [{ role: 'user', content }] });

describeChatProvider(
  'gemini',
  {
    tools: true,
    images: true,
    imageUrls: false,
    jsonSchema: true,
    faults: Object.keys(FAULTS) as ChatFault[],
  },
  async () => {
    const { simulator, ...harness } = await start();
    return {
      ...harness,
      failNext: (fault) => simulator.failNext(FAULTS[fault]),
      countRequests: () => simulator.callCount,
      slow: saying('[sim:chat_stall] a long story of foxes'),
      untilLeft: () => simulator.untilLeft(),
      refused: saying('[sim:chat_safety]'),
      blocked: saying('[sim:chat_blocked]'),
      unsupported: { request: { logit_bias: { 50: 1 } }, field: 'logit_bias' },
      reset: () => simulator.reset(),
    };
  },
);

describe('gemini chat', () => {
  let stage: Awaited<ReturnType<typeof start>>;
  beforeAll(async () => {
    stage = await start();
  });
  afterAll(() => stage.stop());
  beforeEach(() => stage.simulator.reset());

  async function ask(request: ChatRequest, { model = MODEL, stream = false } = {}) {
    const call = createChatCall({ ...stage.base, model, stream, request });
    stage.provider.assertRequest(call.request);
    const reply = await stage.provider.submit(call);
    const text = await readBody(reply);
    const read = stream ? readChunks(text) : readCompletion(text);
    return { ...read, text, report: reply.report(), sent: stage.simulator.calls.at(-1)?.fields };
  }

  it('sends nothing that was not asked for, the key in a header of its own', async () => {
    await ask(saying('Hello.'));
    expect(stage.simulator.calls[0]).toMatchObject({
      path: `/v1beta/models/${MODEL}:generateContent`,
      headers: { 'x-goog-api-key': KEY },
      fields: { contents: [{ role: 'user', parts: [{ text: 'Hello.' }] }] },
    });
    expect(Object.keys(stage.simulator.calls[0]?.fields ?? {})).toEqual(['contents']);
  });

  it('says every option in the vendor’s words', async () => {
    const { sent, report } = await ask({
      ...saying('Hello.'),
      temperature: 0.3,
      top_p: 0.8,
      max_completion_tokens: 900,
      stop: ['A', 'B'],
      seed: 2_147_483_650,
      presence_penalty: 0.5,
      frequency_penalty: 0,
      reasoning_effort: 'low',
      logprobs: true,
      user: 'somebody',
      provider_options: { top_k: 20, safety_threshold: 'BLOCK_NONE', include_thoughts: true },
    });
    expect(sent?.generationConfig).toEqual({
      temperature: 0.3,
      topP: 0.8,
      topK: 20,
      maxOutputTokens: 900,
      stopSequences: ['A', 'B'],
      seed: 2,
      presencePenalty: 0.5,
      thinkingConfig: { thinkingLevel: 'LOW', includeThoughts: true },
    });
    expect(sent?.safetySettings).toHaveLength(4);
    expect(report.warnings.map(({ field }) => field)).toEqual(['logprobs']);
    const older = await ask(
      { ...saying('Hello.'), reasoning_effort: 'none' },
      { model: 'gemini-2.5-flash' },
    );
    expect(older.sent?.generationConfig).toEqual({ thinkingConfig: { thinkingBudget: 0 } });
  });

  it('puts instructions apart, joins turns of one side, and sends pictures as data', async () => {
    const picture = { type: 'image_url', image_url: { url: PIXEL_URL, detail: 'low' } };
    const { sent } = await ask({
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'One.' },
        { role: 'user', content: [{ type: 'text', text: 'Two.' }, picture] },
        { role: 'developer', content: 'Be kind.' },
        { role: 'assistant', content: 'Yes?' },
        { role: 'user', content: 'Three.' },
      ],
    });
    const data = PIXEL_URL.slice('data:image/png;base64,'.length);
    expect(sent).toEqual({
      systemInstruction: { parts: [{ text: 'Be brief.' }, { text: 'Be kind.' }] },
      contents: [
        {
          role: 'user',
          parts: [
            { text: 'One.' },
            { text: 'Two.' },
            { inlineData: { mimeType: 'image/png', data } },
          ],
        },
        { role: 'model', parts: [{ text: 'Yes?' }] },
        { role: 'user', parts: [{ text: 'Three.' }] },
      ],
    });
  });

  it('takes a conversation that is instructions alone', async () => {
    const { sent } = await ask({ messages: [{ role: 'system', content: 'Say hello.' }] });
    expect(sent).toEqual({ contents: [{ role: 'user', parts: [{ text: 'Say hello.' }] }] });
  });

  it.each([false, true])(
    'carries calls there and back, with their signature (%s)',
    async (stream) => {
      const question = { role: 'user', content: 'Weather in Paris?' };
      const tools = [WEATHER_TOOL];
      const first = await ask({ messages: [question], tools, tool_choice: 'required' }, { stream });
      expect(first.text).toContain('"extra_content":{"google":{"thought_signature":"c2lnbmVk"}}');
      const id = first.message.tool_calls?.[0]?.id ?? '';
      expect(id.length).toBeLessThanOrEqual(40);
      const call = {
        id,
        type: 'function',
        function: { name: 'get_weather', arguments: '{"city":"Paris"}' },
        extra_content: { google: { thought_signature: 'Z2l2ZW4=' } },
      };
      const other = { ...call, id: 'call_b', extra_content: null };
      const messages = [
        question,
        { role: 'assistant', content: 'I look.', tool_calls: [call, other] },
        { role: 'tool', tool_call_id: id, content: '{"degrees": 21}' },
        { role: 'tool', tool_call_id: 'call_b', content: 'rain' },
      ] as JsonValue[];
      const { sent } = await ask({ messages, tools }, { stream });
      const functionCall = (name: string) => ({
        id: name,
        name: 'get_weather',
        args: { city: 'Paris' },
      });
      expect(sent?.contents).toEqual([
        { role: 'user', parts: [{ text: 'Weather in Paris?' }] },
        {
          role: 'model',
          parts: [
            { text: 'I look.' },
            { functionCall: functionCall(id), thoughtSignature: 'Z2l2ZW4=' },
            { functionCall: functionCall('call_b') },
          ],
        },
        {
          role: 'user',
          parts: [
            { functionResponse: { id, name: 'get_weather', response: { degrees: 21 } } },
            {
              functionResponse: { id: 'call_b', name: 'get_weather', response: { result: 'rain' } },
            },
          ],
        },
      ]);
    },
  );

  it('offers the tools that are allowed, each with a schema the vendor takes', async () => {
    const other = { type: 'function', function: { name: 'stop', parameters: { type: 'object' } } };
    const tuple = { type: 'array', prefixItems: [{ type: 'number' }, { type: 'number' }] };
    const parameters = { type: 'object', properties: { at: tuple }, additionalProperties: false };
    const third = { type: 'function', function: { name: 'go', parameters } };
    const tools = [WEATHER_TOOL, other, third];
    const { sent } = await ask({ ...saying('Hi.'), tools });
    expect(sent?.tools).toEqual([
      {
        functionDeclarations: [
          {
            name: 'get_weather',
            description: 'The weather of a city',
            parameters: {
              type: 'OBJECT',
              properties: { city: { type: 'STRING' } },
              required: ['city'],
              propertyOrdering: ['city'],
            },
          },
          { name: 'stop' },
          { name: 'go', parametersJsonSchema: parameters },
        ],
      },
    ]);
    expect(sent?.toolConfig).toEqual({ functionCallingConfig: { mode: 'AUTO' } });
    const tool_choice = { type: 'function', function: { name: 'stop' } };
    const named = await ask({ ...saying('Hi.'), tools, tool_choice });
    expect(named.sent?.toolConfig).toEqual({
      functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['stop'] },
    });
  });

  it('says a form as a schema, and as JSON alone', async () => {
    const { sent } = await ask({ ...saying('Where?'), response_format: CITY_FORM });
    expect(sent?.generationConfig).toMatchObject({
      responseMimeType: 'application/json',
      responseSchema: { type: 'OBJECT', required: ['city'] },
    });
    const object = await ask({ ...saying('Where?'), response_format: { type: 'json_object' } });
    expect(object.sent?.generationConfig).toEqual({ responseMimeType: 'application/json' });
  });

  it('counts thoughts as output and what was read before as cached', async () => {
    stage.simulator.failNext('chat_cached');
    const { report, usage, message } = await ask(saying('Hello there.'), { stream: true });
    const { inputTokens = 0, outputTokens = 0 } = report.usage ?? {};
    expect(report.usage).toMatchObject({
      cachedInputTokens: inputTokens - 1,
      reasoningTokens: 21,
      cacheWriteTokens: null,
    });
    expect(outputTokens).toBe(21 + (message.content ?? '').split(/(?<= )/).length);
    expect(usage).toBeNull();
    expect(report.servedModel).toBe(`${MODEL}-001`);
  });

  it('hands thoughts on apart from the answer', async () => {
    const request = { ...saying('Hello.'), provider_options: { include_thoughts: true } };
    for (const stream of [false, true]) {
      const { text, message } = await ask(request, { stream });
      expect(text).toContain('"reasoning_content":"They greet me."');
      expect(message.content).toBe('You said: Hello.');
    }
  });

  it.each([false, true])('knows the endings (stream: %s)', async (stream) => {
    const endWith = (fault: GeminiFault) => {
      stage.simulator.failNext(fault);
      return ask(saying('Hello there, friend.'), { stream });
    };
    const half = await endWith('chat_half_safety');
    expect(half).toMatchObject({
      finishReason: 'content_filter',
      message: {
        content: expect.stringContaining('You said') as string,
        refusal: 'The provider ended this answer under its content policy.',
      },
    });
    expect(await endWith('chat_thoughts_only')).toMatchObject({
      finishReason: 'length',
      message: { content: '', refusal: null },
    });
    await expect(endWith('chat_gave_up')).rejects.toMatchObject({
      kind: 'malformed',
      reason: 'no_output',
      isRetryable: true,
    });
    await expect(endWith('chat_error_first')).rejects.toMatchObject({
      kind: 'unavailable',
      mayHaveBeenPaid: false,
      isRetryable: true,
    });
    if (stream) {
      await expect(endWith('chat_no_finish')).rejects.toMatchObject({ kind: 'malformed' });
    }
  });

  it('refuses what it cannot say, naming the field', () => {
    const check = (request: ChatRequest) => () => stage.provider.assertRequest(request);
    const image = { type: 'image_url', image_url: { url: 'https://example.com/fox.png' } };
    const message = (part: object) =>
      ({ messages: [{ role: 'user', content: [part] }] }) as ChatRequest;
    expect(check(message(image))).toThrow(
      /^messages\[0\]\.content\[0\]\.image_url\.url must be a data/,
    );
    expect(check(message({ type: 'input_audio' }))).toThrow(/content\[0\]\.type must be text or/);
    const custom = { ...saying('Hi.'), tools: [{ type: 'custom', custom: { name: 'x' } }] };
    expect(check(custom)).toThrow(/^tools\[0\]\.type must be function/);
    const options = { ...saying('Hi.'), provider_options: { topk: 3 } };
    expect(check(options)).toThrow(/^provider_options\.topk is not an option of gemini/);
  });

  it('answers with each of its models', async () => {
    const models = new ModelCatalogService().listChatModels();
    for (const { id } of models.filter(({ provider }) => provider === 'gemini')) {
      expect((await ask(saying('Hello.'), { model: id })).message.content).toBe('You said: Hello.');
    }
  });
});
