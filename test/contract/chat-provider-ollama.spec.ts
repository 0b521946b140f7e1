// Proves what ollama's chat sends and makes of every answer and fault, against the simulator; and that the simulator is
// understood by Ollama's own package.
import { Ollama } from 'ollama';
import { Agent } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SystemClock } from '../../src/common/clock.js';
import type { JsonValue } from '../../src/common/json-value.js';
import { ModelCatalogService } from '../../src/providers/model-catalog.service.js';
import { OllamaChatProvider } from '../../src/providers/ollama/ollama-chat.provider.js';
import {
  PROVIDER_DISPATCHER_OPTIONS,
  ProviderHttp,
} from '../../src/providers/shared/provider-http.js';
import { type OllamaFault, OllamaSimulator } from '../simulators/ollama.simulator.js';
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

const MODEL = 'qwen3-vl';
const FAULTS: Readonly<Record<ChatFault, OllamaFault | 'cut' | 'hang' | 'cut_body'>> = {
  unauthorized: 'unauthorized',
  forbidden: 'forbidden',
  no_credit: 'no_credit',
  rate_limited: 'rate_limited',
  server_error: 'crashed',
  overloaded: 'busy',
  bad_request: 'bad_request',
  model_not_found: 'not_found',
  bad_json: 'bad_json',
  too_long: 'too_long',
  cut: 'cut',
  hang: 'hang',
  cut_body: 'cut_body',
  error_event: 'error_event',
  no_usage: 'no_usage',
  wild_usage: 'wild_usage',
};

async function start(apiKey: string | null = null) {
  const simulator = await OllamaSimulator.start({ apiKey });
  const http = new ProviderHttp(new Agent(PROVIDER_DISPATCHER_OPTIONS));
  const provider = new OllamaChatProvider(http, new SystemClock());
  const base = { model: MODEL, credential: { baseUrl: simulator.baseUrl, apiKey } };
  const stop = async () => {
    await http.onApplicationShutdown();
    await simulator.stop();
  };
  return { simulator, provider, base, stop };
}

const saying = (content: string): ChatRequest => ({ messages: [{ role: 'user', content }] });

describeChatProvider(
  'ollama',
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
      slow: saying('[sim:stall] a long story of foxes'),
      untilLeft: () => simulator.untilLeft(),
      refused: null,
      unsupported: { request: { logit_bias: { 50: 1 } }, field: 'logit_bias' },
      reset: () => simulator.reset(),
    };
  },
);

