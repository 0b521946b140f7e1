// Proves what gemini's embeddings send and make of every answer, against the simulator.
import { Agent } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import prices from '../../src/billing/data/prices.json' with { type: 'json' };
import { SystemClock } from '../../src/common/clock.js';
import { GeminiEmbeddingProvider } from '../../src/providers/gemini/gemini-embedding.provider.js';
import { ModelCatalogService } from '../../src/providers/model-catalog.service.js';
import {
  PROVIDER_DISPATCHER_OPTIONS,
  ProviderHttp,
} from '../../src/providers/shared/provider-http.js';
import { GeminiSimulator } from '../simulators/gemini.simulator.js';
import { createEmbeddingCall } from './chat-call.factory.js';
import { describeEmbeddingProvider, type EmbeddingFault } from './embedding-provider.contract.js';

const KEY = 'AIzaSy-simulated-key-0123456789';
const MODEL = 'gemini-embedding-001';
const FAULTS = {
  unauthorized: 'bad_key',
  rate_limited: 'rate_limit',
  server_error: 'server_error',
  model_not_found: 'model_not_found',
  bad_json: 'embed_bad_json',
  cut: 'cut',
  cut_body: 'cut_body',
  hang: 'hang',
  too_few: 'too_few',
  uneven: 'uneven',
  not_finite: 'not_finite',
} as const satisfies Partial<Record<EmbeddingFault, string>>;

async function start() {
  const simulator = await GeminiSimulator.start({ apiKey: KEY });
  const http = new ProviderHttp(new Agent(PROVIDER_DISPATCHER_OPTIONS));
  const provider = new GeminiEmbeddingProvider(http, new SystemClock());
  const base = { model: MODEL, credential: { baseUrl: simulator.baseUrl, apiKey: KEY } };
  const stop = async () => {
    await http.onApplicationShutdown();
    await simulator.stop();
  };
  return { simulator, provider, base, stop };
}

describeEmbeddingProvider(
  'gemini',
  {
    fewerDimensions: 768,
    tokens: false,
    usage: false,
    faults: Object.keys(FAULTS) as EmbeddingFault[],
  },
  async () => {
    const { simulator, ...harness } = await start();
    return {
      ...harness,
      dimensions: 3_072,
      failNext: (fault) => simulator.failNext(FAULTS[fault as keyof typeof FAULTS]),
      countRequests: () => simulator.callCount,
      reset: () => simulator.reset(),
    };
  },
);

describe('gemini embeddings', () => {
  let stage: Awaited<ReturnType<typeof start>>;
  beforeAll(async () => {
    stage = await start();
  });
  afterAll(() => stage.stop());

  it('sends every text as a request of its own in one batch', async () => {
    const inputs = ['one', 'two'];
    await stage.provider.submit(createEmbeddingCall({ ...stage.base, inputs, dimensions: 256 }));
    const toRequest = (text: string) => ({
      model: `models/${MODEL}`,
      content: { parts: [{ text }] },
      outputDimensionality: 256,
    });
    expect(stage.simulator.calls.at(-1)).toMatchObject({
      path: `/v1beta/models/${MODEL}:batchEmbedContents`,
      fields: { requests: inputs.map(toRequest) },
    });
  });

  it('makes vectors of length 1 of those that the vendor cut off', async () => {
    const call = createEmbeddingCall({ ...stage.base, dimensions: 128 });
    const { vectors } = await stage.provider.submit(call);
    expect(Math.hypot(...(vectors[0] ?? []))).toBeCloseTo(1, 5);
  });

  it('refuses lists of tokens before anything is sent', async () => {
    stage.simulator.reset();
    const work = stage.provider.submit(createEmbeddingCall({ ...stage.base, inputs: [[1, 2]] }));
    await expect(work).rejects.toMatchObject({
      kind: 'invalid_request',
      reason: 'tokens_unsupported',
    });
    expect(stage.simulator.callCount).toBe(0);
  });

  it('knows the price of every chat and embedding model of its catalogue', () => {
    const catalog = new ModelCatalogService();
    for (const model of [...catalog.listChatModels(), ...catalog.listEmbeddingModels()]) {
      if (model.provider !== 'gemini') continue;
      const line = { provider: 'google', model: model.id, unit: '1M_input_tokens' };
      expect(prices).toContainEqual(expect.objectContaining(line));
    }
  });
});
