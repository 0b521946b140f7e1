// Proves what openai sends and makes of every answer, refusal, fault and lie, against the simulator and its fixtures.
import { createServer } from 'node:net';
import { Readable } from 'node:stream';
import { Agent } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { SystemClock } from '../../src/common/clock.js';
import { ModelCatalogService } from '../../src/providers/model-catalog.service.js';
import { OpenaiProvider } from '../../src/providers/openai/openai.provider.js';
import {
  PROVIDER_DISPATCHER_OPTIONS,
  ProviderHttp,
} from '../../src/providers/shared/provider-http.js';
import type { ImageCall } from '../../src/providers/spec/image-call.js';
import { OpenaiSimulator, type SimulatorFault } from '../simulators/openai.simulator.js';
import { createImageCall, createInputImage, createMask } from './image-call.factory.js';
import { fail } from './image-provider.contract.js';

const KEY = 'compat-key-without-known-form-123';

let simulator: OpenaiSimulator;
let http: ProviderHttp;
let provider: OpenaiProvider;

beforeAll(async () => {
  simulator = await OpenaiSimulator.start({ apiKey: KEY });
  http = new ProviderHttp(new Agent({ ...PROVIDER_DISPATCHER_OPTIONS, bodyTimeout: 500 }));
  provider = new OpenaiProvider(new ModelCatalogService(), http, new SystemClock());
});
afterAll(async () => {
  await http.onApplicationShutdown();
  await simulator.stop();
});
beforeEach(() => simulator.reset());

const prepare = (overrides: Partial<ImageCall> = {}) =>
  createImageCall({ credential: { baseUrl: simulator.baseUrl, apiKey: KEY }, ...overrides });

async function run(overrides: Partial<ImageCall> = {}) {
  const { call, received } = prepare(overrides);
  const submission = await provider.submit(call);
  if (submission.state !== 'finished') throw new Error('not finished');
  return { result: submission.result, received };
}

function failWith(fault: SimulatorFault, overrides: Partial<ImageCall> = {}) {
  simulator.failNext(fault);
  return fail(provider, prepare(overrides).call);
}

describe('requests', () => {
  it('sends a GPT image model what was asked, nothing else, and never response_format', async () => {
    const { result } = await run({
      n: 2,
      widthPx: 1536,
      heightPx: 1024,
      quality: 'low',
      outputFormat: 'jpeg',
      compression: 80,
      background: 'opaque',
      seed: 3,
      style: 'vivid',
      providerOptions: { moderation: 'low', response_format: 'url' },
    });
    expect(simulator.calls[0]).toMatchObject({ method: 'POST', path: '/v1/images/generations' });
    expect(simulator.calls[0]?.fields).toEqual({
      model: 'gpt-image-2',
      prompt: 'a red fox in snow',
      n: 2,
      size: '1536x1024',
      quality: 'low',
      output_format: 'jpeg',
      output_compression: 80,
      background: 'opaque',
      moderation: 'low',
    });
    expect(result.warnings.map((warning) => warning.field)).toEqual([
      'provider_options.response_format',
      'style',
      'seed',
    ]);
  });

  it('leaves everything unset to the vendor, and reports what it served and counted', async () => {
    const { result } = await run();
    expect(simulator.calls[0]?.fields).toEqual({
      model: 'gpt-image-2',
      prompt: 'a red fox in snow',
      n: 1,
    });
    expect(result).toMatchObject({
      served: { size: '1024x1024', quality: 'medium', outputFormat: 'png' },
      usage: { inputTokens: 5, outputTokens: 1756, outputImageTokens: 1756 },
      vendorRequestId: 'req_sim_0001',
      warnings: [],
    });
  });

  it('carries the key as the connection says, the attempt for idempotency, and no other identity', async () => {
    await run();
    expect(simulator.calls[0]?.headers).toMatchObject({
      authorization: `Bearer ${KEY}`,
      'idempotency-key': '01900000-0000-7000-8000-000000000001',
    });
    await run({
      credential: {
        baseUrl: `${simulator.baseUrl}/`,
        apiKey: KEY,
        keyHeader: 'api-key',
        organization: 'org-1',
        query: { 'api-version': 'v1' },
      },
    });
    const { headers } = simulator.calls[1] ?? {};
    expect(headers).toMatchObject({ 'api-key': KEY, 'openai-organization': 'org-1' });
    expect(headers?.authorization).toBeUndefined();
  });

  it('sends a deployment under its own name', async () => {
    await run({ model: 'some-deployment', vendorModel: 'gpt-image-2', providerOptions: {} }).catch(
      () => undefined,
    );
    expect(simulator.calls[0]?.fields).toMatchObject({ model: 'gpt-image-2' });
  });

  it('sends an edit as a form with image[], mask and the numbers as text', async () => {
    const image = await createInputImage();
    await run({
      operation: 'inpaint',
      n: 2,
      inputImages: [image, await createInputImage({ color: 'red' })],
      mask: await createMask(),
      providerOptions: { moderation: 'low' },
    });
    const [call] = simulator.calls;
    expect(call?.path).toBe('/v1/images/edits');
    expect(call?.fields).toEqual({ model: 'gpt-image-2', prompt: 'a red fox in snow', n: '2' });
    expect(call?.files.map(({ field, name, mediaType }) => [field, name, mediaType])).toEqual([
      ['image[]', 'image.png', 'image/png'],
      ['image[]', 'image.png', 'image/png'],
      ['mask', 'image.png', 'image/png'],
    ]);
    const sent: Uint8Array[] = [];
    for await (const part of image.open()) sent.push(part as Buffer);
    expect(call?.files[0]?.bytes).toEqual(Buffer.concat(sent));
  });

  it('asks legacy and compatible models for base64, or for URLs when the caller prefers them', async () => {
    const first = await run({ model: 'dall-e-2', widthPx: 256, heightPx: 256 });
    expect(simulator.calls[0]?.fields).toMatchObject({ response_format: 'b64_json' });
    expect(first.received[0]?.bytes.length).toBeGreaterThan(0);
    expect(first.result.images[0]?.revisedPrompt).toBe('a red fox in snow, in detail');

    const providerOptions = { response_format: 'url' };
    const second = await run({
      model: 'dall-e-2',
      widthPx: 256,
      heightPx: 256,
      n: 2,
      providerOptions,
    });
    expect(second.received.map((image) => image.url)).toEqual([
      expect.stringMatching(/\/files\/1\.png\?sig=simulated$/),
      expect.stringMatching(/\/files\/2\.png\?sig=simulated$/),
    ]);
    expect(second.result).toMatchObject({ deliveredCount: 2, usage: null });
  });

  it('sends one form file named image to servers that know only that', async () => {
    await run({
      model: 'dall-e-2',
      widthPx: 256,
      heightPx: 256,
      operation: 'edit',
      inputImages: [await createInputImage()],
    });
    expect(simulator.calls[0]?.files.map((file) => file.field)).toEqual(['image']);
  });
});