describe('ollama chat', () => {
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

  it('sends nothing that was not asked for, and no key', async () => {
    await ask(saying('Hello.'));
    const [call] = stage.simulator.calls;
    expect(call).toMatchObject({ method: 'POST', path: '/api/chat' });
    expect(call?.headers.authorization).toBeUndefined();
    const messages = [{ role: 'user', content: 'Hello.' }];
    expect(call?.fields).toEqual({ model: MODEL, messages, stream: false });
  });

  it('says every option in the server’s words', async () => {
    const { sent, report } = await ask({
      ...saying('Hello.'),
      temperature: 0.3,
      top_p: 0.8,
      max_tokens: 900,
      stop: 'END',
      seed: 7,
      presence_penalty: 0.5,
      logprobs: true,
      reasoning_effort: 'none',
      provider_options: { num_ctx: 16_384, top_k: 20, min_p: 0.1, keep_alive: '10m' },
    });
    expect(sent).toMatchObject({
      options: {
        temperature: 0.3,
        top_p: 0.8,
        num_predict: 900,
        stop: ['END'],
        seed: 7,
        presence_penalty: 0.5,
        num_ctx: 16_384,
        top_k: 20,
        min_p: 0.1,
      },
      think: false,
      keep_alive: '10m',
    });
    expect(report.warnings.map(({ field }) => field)).toEqual(['logprobs']);
  });

  it('says how long to think in levels to those models that have them', async () => {
    const think = async (model: string, request: ChatRequest) =>
      (await ask({ ...saying('Hi.'), ...request }, { model })).sent?.think;
    expect(await think('gpt-oss:20b', { reasoning_effort: 'minimal' })).toBe('low');
    expect(await think('gpt-oss:20b', { reasoning_effort: 'high' })).toBe('high');
    expect(await think('qwen3', { reasoning_effort: 'high' })).toBe(true);
    expect(await think('qwen3', { provider_options: { think: 'max' } })).toBe('max');
    expect(await think('llama3.2', {})).toBeUndefined();
    const work = ask({ ...saying('Hi.'), reasoning_effort: 'low' }, { model: 'llama3.2' });
    await expect(work).rejects.toMatchObject({ kind: 'invalid_request', status: 400 });
  });

  it('hands thoughts on apart from the answer', async () => {
    for (const stream of [false, true]) {
      const { text, message } = await ask(saying('Hello.'), { stream });
      const thoughts = [...text.matchAll(/"reasoning_content":"([^"]*)"/g)].map(([, one]) => one);
      expect(thoughts.join('')).toBe('They greet me.');
      expect(message.content).toBe('You said: Hello.');
    }
  });

  it('sends pictures as base64, calls with objects, and answers of tools with their names', async () => {
    const picture = { type: 'image_url', image_url: { url: PIXEL_URL } };
    const call = {
      id: 'call_1',
      type: 'function',
      function: { name: 'get_weather', arguments: '{"city":"Paris"}' },
    };
    const { sent } = await ask({
      messages: [
        { role: 'developer', content: 'Be brief.' },
        { role: 'user', content: [{ type: 'text', text: 'See:' }, picture] },
        { role: 'assistant', content: null, tool_calls: [call] },
        { role: 'tool', tool_call_id: 'call_1', content: '21' },
      ] as JsonValue[],
      tools: [WEATHER_TOOL],
    });
    expect(sent?.messages).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'See:', images: [PIXEL_URL.split(',')[1]] },
      {
        role: 'assistant',
        content: '',
        tool_calls: [
          {
            id: 'call_1',
            function: { index: 0, name: 'get_weather', arguments: { city: 'Paris' } },
          },
        ],
      },
      { role: 'tool', content: '21', tool_call_id: 'call_1', tool_name: 'get_weather' },
    ]);
    expect(sent?.tools).toEqual([
      {
        type: 'function',
        function: {
          name: 'get_weather',
          description: 'The weather of a city',
          parameters: WEATHER_TOOL.function.parameters,
        },
      },
    ]);
  });

  it('offers what may be called alone, and asks for what must be', async () => {
    const other = { type: 'function', function: { name: 'stop' } };
    const tools = [WEATHER_TOOL, other];
    const tool_choice = { type: 'function', function: { name: 'stop' } };
    const { sent, report, message } = await ask({ ...saying('Hi.'), tools, tool_choice });
    expect(sent?.tools).toMatchObject([{ function: { name: 'stop' } }]);
    expect(message.tool_calls?.map((call) => call.function.name)).toEqual(['stop']);
    expect(report.warnings.map(({ field }) => field)).toEqual(['tool_choice']);
    const none = await ask({ ...saying('Hi.'), tools, tool_choice: 'none' });
    expect(none.sent).not.toHaveProperty('tools');
  });

  it('says a form as a schema, and as JSON alone', async () => {
    const { sent } = await ask({ ...saying('Where?'), response_format: CITY_FORM });
    expect(sent?.format).toEqual(WEATHER_TOOL.function.parameters);
    const object = await ask({ ...saying('Where?'), response_format: { type: 'json_object' } });
    expect(object.sent?.format).toBe('json');
  });

  it('puts lines together wherever they were broken', async () => {
    stage.simulator.failNext('split');
    const { message } = await ask(saying('Grüße an 🦊 und 狐狸.'), { stream: true });
    expect(message.content).toBe('You said: Grüße an 🦊 und 狐狸.');
  });

  it.each([false, true])('knows the endings (stream: %s)', async (stream) => {
    const endWith = (fault: OllamaFault) => {
      stage.simulator.failNext(fault);
      return ask(saying('Hello there, friend.'), { stream });
    };
    expect((await endWith('cached')).report.usage).toMatchObject({ inputTokens: 0 });
    await expect(endWith('error_first')).rejects.toMatchObject({
      kind: 'failed',
      mayHaveBeenPaid: false,
      isRetryable: true,
    });
    await expect(endWith('wrong_option')).rejects.toMatchObject({
      kind: 'invalid_request',
      details: { param: 'temperature' },
    });
    await expect(endWith('not_ollama')).rejects.toMatchObject({
      kind: 'invalid_request',
      reason: 'not_found',
      canFailOver: true,
    });
    await expect(endWith('left')).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(endWith('redirect')).rejects.toMatchObject({ reason: 'redirected' });
    if (stream) await expect(endWith('no_done')).rejects.toMatchObject({ kind: 'malformed' });
  });

  it('refuses what it cannot say, naming the field', () => {
    const check = (request: ChatRequest) => () => stage.provider.assertRequest(request);
    const image = { type: 'image_url', image_url: { url: 'https://example.com/fox.png' } };
    const messages = [{ role: 'user', content: [image] }];
    expect(check({ messages })).toThrow(
      /^messages\[0\]\.content\[0\]\.image_url\.url must be a data/,
    );
    const options = { ...saying('Hi.'), provider_options: { keep_alive: 'long' } };
    expect(check(options)).toThrow(/^provider_options\.keep_alive must be whole seconds/);
  });

  it('sends a key where there is one, also to the address of the API, and keeps it to itself', async () => {
    const locked = await start('ollama-secret-key');
    const credential = { ...locked.base.credential, baseUrl: `${locked.simulator.baseUrl}/api/` };
    const call = createChatCall({ ...locked.base, credential, request: saying('Hi.') });
    expect(await readBody(await locked.provider.submit(call))).toContain('You said: Hi.');
    locked.simulator.failNext('echo_key');
    const error = await locked.provider.submit(call).catch((fault: unknown) => fault as Error);
    expect(String((error as Error).cause)).toContain('[redacted]');
    expect(String((error as Error).cause)).not.toContain('ollama-secret-key');
    const nobody = createChatCall({ ...locked.base, credential: { ...credential, apiKey: null } });
    await expect(locked.provider.submit(nobody)).rejects.toMatchObject({ kind: 'unauthorized' });
    await locked.stop();
  });

  it('answers with each model of its catalogue', async () => {
    const models = new ModelCatalogService().listChatModels();
    for (const { id } of models.filter(({ provider }) => provider === 'ollama')) {
      expect((await ask(saying('Hello.'), { model: id })).message.content).toBe('You said: Hello.');
    }
  });
});

