// Proves what openai sends to its Responses API and makes of every answer, lie and fault, against the simulator.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SystemClock } from '../../src/common/clock.js';
import { ModelCatalogService } from '../../src/providers/model-catalog.service.js';
import { OpenaiChatProvider } from '../../src/providers/openai/openai-chat.provider.js';
import { OpenaiResponsesProvider } from '../../src/providers/openai/openai-responses.provider.js';
import {
  PROVIDER_DISPATCHER_OPTIONS,
  ProviderHttp,
} from '../../src/providers/shared/provider-http.js';
import { ChatResponsesProvider } from '../../src/providers/responses/chat-responses.provider.js';
import type { ChatCall } from '../../src/providers/spec/chat-call.js';
import { ProviderError } from '../../src/providers/spec/provider.errors.js';
import { type OpenaiTextFault, OpenaiTextSimulator } from '../simulators/openai-text.simulator.js';
import type { ConnectionFault } from '../simulators/vendor-simulator.js';
import { createChatCall } from './chat-call.factory.js';

const KEY = 'compat-key-without-known-form-123';

let simulator: OpenaiTextSimulator;
let http: ProviderHttp;
let provider: OpenaiResponsesProvider;

beforeAll(async () => {
  simulator = await OpenaiTextSimulator.start({ apiKey: KEY });
  http = new ProviderHttp(new Agent({ ...PROVIDER_DISPATCHER_OPTIONS, bodyTimeout: 1_000 }));
  const clock = new SystemClock();
  const chat = new OpenaiChatProvider(new ModelCatalogService(), http, clock);
  provider = new OpenaiResponsesProvider(http, clock, new ChatResponsesProvider(chat, clock));
});
afterAll(async () => {
  await http.onApplicationShutdown();
  await simulator.stop();
});
beforeEach(() => simulator.reset());

function call(stream: boolean, more: Partial<ChatCall> = {}): ChatCall {
  const credential = { baseUrl: simulator.baseUrl, apiKey: KEY };
  const request = { model: 'ours', input: 'hello', store: false };
  return { ...createChatCall({ model: 'gpt-4o-mini', credential, stream }), ...more, request };
}

async function read(asked: ChatCall) {
  const reply = await provider.submit(asked);
  const parts: Uint8Array[] = [];
  for await (const part of reply.body) parts.push(part);
  const text = Buffer.concat(parts).toString('utf8');
  return { form: reply.form, text, report: reply.report() };
}

async function faultOf(asked: ChatCall): Promise<ProviderError> {
  const error = await read(asked).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ProviderError);
  return error as ProviderError;
}

describe('openai’s responses', () => {
  it.each([true, false])(
    'are relayed, with the vendor’s name of the model (%s)',
    async (stream) => {
      const { form, text, report } = await read(call(stream, { vendorModel: 'gpt-4o' }));
      expect(simulator.calls[0]).toMatchObject({
        path: '/v1/responses',
        fields: { model: 'gpt-4o', input: 'hello', store: false, stream },
      });
      expect(form).toBe(stream ? 'events' : 'json');
      expect(text).toContain('You said: hello');
      expect(report).toMatchObject({
        servedModel: 'gpt-4o-2026-09-01',
        finishReason: 'stop',
        vendorRequestId: 'req_sim_0001',
        usage: { inputTokens: expect.any(Number), outputTokens: 3, cachedInputTokens: 1 },
      });
    },
  );

  it.each([true, false])('without a usage are told as such (%s)', async (stream) => {
    simulator.failNext('no_usage');
    expect((await read(call(stream))).report.usage).toBeNull();
  });

  const FAULTS: readonly (readonly [OpenaiTextFault | ConnectionFault, string])[] = [
    ['bad_key', 'unauthorized'],
    ['quota', 'quota_exhausted'],
    ['rate_limit', 'rate_limited'],
    ['model_not_found', 'invalid_request'],
    ['server_error', 'failed'],
    ['cut', 'unavailable'],
  ];
  it.each(FAULTS.flatMap(([fault, kind]) => [true, false].map((stream) => [fault, kind, stream])))(
    'fail before they begin: %s is %s (stream: %s)',
    async (fault, kind, stream) => {
      simulator.failNext(fault as OpenaiTextFault);
      expect(await faultOf(call(stream as boolean))).toMatchObject({ kind });
    },
  );

  it.each([
    ['bad_json', false],
    ['cut_body', false],
    ['failed', false],
    ['cut_body', true],
    ['failed', true],
    ['error_event', true],
    ['stall', true],
  ] as const)('fail on their way: %s (stream: %s)', async (fault, stream) => {
    simulator.failNext(fault);
    const error = await faultOf(call(stream));
    expect(error.code).toMatch(/^provider\./);
    expect(error.message).not.toContain(KEY);
  });

  it('are left when nobody waits any more', async () => {
    const abort = new AbortController();
    simulator.failNext('hang');
    const asked = faultOf(call(false, { signal: abort.signal }));
    await expect.poll(() => simulator.callCount).toBe(1);
    abort.abort(new Error('gone'));
    expect((await asked).kind).toBe('canceled');
    await simulator.untilLeft();
  });
});

describe('a server that speaks chat alone', () => {
  const completion = {
    id: 'c1',
    object: 'chat.completion',
    model: 'llama',
    choices: [{ index: 0, message: { role: 'assistant', content: 'Hi.' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 2, completion_tokens: 1, total_tokens: 3 },
  };
  const paths: string[] = [];
  const server = createServer((request, response) => {
    paths.push(request.url ?? '');
    request.resume().on('end', () => {
      const isChat = request.url?.endsWith('/chat/completions') === true;
      response.writeHead(isChat ? 200 : 404, { 'content-type': 'application/json' });
      response.end(JSON.stringify(isChat ? completion : { detail: 'Not Found' }));
    });
  });
  let baseUrl = '';

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));
  beforeEach(() => void paths.splice(0));

  const chatOnly = (more: object = {}) => ({
    ...call(false, { credential: { baseUrl, apiKey: KEY } }),
    request: { input: 'hello', ...more },
  });

  it('is asked in the words of chat', async () => {
    const { text, report } = await read(chatOnly());
    expect(paths).toEqual(['/v1/responses', '/v1/chat/completions']);
    expect(JSON.parse(text)).toMatchObject({
      object: 'response',
      output: [{ type: 'message', content: [{ text: 'Hi.' }] }],
    });
    expect(report.usage).toMatchObject({ inputTokens: 2, outputTokens: 1 });
  });

  it('is not asked for what chat has no word for', async () => {
    const error = await faultOf(chatOnly({ tools: [{ type: 'web_search' }] }));
    expect(error).toMatchObject({ kind: 'invalid_request', reason: 'not_found' });
    expect(paths).toEqual(['/v1/responses']);
  });
});