let endlessOpen = 0;

/** A file that never ends. */
function openEndless(): Readable {
  endlessOpen += 1;
  const file = new Readable({
    read() {
      setTimeout(() => this.push(Buffer.alloc(65_536)), 5);
    },
  });
  return file.once('close', () => (endlessOpen -= 1));
}

describe('refusals and faults', () => {
  it.each<[SimulatorFault, object]>([
    ['no_key', { kind: 'unauthorized', status: 401, canFailOver: true, isRetryable: false }],
    ['bad_key', { kind: 'unauthorized', status: 401 }],
    ['azure_bad_key', { kind: 'unauthorized', status: 401 }],
    ['unverified_organization', { kind: 'unauthorized', status: 403 }],
    ['region', { kind: 'unauthorized', reason: 'region' }],
    ['model_not_found', { kind: 'invalid_request', reason: 'model_not_found', canFailOver: true }],
    ['azure_not_found', { kind: 'invalid_request', reason: 'not_found', canFailOver: true }],
    ['html_not_found', { kind: 'invalid_request', reason: 'not_found', canFailOver: true }],
    ['unknown_parameter', { kind: 'invalid_request', canFailOver: false, isRetryable: false }],
    [
      'invalid_value',
      { kind: 'invalid_request', details: expect.objectContaining({ param: 'size' }) },
    ],
    ['bad_image_file', { kind: 'invalid_request', reason: 'input_unreadable' }],
    ['vllm_flat', { kind: 'invalid_request', status: 400 }],
    ['fastapi_detail', { kind: 'invalid_request', status: 422 }],
    ['moderation', { kind: 'refused', canFailOver: false, vendorRequestId: 'req_sim_0001' }],
    ['moderation_output', { kind: 'refused' }],
    ['moderation_legacy', { kind: 'refused' }],
    ['azure_filter', { kind: 'refused', vendorRequestId: '5f0c-sim' }],
    ['rate_limit', { kind: 'rate_limited', retryAfterS: 7, isRetryable: true }],
    ['rate_limit_reset', { kind: 'rate_limited', retryAfterS: 12 }],
    ['rate_limit_message', { kind: 'rate_limited', retryAfterS: 12 }],
    ['rate_limit_azure', { kind: 'rate_limited', retryAfterS: 3 }],
    ['quota', { kind: 'quota_exhausted', isRetryable: false, canFailOver: true }],
    ['quota_legacy', { kind: 'quota_exhausted', retryAfterS: undefined }],
    ['billing_hard_limit', { kind: 'quota_exhausted', status: 400 }],
    ['server_error', { kind: 'failed', status: 500, isRetryable: true, mayHaveBeenPaid: false }],
    ['overloaded', { kind: 'unavailable', retryAfterS: 2 }],
    ['html_bad_gateway', { kind: 'unavailable', status: 502 }],
    ['gateway_timeout', { kind: 'timeout', mayHaveBeenPaid: true, isRetryable: false }],
    ['redirect', { kind: 'failed', reason: 'redirected' }],
  ])('maps %s', async (fault, expected) => {
    const error = await failWith(fault);
    expect(error).toMatchObject({ provider: 'openai', model: 'gpt-image-2', ...expected });
    expect(simulator.callCount).toBe(1);
  });

  it('shows words of its own, and keeps those of the vendor for the log, without the key', async () => {
    const error = await failWith('bad_key');
    expect(error.message).not.toContain('platform.openai.com');
    expect(JSON.stringify(error.details)).not.toContain('sk-');
    const cause = (error.cause as Error).message;
    expect(cause).toContain('Incorrect API key provided: [redacted].');
  });

  it.each<[SimulatorFault, object]>([
    ['cut', { kind: 'unavailable', mayHaveBeenPaid: true, isRetryable: false, canFailOver: false }],
    ['cut_body', { kind: 'unavailable', mayHaveBeenPaid: true }],
    ['malformed_json', { kind: 'malformed', mayHaveBeenPaid: true }],
    ['html_success', { kind: 'malformed', mayHaveBeenPaid: true }],
    ['empty_data', { kind: 'malformed', reason: 'no_output', isRetryable: true }],
    ['empty_data_paid', { kind: 'malformed', mayHaveBeenPaid: true, isRetryable: false }],
  ])(
    'never repeats by itself after %s, and knows whether it may have cost money',
    async (fault, expected) => {
      expect(await failWith(fault)).toMatchObject(expected);
      expect(simulator.callCount).toBe(1);
    },
  );

  it('is sure that nothing was paid when nobody listens', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    const credential = { baseUrl: `http://127.0.0.1:${port}/v1`, apiKey: KEY };
    expect(await fail(provider, prepare({ credential }).call)).toMatchObject({
      kind: 'unavailable',
      reason: 'not_connected',
      mayHaveBeenPaid: false,
      isRetryable: true,
    });
  });

  it('is not sure when the deadline passes after sending', async () => {
    const signal = AbortSignal.timeout(200);
    const error = await failWith('hang', { signal });
    expect(error).toMatchObject({ kind: 'timeout', mayHaveBeenPaid: true, canFailOver: false });
  });

  it('stops in the middle of an answer when it is canceled', async () => {
    const controller = new AbortController();
    simulator.failNext('drip');
    const { call } = prepare({ signal: controller.signal });
    const started = performance.now();
    setTimeout(() => controller.abort(), 250);
    expect(await fail(provider, call)).toMatchObject({ kind: 'canceled', mayHaveBeenPaid: true });
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  it('does not take a broken upload for a fault of the picture', async () => {
    const rude = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.destroy());
    });
    await new Promise<void>((resolve) => rude.listen(0, '127.0.0.1', resolve));
    const { port } = rude.address() as { port: number };
    const credential = { baseUrl: `http://127.0.0.1:${port}/v1`, apiKey: KEY };
    const endless = { ...(await createInputImage()), open: openEndless };
    const overrides = { operation: 'edit', inputImages: [endless] } as const;
    expect(await fail(provider, prepare({ ...overrides, credential }).call)).toMatchObject({
      kind: 'unavailable',
      reason: 'connection_lost',
    });
    const signal = AbortSignal.timeout(100);
    expect(await fail(provider, prepare({ ...overrides, signal }).call)).toMatchObject({
      kind: 'timeout',
      mayHaveBeenPaid: true,
    });
    await vi.waitFor(() => expect(endlessOpen).toBe(0));
    rude.close();
  });

  it('gives up an answer that stops moving', async () => {
    const slow = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () =>
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n{"data":[{"b64_json":"QUFB'),
      );
    });
    await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve));
    const { port } = slow.address() as { port: number };
    const credential = { baseUrl: `http://127.0.0.1:${port}/v1`, apiKey: null };
    const error = await fail(provider, prepare({ credential }).call);
    expect(error).toMatchObject({ kind: 'timeout', mayHaveBeenPaid: true });
    slow.close();
  });
});

