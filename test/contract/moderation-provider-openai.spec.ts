// Proves what openai sends for moderation, that only whole verdicts come back, and how its failures are named.
import { Agent } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SystemClock } from '../../src/common/clock.js';
import { OpenaiModerationProvider } from '../../src/providers/openai/openai-moderation.provider.js';
import {
  PROVIDER_DISPATCHER_OPTIONS,
  ProviderHttp,
} from '../../src/providers/shared/provider-http.js';
import {
  MODERATION_CATEGORIES,
  type ModerationCall,
} from '../../src/providers/spec/moderation-call.js';
import { ProviderError } from '../../src/providers/spec/provider.errors.js';
import { type OpenaiTextFault, OpenaiTextSimulator } from '../simulators/openai-text.simulator.js';

const KEY = 'compat-key-without-known-form-123';
const FAULTS: readonly (readonly [OpenaiTextFault, string])[] = [
  ['bad_key', 'unauthorized'],
  ['rate_limit', 'rate_limited'],
  ['server_error', 'failed'],
  ['model_not_found', 'invalid_request'],
  ['moderation_too_few', 'malformed'],
  ['moderation_no_scores', 'malformed'],
  ['moderation_wild_score', 'malformed'],
];

let simulator: OpenaiTextSimulator;
let http: ProviderHttp;
let provider: OpenaiModerationProvider;

beforeAll(async () => {
  simulator = await OpenaiTextSimulator.start({ apiKey: KEY });
  http = new ProviderHttp(new Agent(PROVIDER_DISPATCHER_OPTIONS));
  provider = new OpenaiModerationProvider(http, new SystemClock());
});
afterAll(async () => {
  await http.onApplicationShutdown();
  await simulator.stop();
});
beforeEach(() => simulator.reset());

function createCall(more: Partial<ModerationCall> = {}): ModerationCall {
  return {
    attemptId: '01900000-0000-7000-8000-000000000001',
    model: 'omni-moderation-latest',
    vendorModel: null,
    input: 'a lighthouse',
    verdictCount: 1,
    credential: { baseUrl: simulator.baseUrl, apiKey: KEY },
    signal: new AbortController().signal,
    ...more,
  };
}

describe('openai’s moderations', () => {
  it('send model and input alone, under the connection’s key', async () => {
    await provider.submit(createCall({ vendorModel: 'omni-moderation-2024-09-26' }));
    const [call] = simulator.calls;
    expect(call).toMatchObject({ method: 'POST', path: '/v1/moderations' });
    expect(call?.fields).toEqual({ model: 'omni-moderation-2024-09-26', input: 'a lighthouse' });
    expect(call?.headers.authorization).toBe(`Bearer ${KEY}`);
  });

  it('give one verdict a text, with every category', async () => {
    const input = ['we kill time', 'a lighthouse'];
    const { verdicts, servedModel } = await provider.submit(createCall({ input, verdictCount: 2 }));
    expect(servedModel).toBe('omni-moderation-latest');
    expect(verdicts.map(({ isFlagged }) => isFlagged)).toEqual([true, false]);
    expect(Object.keys(verdicts[0]?.categories ?? {})).toEqual([...MODERATION_CATEGORIES]);
    expect(verdicts[0]?.categories.violence).toEqual({
      isFlagged: true,
      score: 0.97,
      inputTypes: ['text'],
    });
  });

  it.each(FAULTS)('name the failure %s %s, and never the key', async (fault, kind) => {
    simulator.failNext(fault);
    const error: unknown = await provider.submit(createCall()).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ProviderError);
    expect(error).toMatchObject({ kind, provider: 'openai' });
    expect(JSON.stringify(error)).not.toContain(KEY);
  });

  it('end when they are told to', async () => {
    simulator.failNext('hang');
    const error: unknown = await provider
      .submit(createCall({ signal: AbortSignal.timeout(100) }))
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ kind: 'timeout' });
  });
});