describe('the simulator', () => {
  it('is understood by Ollama’s own package', async () => {
    const simulator = await OllamaSimulator.start();
    const ollama = new Ollama({ host: simulator.origin });
    const messages = [{ role: 'user', content: 'Hello.' }];
    const whole = await ollama.chat({ model: 'gpt-oss:20b', messages, think: 'low' });
    expect(whole.message).toMatchObject({
      content: 'You said: Hello.',
      thinking: 'They greet me.',
    });
    let text = '';
    const stream = await ollama.chat({ model: 'llama3.2', messages, stream: true });
    for await (const part of stream) text += part.message.content;
    expect(text).toBe('You said: Hello.');
    const { embeddings } = await ollama.embed({ model: 'nomic-embed-text', input: ['a', 'b'] });
    expect(embeddings.map(({ length }) => length)).toEqual([768, 768]);
    expect((await ollama.list()).models.map(({ name }) => name)).toContain('llama3.2:latest');
    expect((await ollama.show({ model: 'qwen3' })).capabilities).toContain('thinking');
    const missing = ollama.chat({ model: 'llama9', messages });
    await expect(missing).rejects.toMatchObject({ status_code: 404 });
    simulator.failNext('error_event');
    const broken = await ollama.chat({ model: 'llama3.2', messages, stream: true });
    const reading = (async () => {
      for await (const part of broken) text += part.message.content;
    })();
    await expect(reading).rejects.toThrow('unexpected EOF');
    await simulator.stop();
  });
});
