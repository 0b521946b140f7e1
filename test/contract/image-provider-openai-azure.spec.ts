// Proves that openai speaks to Azure: at its addresses, with its key and version, its refusals and what its filter says;
// against the simulator, which the official package's Azure client understands too.
import { AzureOpenAI } from 'openai';
import sharp from 'sharp';
import { Agent } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SystemClock } from '../../src/common/clock.js';
import { ModelCatalogService } from '../../src/providers/model-catalog.service.js';
import { OpenaiProvider } from '../../src/providers/openai/openai.provider.js';
import {
  PROVIDER_DISPATCHER_OPTIONS,
  ProviderHttp,
} from '../../src/providers/shared/provider-http.js';
import type { ImageCall, ProviderCredential } from '../../src/providers/spec/image-call.js';
import { OpenaiSimulator, type SimulatorFault } from '../simulators/openai.simulator.js';
import { createImageCall, createInputImage } from './image-call.factory.js';
import { fail } from './image-provider.contract.js';

const KEY = '0123456789abcdef0123456789abcdef';
const VERSION = '2025-04-01-preview';
const DEPLOYMENT = 'our-pictures';

let simulator: OpenaiSimulator;
let http: ProviderHttp;
let provider: OpenaiProvider;

beforeAll(async () => {
  simulator = await OpenaiSimulator.start({ apiKey: KEY });
  http = new ProviderHttp(new Agent(PROVIDER_DISPATCHER_OPTIONS));
  provider = new OpenaiProvider(new ModelCatalogService(), http, new SystemClock());
});
afterAll(async () => {
  await http.onApplicationShutdown();
  await simulator.stop();
});
beforeEach(() => simulator.reset());

/** The deployment is in the path; or, with the current form, in the body. */
const toClassic = (deployment = DEPLOYMENT): ProviderCredential => ({
  baseUrl: `${simulator.origin}/openai/deployments/${deployment}`,
  apiKey: KEY,
  keyHeader: 'api-key',
  query: { 'api-version': VERSION },
});
const toCurrent = (): ProviderCredential => ({
  baseUrl: `${simulator.origin}/openai/v1/`,
  apiKey: KEY,
  keyHeader: 'api-key',
});

const prepare = (credential: ProviderCredential, overrides: Partial<ImageCall> = {}) =>
  createImageCall({ vendorModel: DEPLOYMENT, credential, ...overrides });

async function run(credential: ProviderCredential, overrides: Partial<ImageCall> = {}) {
  const { call, received } = prepare(credential, overrides);
  const submission = await provider.submit(call);
  if (submission.state !== 'finished') throw new Error('not finished');
  return { result: submission.result, received };
}

describe('requests to Azure', () => {
  it('go to the deployment with its version and key', async () => {
    const { result, received } = await run(toClassic(), { n: 2, widthPx: 1024, heightPx: 1024 });
    const [call] = simulator.calls;
    expect(call).toMatchObject({
      path: `/openai/deployments/${DEPLOYMENT}/images/generations`,
      headers: { 'api-key': KEY },
    });
    expect(call?.headers.authorization).toBeUndefined();
    expect(received).toHaveLength(2);
    expect(await sharp(received[0]?.bytes).metadata()).toMatchObject({ width: 1024 });
    expect(result).toMatchObject({ warnings: [], served: { size: '1024x1024' } });
    expect(result.usage?.outputTokens).toBeGreaterThan(0);
  });

  it('name the deployment in the current form, which also takes a bearer token', async () => {
    await run(toCurrent());
    expect(simulator.calls[0]).toMatchObject({
      path: '/openai/v1/images/generations',
      fields: { model: DEPLOYMENT },
    });
    await run({ ...toCurrent(), keyHeader: 'authorization', query: { 'api-version': 'preview' } });
    expect(simulator.calls[1]?.headers.authorization).toBe(`Bearer ${KEY}`);
  });

  it.each(['classic', 'current'])('edit pictures in the %s form', async (form) => {
    const inputImages = [await createInputImage()];
    const credential = form === 'classic' ? toClassic() : toCurrent();
    const { received } = await run(credential, { operation: 'edit', inputImages });
    expect(simulator.calls[0]?.path).toMatch(/\/images\/edits$/);
    expect(simulator.calls[0]?.files).toHaveLength(1);
    expect(received).toHaveLength(1);
  });
});

describe('answers of Azure', () => {
  it.each<[SimulatorFault, object]>([
    ['azure_filter', { kind: 'refused', vendorRequestId: '5f0c-sim', canFailOver: false }],
    ['azure_filter_images', { kind: 'refused', isRetryable: false }],
    ['azure_moderation', { kind: 'refused' }],
    ['azure_filtered_picture', { kind: 'refused', status: 200, reason: 'content_filtered' }],
    ['azure_bad_key', { kind: 'unauthorized', canFailOver: true }],
    ['azure_not_found', { kind: 'invalid_request', reason: 'not_found', canFailOver: true }],
    ['azure_no_deployment', { kind: 'invalid_request', reason: 'model_not_found' }],
    ['rate_limit_azure', { kind: 'rate_limited', retryAfterS: 3, isRetryable: true }],
  ])('map %s', async (fault, expected) => {
    simulator.failNext(fault);
    const error = await fail(provider, prepare(toClassic()).call);
    expect(error).toMatchObject({ provider: 'openai', mayHaveBeenPaid: false, ...expected });
  });

  it('name their request where only Azure does', async () => {
    simulator.failNext('azure_filtered_picture');
    const error = await fail(provider, prepare(toCurrent()).call);
    expect(error.vendorRequestId).toBe('5f0c-sim');
  });

  it('say what is wrong with a connection', async () => {
    const other = prepare(toClassic('not-deployed')).call;
    expect(await fail(provider, other)).toMatchObject({ reason: 'model_not_found' });
    const unversioned = prepare({ ...toClassic(), query: {} }).call;
    expect(await fail(provider, unversioned)).toMatchObject({ reason: 'not_found' });
    const stranger = prepare({ ...toClassic(), apiKey: 'another-key' }).call;
    expect(await fail(provider, stranger)).toMatchObject({ kind: 'unauthorized', status: 401 });
  });
});

describe('the simulator', () => {
  it("is understood by the official package's Azure client", async () => {
    const client = new AzureOpenAI({
      endpoint: simulator.origin,
      apiKey: KEY,
      apiVersion: VERSION,
      maxRetries: 0,
    });
    const answer = await client.images.generate({ model: DEPLOYMENT, prompt: 'a red fox', n: 1 });
    const bytes = Buffer.from(answer.data?.[0]?.b64_json ?? '', 'base64');
    expect((await sharp(bytes).metadata()).format).toBe('png');
    simulator.failNext('azure_filter');
    const refused = client.images.generate({ model: DEPLOYMENT, prompt: 'something bad' });
    await expect(refused).rejects.toMatchObject({ status: 400, code: 'content_filter' });
    const missing = client.images.generate({ model: 'not-deployed', prompt: 'a red fox' });
    await expect(missing).rejects.toMatchObject({ status: 404, code: 'DeploymentNotFound' });
    expect(simulator.calls[0]?.headers['api-key']).toBe(KEY);
  });
});
