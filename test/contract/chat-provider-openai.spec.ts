// Proves what openai sends in a chat and makes of every answer, lie and fault, against the simulator and its fixtures.
import OpenAI, { RateLimitError } from 'openai';
import { Agent } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SystemClock } from '../../src/common/clock.js';
import { ModelCatalogService } from '../../src/providers/model-catalog.service.js';
import { OpenaiChatProvider } from '../../src/providers/openai/openai-chat.provider.js';
import {
  PROVIDER_DISPATCHER_OPTIONS,
  ProviderHttp,
} from '../../src/providers/shared/provider-http.js';
import type { ChatCall } from '../../src/providers/spec/chat-call.js';
import { ProviderError } from '../../src/providers/spec/provider.errors.js';
import { type OpenaiTextFault, OpenaiTextSimulator } from '../simulators/openai-text.simulator.js';
import type { ConnectionFault } from '../simulators/vendor-simulator.js';
import { type ChatRequest, createChatCall, readBody, WEATHER_TOOL } from './chat-call.factory.js';
import { readChunks, readCompletion } from './chat-forms.js';
import { type ChatFault, describeChatProvider } from './chat-provider.contract.js';

const KEY = 'compat-key-without-known-form-123';
const MODEL = 'gpt-4o-mini';

/** The simulator's names where they differ from the suite's. */
const FAULTS: Partial<Record<ChatFault, OpenaiTextFault>> = {
  unauthorized: 'bad_key',
  forbidden: 'region',
  no_credit: 'quota',
  rate_limited: 'rate_limit',
  bad_request: 'invalid_value',
};
const ALL_FAULTS: ChatFault[] = [
  ...(Object.keys(FAULTS) as ChatFault[]),
  'server_error',
  'overloaded',
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

async function start() {
  const simulator = await OpenaiTextSimulator.start({ apiKey: KEY });
  const http = new ProviderHttp(new Agent({ ...PROVIDER_DISPATCHER_OPTIONS, bodyTimeout: 1_000 }));
  const provider = new OpenaiChatProvider(new ModelCatalogService(), http, new SystemClock());
  const stop = async () => {
    await http.onApplicationShutdown();
    await simulator.stop();
  };
  return { simulator, provider, stop };
}

describeChatProvider(
  'openai',
  { tools: true, images: true, imageUrls: true, jsonSchema: true, faults: ALL_FAULTS },
  async () => {
    const { simulator, provider, stop } = await start();
    return {
      provider,
      base: { model: MODEL, credential: { baseUrl: simulator.baseUrl, apiKey: KEY } },
      failNext: (fault) => simulator.failNext((FAULTS[fault] ?? fault) as OpenaiTextFault),
      countRequests: () => simulator.callCount,
      slow: { messages: [{ role: 'user', content: 'go on [sim:stall]' }] },
      untilLeft: () => simulator.untilLeft(),
      refused: { messages: [{ role: 'user', content: 'bad [sim:content_filter]' }] },
      blocked: { messages: [{ role: 'user', content: 'bad [sim:azure_filter]' }] },
      unsupported: null,
      reset: () => simulator.reset(),
      stop,
    };
  },
);

describe('openai’s own chat', () => {
  let simulator: OpenaiTextSimulator;
  let provider: OpenaiChatProvider;
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

  const stream = async (fault?: OpenaiTextFault | ConnectionFault, request: ChatRequest = {}) => {
    if (fault) simulator.failNext(fault);
    const reply = await submit(request, { stream: true });
    return { text: await readBody(reply), report: reply.report() };
  };

  const fail = async (fault: OpenaiTextFault, overrides: Partial<ChatCall> = {}) => {
    simulator.failNext(fault);
    const outcome = await submit({}, overrides)
      .then((reply) => readBody(reply))
      .catch((error: unknown) => error);
    if (outcome instanceof ProviderError) return outcome;
    throw new Error('not a ProviderError', { cause: outcome });
  };

  it('sends the body as the caller wrote it, but for the model and the form', async () => {
    const request = {
      model: 'somebody-else',
      stream: true,
      stream_options: { include_usage: true },
      temperature: 0.3,
      seed: 7,
      tools: [WEATHER_TOOL],
      response_format: { type: 'json_object' },
      metadata: { team: 'shop' },
    };
    await readBody(await submit(request, { vendorModel: 'gpt-4o' }));
    const { stream_options: _, ...others } = request;
    expect(simulator.calls[0]?.fields).toEqual({
      messages: [{ role: 'user', content: 'Say hello.' }],
      ...others,
      model: 'gpt-4o',
      stream: false,
    });
  });

  it('asks a stream for its usage, whatever else the caller asks of it', async () => {
    await stream(undefined, { stream_options: { include_obfuscation: false } });
    expect(simulator.calls[0]?.fields).toMatchObject({
      stream: true,
      stream_options: { include_obfuscation: false, include_usage: true },
    });
  });

  it('says the bound of tokens in the new name to OpenAI’s models, in the old one to others', async () => {
    await readBody(await submit({ max_tokens: 9 }, { model: 'gpt-6-luna' }));
    await readBody(await submit({ max_tokens: 9 }, { model: 'llama-4' }));
    const sent = simulator.calls.map(({ fields }) => [
      fields.max_tokens,
      fields.max_completion_tokens,
    ]);
    expect(sent).toEqual([
      [undefined, 9],
      [9, undefined],
    ]);
  });

  it('carries the key as the connection says, at Azure’s address too, and the attempt', async () => {
    await readBody(await submit());
    expect(simulator.calls[0]?.headers).toMatchObject({
      authorization: `Bearer ${KEY}`,
      'idempotency-key': '01900000-0000-7000-8000-000000000001',
    });
    const credential = {
      baseUrl: `${simulator.origin}/openai/deployments/gpt-4o-mini/`,
      apiKey: KEY,
      keyHeader: 'api-key' as const,
      organization: 'org-1',
      project: 'proj-1',
      query: { 'api-version': '2025-04-01-preview' },
    };
    await readBody(await submit({}, { credential }));
    const { path, headers } = simulator.calls[1] ?? {};
    expect(path).toBe('/openai/deployments/gpt-4o-mini/chat/completions');
    expect(headers).toMatchObject({
      'api-key': KEY,
      'openai-organization': 'org-1',
      'openai-project': 'proj-1',
    });
    expect(headers?.authorization).toBeUndefined();
  });

  it('hands on the bytes of an answer as they came', async () => {
    const reply = await submit();
    const ours = JSON.parse(await readBody(reply)) as Record<string, unknown>;
    expect(ours).toMatchObject({
      system_fingerprint: 'fp_sim',
      service_tier: 'default',
      model: `${MODEL}-2026-09-01`,
    });
    expect(reply.report()).toMatchObject({
      servedModel: `${MODEL}-2026-09-01`,
      vendorRequestId: 'req_sim_0001',
      usage: { cachedInputTokens: 1, cacheWriteTokens: 2, reasoningTokens: 0 },
    });
    const { text } = await stream(undefined, { stream_options: { include_usage: true } });
    expect(text).toContain('"obfuscation":"x7Kq"');
  });

  it.each(['no_done', 'crlf', 'azure', 'pieces', 'usage_at_finish'] as const)(
    'gives a stream of the kind %s its end, its usage and its names',
    async (fault) => {
      const { text, report } = await stream(fault);
      expect(text.trimEnd().endsWith('data: [DONE]')).toBe(true);
      expect(text.match(/\[DONE\]/g)).toHaveLength(1);
      expect(report).toMatchObject({ finishReason: 'stop', servedModel: `${MODEL}-2026-09-01` });
      expect(report.usage?.outputTokens).toBe(4);
      if (fault === 'crlf') return;
      const { message, usage } = readChunks(
        fault === 'azure' ? text.slice(text.indexOf('\n\n') + 2) : text,
      );
      expect(message.content).toBe('You said: Say hello.');
      expect(usage === null).toBe(fault !== 'usage_at_finish');
    },
  );

  it('does not take for an end what is none', async () => {
    await expect(stream('no_finish')).rejects.toMatchObject({
      kind: 'malformed',
      mayHaveBeenPaid: true,
    });
    await expect(stream('too_long')).rejects.toMatchObject({ kind: 'malformed' });
  });

  it('tells a fault under the status of a success from an answer', async () => {
    for (const asStream of [false, true]) {
      const error = await fail('error_first', { stream: asStream });
      expect(error).toMatchObject({ kind: 'failed', isRetryable: true, mayHaveBeenPaid: false });
    }
    await expect(stream('named_error_event')).rejects.toMatchObject({ mayHaveBeenPaid: true });
    for (const fault of ['html_success', 'empty_data'] as const) {
      expect(await fail(fault)).toMatchObject({ kind: 'malformed' });
    }
  });

  it('gives back the model’s own refusal as the answer that it is', async () => {
    simulator.failNext('refusal', 2);
    const whole = readCompletion(await readBody(await submit()));
    const { message, finishReason } = readChunks((await stream()).text);
    expect(message).toEqual({ content: '', refusal: whole.message.refusal });
    expect(whole.message).toEqual({
      content: null,
      refusal: expect.stringContaining('sorry') as string,
      role: 'assistant',
      annotations: [],
    });
    expect(finishReason).toBe('stop');
  });

  it.each([
    ['vllm_flat', 'invalid_request'],
    ['fastapi_detail', 'invalid_request'],
    ['html_bad_gateway', 'unavailable'],
    ['gateway_timeout', 'timeout'],
    ['azure_not_found', 'invalid_request'],
    ['azure_bad_key', 'unauthorized'],
    ['quota_legacy', 'quota_exhausted'],
    ['billing_hard_limit', 'quota_exhausted'],
    ['redirect', 'failed'],
  ] as const)('reads the error %s of its relatives', async (fault, kind) => {
    expect(await fail(fault)).toMatchObject({ kind });
  });

  it('shows the credential to nobody who reads the error', async () => {
    const error = await fail('echo_key');
    expect(error.kind).toBe('unauthorized');
    expect(JSON.stringify(error) + String(error.cause) + error.message).not.toContain(KEY);
  });

  it('passes what the vendor finds wrong with a field', async () => {
    const call = submit({ messages: [{ role: 'tool', tool_call_id: 'x', content: '1' }] });
    await expect(call).rejects.toMatchObject({
      kind: 'invalid_request',
      details: { param: 'messages[0].role' },
    });
  });

  it('uses a connection again after a stream', async () => {
    await stream();
    await stream();
    await stream();
    expect(simulator.connectionCount).toBeLessThanOrEqual(1);
  });
});

describe('the simulator of openai’s chat', () => {
  it('is understood by the vendor’s own package', async () => {
    const simulator = await OpenaiTextSimulator.start({ apiKey: KEY });
    try {
      const client = new OpenAI({ apiKey: KEY, baseURL: simulator.baseUrl, maxRetries: 0 });
      const messages = [{ role: 'user' as const, content: 'Say hello.' }];
      const answer = await client.chat.completions.create({ model: MODEL, messages });
      expect(answer.choices[0]?.message.content).toBe('You said: Say hello.');
      const asked = client.chat.completions.stream({
        model: MODEL,
        messages,
        tools: [{ ...WEATHER_TOOL, function: { ...WEATHER_TOOL.function, parameters: {} } }],
        tool_choice: 'required',
        stream_options: { include_usage: true },
      });
      const whole = await asked.finalChatCompletion();
      expect(whole.choices[0]?.message.tool_calls?.[0]).toMatchObject({
        function: { name: 'get_weather', arguments: '{"city":"Paris"}' },
      });
      expect((await asked.totalUsage()).completion_tokens).toBe(17);
      const models = await client.models.list();
      expect(models.data.map(({ id }) => id)).toContain(MODEL);
      simulator.failNext('rate_limit');
      await expect(
        client.chat.completions.create({ model: MODEL, messages }),
      ).rejects.toBeInstanceOf(RateLimitError);
    } finally {
      await simulator.stop();
    }
  });
});
