// Proves what openai makes of a picture that comes by events: drafts are shown as they come, the picture is delivered
// once, and a stream that breaks off is a failure that may have been paid.
import { Agent } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SystemClock } from '../../src/common/clock.js';
import { ModelCatalogService } from '../../src/providers/model-catalog.service.js';
import { OpenaiProvider } from '../../src/providers/openai/openai.provider.js';
import {
  PROVIDER_DISPATCHER_OPTIONS,
  ProviderHttp,
} from '../../src/providers/shared/provider-http.js';
import type { ImageCall, PartialImage } from '../../src/providers/spec/image-call.js';
import { OpenaiSimulator, type SimulatorFault } from '../simulators/openai.simulator.js';
import { makePicture } from '../simulators/simulator-picture.js';
import { createImageCall, createInputImage } from './image-call.factory.js';
import { fail } from './image-provider.contract.js';

const KEY = 'compat-key-without-known-form-123';
const PROMPT = 'a red fox in snow';

let simulator: OpenaiSimulator;
let http: ProviderHttp;
let provider: OpenaiProvider;

beforeAll(async () => {
  simulator = await OpenaiSimulator.start({ apiKey: KEY });
  http = new ProviderHttp(new Agent({ ...PROVIDER_DISPATCHER_OPTIONS }));
  provider = new OpenaiProvider(new ModelCatalogService(), http, new SystemClock());
});
afterAll(async () => {
  await http.onApplicationShutdown();
  await simulator.stop();
});
beforeEach(() => simulator.reset());

function prepare(overrides: Partial<ImageCall> = {}) {
  const partials: PartialImage[] = [];
  const prepared = createImageCall({
    credential: { baseUrl: simulator.baseUrl, apiKey: KEY },
    prompt: PROMPT,
    widthPx: 1024,
    heightPx: 1024,
    quality: 'low',
    partialImages: 2,
    onPartial: (partial) => void partials.push(partial),
    ...overrides,
  });
  return { ...prepared, partials };
}

async function run(overrides: Partial<ImageCall> = {}) {
  const { call, received, partials } = prepare(overrides);
  const submission = await provider.submit(call);
  if (submission.state !== 'finished') throw new Error('not finished');
  return { result: submission.result, received, partials };
}

const draw = (subject: string) => makePicture(subject, 1024, 1024, 'png');

describe('a picture by events', () => {
  it('shows its drafts, then delivers itself; what was counted is told', async () => {
    const { result, received, partials } = await run();
    expect(simulator.calls[0]?.fields).toMatchObject({ stream: true, partial_images: 2 });
    expect(partials.map(({ bytes: _bytes, ...facts }) => facts)).toEqual(
      [0, 1].map((index) => ({
        index,
        size: '1024x1024',
        quality: 'low',
        background: 'opaque',
        outputFormat: 'png',
      })),
    );
    for (const [index, { bytes }] of partials.entries()) {
      expect(Buffer.concat(bytes).equals(await draw(`${PROMPT} draft ${index}`))).toBe(true);
    }
    expect(received).toHaveLength(1);
    expect(received[0]?.bytes.equals(await draw(`${PROMPT}#0`))).toBe(true);
    expect(result).toMatchObject({
      deliveredCount: 1,
      answeredCount: 1,
      served: { size: '1024x1024', quality: 'low', outputFormat: 'png' },
      usage: { outputTokens: 196 + 200, outputImageTokens: 396 },
      vendorRequestId: 'req_sim_stream',
      warnings: [],
    });
  });

  it('may be an edit', async () => {
    const inputImages = [await createInputImage()];
    const { received, partials } = await run({ operation: 'edit', inputImages, partialImages: 1 });
    expect(simulator.calls[0]).toMatchObject({
      path: '/v1/images/edits',
      fields: { stream: 'true', partial_images: '1' },
    });
    expect([partials.length, received.length]).toEqual([1, 1]);
  });

  it.each<[string, Partial<ImageCall>]>([
    ['nobody looks', { onPartial: undefined }],
    ['no drafts are wanted', { partialImages: 0 }],
    ['several pictures are', { n: 2 }],
  ])('is not asked for when %s', async (_when, overrides) => {
    const { received, partials } = await run(overrides);
    expect(simulator.calls[0]?.fields).not.toHaveProperty('stream');
    expect(simulator.calls[0]?.fields).not.toHaveProperty('partial_images');
    expect(received).toHaveLength(overrides.n ?? 1);
    expect(partials).toEqual([]);
  });

  it('comes whole from a server that streams nothing', async () => {
    simulator.failNext('no_stream');
    const { received, partials } = await run();
    expect([partials.length, received.length]).toEqual([0, 1]);
  });

  it.each<[SimulatorFault, string, number]>([
    ['stream_cut', 'unavailable', 1],
    ['stream_end', 'malformed', 2],
    ['stream_error', 'failed', 1],
  ])('is a failure that may have been paid after %s', async (fault, kind, drafts) => {
    simulator.failNext(fault);
    const { call, received, partials } = prepare();
    const error = await fail(provider, call);
    expect(error).toMatchObject({ kind, mayHaveBeenPaid: true, isRetryable: false });
    expect([received.length, partials.length]).toEqual([0, drafts]);
  });

  it('is refused like any other before it begins', async () => {
    simulator.failNext('server_error');
    expect(await fail(provider, prepare().call)).toMatchObject({ kind: 'failed', status: 500 });
  });

  it('ends with the call', async () => {
    simulator.failNext('stream_slow');
    const abort = new AbortController();
    const { call } = prepare({ signal: abort.signal, onPartial: () => abort.abort() });
    expect(await fail(provider, call)).toMatchObject({ kind: 'canceled' });
  });
});

describe('what the OpenAI address passes on', () => {
  it('goes to the models that take it; what they do not take is told', async () => {
    const openaiOptions = { moderation: 'low', user: 'someone', true_cfg_scale: 3 };
    const { result } = await run({ openaiOptions, partialImages: 0 });
    expect(simulator.calls[0]?.fields).toMatchObject({ moderation: 'low', user: 'someone' });
    expect(simulator.calls[0]?.fields).not.toHaveProperty('true_cfg_scale');
    expect(result.warnings).toMatchObject([{ field: 'true_cfg_scale' }]);
  });
});
