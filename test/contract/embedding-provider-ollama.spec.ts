// Proves what ollama's embeddings send and make of every answer, against the simulator.
import { Agent } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SystemClock } from '../../src/common/clock.js';
import { ModelCatalogService } from '../../src/providers/model-catalog.service.js';
import { OllamaEmbeddingProvider } from '../../src/providers/ollama/ollama-embedding.provider.js';
import {
  PROVIDER_DISPATCHER_OPTIONS,
  ProviderHttp,
} from '../../src/providers/shared/provider-http.js';
import { OllamaSimulator } from '../simulators/ollama.simulator.js';
import { createEmbeddingCall } from './chat-call.factory.js';
import { describeEmbeddingProvider, type EmbeddingFault } from './embedding-provider.contract.js';

const MODEL = 'nomic-embed-text';
const FAULTS = {
  unauthorized: 'unauthorized',
  rate_limited: 'rate_limited',
  server_error: 'crashed',
  model_not_found: 'not_found',
  bad_json: 'bad_json',
  too_long: 'too_long',
  cut: 'cut',
  cut_body: 'cut_body',
  hang: 'hang',
  too_few: 'too_few',
  uneven: 'uneven',
  not_finite: 'not_finite',
  no_usage: 'no_usage',
  wild_usage: 'wild_usage',
} as const satisfies Record<EmbeddingFault, string>;

async function start() {
  const simulator = await OllamaSimulator.start();
  const http = new ProviderHttp(new Agent(PROVIDER_DISPATCHER_OPTIONS));
  const provider = new OllamaEmbeddingProvider(http, new SystemClock());
  const base = { model: MODEL, credential: { baseUrl: simulator.baseUrl, apiKey: null } };
  const stop = async () => {
    await http.onApplicationShutdown();
    await simulator.stop();
  };
  return { simulator, provider, base, stop };
}

describeEmbeddingProvider(
  'ollama',
  {
    fewerDimensions: 256,
    tokens: false,
    usage: true,
    faults: Object.keys(FAULTS) as EmbeddingFault[],
  },
  async () => {
    const { simulator, ...harness } = await start();
    return {
      ...harness,
      dimensions: 768,
      failNext: (fault) => simulator.failNext(FAULTS[fault]),
      countRequests: () => simulator.callCount,
      reset: () => simulator.reset(),
    };
  },
);

describe('ollama embeddings', () => {
  let stage: Awaited<ReturnType<typeof start>>;
  beforeAll(async () => {
    stage = await start();
  });
  afterAll(() => stage.stop());

  it('sends all texts in one request, and a length only when asked for', async () => {
    const inputs = ['one', 'two'];
    await stage.provider.submit(createEmbeddingCall({ ...stage.base, inputs }));
    expect(stage.simulator.calls.at(-1)).toMatchObject({ path: '/api/embed' });
    expect(stage.simulator.calls.at(-1)?.fields).toEqual({ model: MODEL, input: inputs });
    const call = createEmbeddingCall({
      ...stage.base,
      dimensions: 64,
      vendorModel: `${MODEL}:v1.5`,
    });
    await expect(stage.provider.submit(call)).rejects.toMatchObject({ reason: 'model_not_found' });
    expect(stage.simulator.calls.at(-1)?.fields).toMatchObject({ dimensions: 64 });
  });

  it('refuses lists of tokens before anything is sent, and models that do not embed', async () => {
    stage.simulator.reset();
    const work = stage.provider.submit(createEmbeddingCall({ ...stage.base, inputs: [[1, 2]] }));
    await expect(work).rejects.toMatchObject({ reason: 'tokens_unsupported' });
    expect(stage.simulator.callCount).toBe(0);
    const chat = createEmbeddingCall({ ...stage.base, model: 'llama3.2' });
    await expect(stage.provider.submit(chat)).rejects.toMatchObject({ kind: 'invalid_request' });
  });

  it('gives the length that its catalogue says', async () => {
    for (const model of new ModelCatalogService().listEmbeddingModels()) {
      if (model.provider !== 'ollama') continue;
      const call = createEmbeddingCall({ ...stage.base, model: model.id });
      const { vectors } = await stage.provider.submit(call);
      expect(vectors[0]).toHaveLength(model.capabilities.dimensions);
    }
  });
});
