// Proves what openai sends for embeddings and that only whole, finite vectors come back, against the simulator.
import OpenAI from 'openai';
import { Agent } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SystemClock } from '../../src/common/clock.js';
import { ModelCatalogService } from '../../src/providers/model-catalog.service.js';
import { OpenaiEmbeddingProvider } from '../../src/providers/openai/openai-embedding.provider.js';
import {
  PROVIDER_DISPATCHER_OPTIONS,
  ProviderHttp,
} from '../../src/providers/shared/provider-http.js';
import type { EmbeddingCall } from '../../src/providers/spec/chat-call.js';
import { type OpenaiTextFault, OpenaiTextSimulator } from '../simulators/openai-text.simulator.js';
import { createEmbeddingCall } from './chat-call.factory.js';
import { describeEmbeddingProvider, type EmbeddingFault } from './embedding-provider.contract.js';

const KEY = 'compat-key-without-known-form-123';
const FAULTS: Partial<Record<EmbeddingFault, OpenaiTextFault>> = {
  unauthorized: 'bad_key',
  rate_limited: 'rate_limit',
};
const ALL_FAULTS: EmbeddingFault[] = [
  ...(Object.keys(FAULTS) as EmbeddingFault[]),
  'server_error',
  'model_not_found',
  'bad_json',
  'too_long',
  'cut',
  'cut_body',
  'hang',
  'too_few',
  'uneven',
  'not_finite',
  'no_usage',
  'wild_usage',
];

async function start() {
  const simulator = await OpenaiTextSimulator.start({ apiKey: KEY });
  const http = new ProviderHttp(new Agent(PROVIDER_DISPATCHER_OPTIONS));
  const provider = new OpenaiEmbeddingProvider(new ModelCatalogService(), http, new SystemClock());
  const stop = async () => {
    await http.onApplicationShutdown();
    await simulator.stop();
  };
  return { simulator, provider, stop };
}

describeEmbeddingProvider(
  'openai',
  { fewerDimensions: 256, tokens: true, usage: true, faults: ALL_FAULTS },
  async () => {
    const { simulator, provider, stop } = await start();
    return {
      provider,
      base: { credential: { baseUrl: simulator.baseUrl, apiKey: KEY } },
      dimensions: 1_536,
      failNext: (fault) => simulator.failNext((FAULTS[fault] ?? fault) as OpenaiTextFault),
      countRequests: () => simulator.callCount,
      reset: () => simulator.reset(),
      stop,
    };
  },
);

describe('openai’s own embeddings', () => {
  let simulator: OpenaiTextSimulator;
  let provider: OpenaiEmbeddingProvider;
  let stop: () => Promise<void>;
  beforeAll(async () => ({ simulator, provider, stop } = await start()));
  afterAll(() => stop());
  beforeEach(() => simulator.reset());

  const submit = (overrides: Partial<EmbeddingCall> = {}, fault?: OpenaiTextFault) => {
    if (fault) simulator.failNext(fault);
    const credential = { baseUrl: simulator.baseUrl, apiKey: KEY };
    return provider.submit(createEmbeddingCall({ credential, ...overrides }));
  };

  it('asks for base64, says what was asked and nothing else', async () => {
    await submit({ dimensions: 64, user: 'u-1', vendorModel: 'text-embedding-3-large' });
    expect(simulator.calls[0]?.fields).toEqual({
      model: 'text-embedding-3-large',
      input: ['a red fox in snow'],
      encoding_format: 'base64',
      dimensions: 64,
      user: 'u-1',
    });
    expect(simulator.calls[0]?.headers).toMatchObject({ authorization: `Bearer ${KEY}` });
  });

  it('gets the same numbers from servers that know lists alone', async () => {
    const [short] = (await submit()).vectors;
    const [long] = (await submit({}, 'floats')).vectors;
    expect(long).toEqual(short);
  });

  it('puts vectors into the order of the texts, and takes none twice', async () => {
    const inputs = ['one', 'two', 'three'];
    const straight = await submit({ inputs });
    expect((await submit({ inputs }, 'shuffled')).vectors).toEqual(straight.vectors);
    await expect(submit({ inputs }, 'twice')).rejects.toMatchObject({ kind: 'malformed' });
  });

  it('does not take for base64 of floats what is none', async () => {
    await expect(submit({}, 'bad_base64')).rejects.toMatchObject({ kind: 'malformed' });
    await expect(submit({}, 'html_success')).rejects.toMatchObject({ kind: 'malformed' });
  });

  it('asks no model of a fixed length for a length, and says so', async () => {
    const model = 'text-embedding-ada-002';
    expect((await submit({ model, dimensions: 1_536 })).warnings).toEqual([]);
    const { vectors, warnings } = await submit({ model, dimensions: 256 });
    expect(vectors[0]).toHaveLength(1_536);
    expect(warnings.map(({ field }) => field)).toEqual(['dimensions']);
  });

  it('reports who answered and what was counted', async () => {
    expect(await submit({ inputs: ['one', 'two'] })).toMatchObject({
      usage: { inputTokens: 12, outputTokens: 0 },
      servedModel: 'text-embedding-3-small',
      vendorRequestId: 'req_sim_0001',
    });
  });

  it('has a simulator that the vendor’s own package understands', async () => {
    const client = new OpenAI({ apiKey: KEY, baseURL: simulator.baseUrl, maxRetries: 0 });
    const answer = await client.embeddings.create({
      model: 'text-embedding-3-small',
      input: 'a red fox in snow',
    });
    const [ours] = (await submit()).vectors;
    expect(new Float32Array(answer.data[0]?.embedding ?? [])).toEqual(ours);
  });
});