describe('lies', () => {
  it('says so when fewer pictures come than were asked for', async () => {
    simulator.failNext('fewer_images');
    const { result, received } = await run({ n: 3 });
    expect(received).toHaveLength(2);
    expect(result.warnings).toEqual([
      expect.objectContaining({ code: 'fewer_images', field: 'n' }),
    ]);
  });

  it('drops pictures beyond those asked for', async () => {
    simulator.failNext('more_images');
    const { result, received } = await run({ n: 2 });
    expect(received).toHaveLength(2);
    expect(result).toMatchObject({
      deliveredCount: 2,
      answeredCount: 3,
      warnings: [expect.objectContaining({ code: 'more_images' })],
    });
  });

  it('believes no impossible usage, and does without one', async () => {
    simulator.failNext('impossible_usage');
    expect((await run()).result).toMatchObject({
      usage: null,
      warnings: [expect.objectContaining({ code: 'usage_unreadable' })],
    });
    simulator.failNext('no_usage');
    expect((await run()).result).toMatchObject({ usage: null, warnings: [] });
  });

  it('hands on bytes that are no picture: the store looks at them', async () => {
    simulator.failNext('not_an_image');
    const { received } = await run();
    expect(received[0]?.bytes.toString()).toBe('<html>not a picture</html>');
  });
});
