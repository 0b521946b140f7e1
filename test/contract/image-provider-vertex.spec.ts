// Proves that vertex keeps the contract of image providers, what it sends and makes of every answer, refusal, fault and
// lie, and how it gets, keeps and renews its tokens; against the simulator, which Google's own package understands too.
import { generateKeyPairSync } from 'node:crypto';
import { GoogleGenAI } from '@google/genai';
import sharp from 'sharp';
import { Agent } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SystemClock } from '../../src/common/clock.js';
import { ModelCatalogService } from '../../src/providers/model-catalog.service.js';
import { GoogleAccessTokens } from '../../src/providers/shared/google-access-tokens.js';
import {
  PROVIDER_DISPATCHER_OPTIONS,
  ProviderHttp,
} from '../../src/providers/shared/provider-http.js';
import type { ImageCall, InputImage } from '../../src/providers/spec/image-call.js';
import { VertexProvider } from '../../src/providers/vertex/vertex.provider.js';
import {
  readServiceAccount,
  type VertexAccount,
} from '../../src/providers/vertex/vertex-service-account.js';
import { StillClock } from '../fakes/still-clock.js';
import type { ConnectionFault } from '../simulators/vendor-simulator.js';
import { type VertexFault, VertexSimulator } from '../simulators/vertex.simulator.js';
import { createImageCall, createInputImage, toInputImage } from './image-call.factory.js';
import { describeImageProvider, fail } from './image-provider.contract.js';

const MODEL = 'virtual-try-on-001';
const PATH = `/v1/projects/atelier-test/locations/us-central1/publishers/google/models/${MODEL}:predict`;

function createProvider(http: ProviderHttp) {
  const tokens = new GoogleAccessTokens(http, new SystemClock());
  return {
    provider: new VertexProvider(new ModelCatalogService(), http, new SystemClock(), tokens),
    tokens,
  };
}

const toLabel = (sim: string): Partial<ImageCall> => ({ providerOptions: { labels: { sim } } });

let person: InputImage;
let garment: InputImage;
beforeAll(async () => {
  person = await createInputImage({ role: 'person' });
  garment = await createInputImage({ role: 'garment', color: '#cc3333', widthPx: 40 });
});

describeImageProvider('vertex', true, async () => {
  const simulator = await VertexSimulator.start();
  const http = new ProviderHttp(new Agent(PROVIDER_DISPATCHER_OPTIONS));
  return {
    provider: createProvider(http).provider,
    base: {
      model: MODEL,
      operation: 'try_on',
      prompt: '',
      inputImages: [person, garment],
      credential: { baseUrl: simulator.baseUrl, apiKey: simulator.apiKey },
    },
    size: { widthPx: null, heightPx: null },
    madeSize: { width: 96, height: 64 },
    slow: toLabel('hang'),
    unsupported: { overrides: { negativePrompt: 'blur' }, field: 'negative_prompt' },
    refused: toLabel('filtered'),
    formats: ['png', 'jpeg'],
    hasTransparency: false,
    operations: { try_on: {} },
    namesUnreadable: false,
    toGiven: (image) => ({ inputImages: [image, garment] }),
    stop: async () => {
      await http.onApplicationShutdown();
      await simulator.stop();
    },
  };
});

let simulator: VertexSimulator;
let http: ProviderHttp;
let provider: VertexProvider;

beforeAll(async () => {
  simulator = await VertexSimulator.start();
  http = new ProviderHttp(new Agent(PROVIDER_DISPATCHER_OPTIONS));
});
afterAll(async () => {
  await http.onApplicationShutdown();
  await simulator.stop();
});
beforeEach(() => {
  simulator.reset();
  provider = createProvider(http).provider;
});

const prepare = (overrides: Partial<ImageCall> = {}) =>
  createImageCall({
    model: MODEL,
    operation: 'try_on',
    prompt: '',
    inputImages: [person, garment],
    credential: { baseUrl: simulator.baseUrl, apiKey: simulator.apiKey },
    ...overrides,
  });

async function run(overrides: Partial<ImageCall> = {}) {
  const { call, received } = prepare(overrides);
  const submission = await provider.submit(call);
  if (submission.state !== 'finished') throw new Error('not finished');
  return { result: submission.result, received };
}

/** The credential with a key file that differs. */
function withFile(changes: Readonly<Record<string, unknown>>, baseUrl = simulator.baseUrl) {
  const file = JSON.parse(simulator.apiKey) as object;
  return { credential: { baseUrl, apiKey: JSON.stringify({ ...file, ...changes }) } };
}

describe('requests', () => {
  it('are one for all pictures, with what was asked and nothing else', async () => {
    await run();
    const [order] = simulator.orders;
    expect(order).toMatchObject({
      method: 'POST',
      path: PATH,
      headers: { authorization: expect.stringMatching(/^Bearer ya29\./) },
    });
    expect(order?.fields.parameters).toEqual({ sampleCount: 1 });
    const { result, received } = await run({
      inputImages: [garment, person],
      n: 2,
      seed: 7,
      steps: 20,
      outputFormat: 'jpeg',
      compression: 80,
      prompt: 'a hat',
      widthPx: 512,
      heightPx: 512,
      providerOptions: { add_watermark: false, labels: { team: 'shop' } },
    });
    const { instances, parameters, labels } = simulator.orders[1]?.fields ?? {};
    expect(parameters).toEqual({
      sampleCount: 2,
      baseSteps: 20,
      seed: 7,
      addWatermark: false,
      outputOptions: { mimeType: 'image/jpeg', compressionQuality: 80 },
    });
    expect(labels).toEqual({ team: 'shop' });
    const [instance] = instances as { personImage: { image: { bytesBase64Encoded: string } } }[];
    const sent = Buffer.from(instance?.personImage.image.bytesBase64Encoded ?? '', 'base64');
    expect(await sharp(sent).metadata()).toMatchObject({ width: 96, height: 64 });
    expect(received).toHaveLength(2);
    expect(result).toMatchObject({ requestsCount: 1, usage: null, images: [{ seed: null }, {}] });
    expect(result.warnings.map(({ field }) => field)).toEqual(['prompt', 'size']);
  });

  it('carry a seed only without the watermark, and tell it with a single picture', async () => {
    const { result } = await run({ seed: 7 });
    expect(result.warnings).toMatchObject([{ field: 'seed' }]);
    expect(result.images).toMatchObject([{ seed: null }]);
    const marked = await run({ seed: 7, providerOptions: { add_watermark: false } });
    expect(marked.result).toMatchObject({ warnings: [], images: [{ seed: 7 }] });
  });

  it.each<[object, string]>([
    [{ operation: 'edit' }, 'routing.capability_missing'],
    [{ inputImages: [toInputImage(Buffer.alloc(9))] }, 'request.invalid'],
    [{ providerOptions: { labels: { Team: 'x' } } }, 'request.invalid'],
  ])('are not made of %j', async (overrides, code) => {
    await expect(provider.submit(prepare(overrides).call)).rejects.toMatchObject({ code });
    const webp = { ...person, mediaType: 'image/webp' };
    const large = { ...person, sizeBytes: 20_000_000 };
    for (const odd of [webp, large]) {
      const { call } = prepare({ inputImages: [odd, garment] });
      await expect(provider.submit(call)).rejects.toMatchObject({ code: 'request.invalid' });
    }
    expect(simulator.callCount).toBe(0);
  });
});

describe('answers', () => {
  it.each<[VertexFault | ConnectionFault, object]>([
    ['denied', { kind: 'unauthorized', status: 403, canFailOver: true }],
    ['service_disabled', { kind: 'unauthorized', status: 403 }],
    ['model_not_found', { kind: 'invalid_request', reason: 'model_not_found' }],
    ['html_not_found', { kind: 'invalid_request', reason: 'not_found' }],
    ['unreadable_picture', { kind: 'invalid_request', status: 400 }],
    ['rate_limit', { kind: 'rate_limited', isRetryable: true }],
    ['server_error', { kind: 'failed', isRetryable: true }],
    ['unavailable', { kind: 'unavailable' }],
    ['deadline', { kind: 'timeout', mayHaveBeenPaid: true }],
    ['html_bad_gateway', { kind: 'unavailable' }],
    ['redirect', { kind: 'failed', reason: 'redirected' }],
    ['all_filtered', { kind: 'refused', reason: 'filtered', mayHaveBeenPaid: false }],
    ['filtered', { kind: 'refused', canFailOver: false }],
    ['empty_prediction', { kind: 'malformed', reason: 'no_output', isRetryable: true }],
    ['html_success', { kind: 'malformed', mayHaveBeenPaid: true }],
    ['malformed_json', { kind: 'malformed' }],
    ['bad_base64', { kind: 'malformed' }],
    ['cut', { kind: 'unavailable', mayHaveBeenPaid: true }],
    ['cut_body', { kind: 'unavailable', mayHaveBeenPaid: true }],
  ])('map %s', async (fault, expected) => {
    await run();
    simulator.failNext(fault);
    const error = await fail(provider, prepare().call);
    expect(error).toMatchObject({ provider: 'vertex', model: MODEL, ...expected });
    expect(simulator.orders).toHaveLength(2);
  });

  it('may hold fewer pictures, or more, than were asked for', async () => {
    await run();
    for (const fault of ['one_filtered', 'fewer_images'] as const) {
      simulator.failNext(fault);
      const { result, received } = await run({ n: 3 });
      expect(received).toHaveLength(2);
      expect(result).toMatchObject({ answeredCount: 2, warnings: [{ code: 'fewer_images' }] });
    }
    simulator.failNext('more_images');
    const { result } = await run({ n: 2 });
    expect(result).toMatchObject({ deliveredCount: 2, warnings: [{ code: 'more_images' }] });
  });
});

describe('tokens', () => {
  const countExchanges = () => simulator.exchanges.length;

  it('are got once for all who ask, by an assertion in a form', async () => {
    await Promise.all([run(), run(), run()]);
    await run();
    expect(countExchanges()).toBe(1);
    expect(simulator.orders).toHaveLength(4);
    expect(simulator.exchanges[0]).toMatchObject({
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
  });

  it('go with their key: another key, or another place to ask, has its own', async () => {
    await run();
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const private_key = privateKey.export({ type: 'pkcs8', format: 'pem' });
    const error = await fail(provider, prepare(withFile({ private_key })).call);
    expect(error).toMatchObject({ kind: 'unauthorized', reason: 'token_refused', status: 400 });
    expect(simulator.orders).toHaveLength(1);
    expect(countExchanges()).toBe(2);
  });

  it('are asked for anew a minute before they end', async () => {
    const clock = new StillClock(new Date());
    const tokens = new GoogleAccessTokens(http, clock);
    provider = new VertexProvider(new ModelCatalogService(), http, clock, tokens);
    await run();
    clock.move(3_538_000);
    await run();
    expect(countExchanges()).toBe(1);
    clock.move(2_000);
    await run();
    expect(countExchanges()).toBe(2);
  });

  it('are asked for anew, once for all, when the vendor has withdrawn the one that was kept', async () => {
    await run();
    simulator.expireTokens();
    await Promise.all([run(), run()]);
    expect(countExchanges()).toBe(2);
    expect(simulator.orders).toHaveLength(5);
  });

  it('that are fresh and not accepted mean that the account is not', async () => {
    simulator.failNext('slow=0');
    simulator.failNext('unauthenticated');
    const error = await fail(provider, prepare().call);
    expect(error).toMatchObject({ kind: 'unauthorized', status: 401, isRetryable: false });
    simulator.failNext('unauthenticated', 1);
    simulator.failNext('slow=0');
    simulator.failNext('unauthenticated', 1);
    expect(await fail(provider, prepare().call)).toMatchObject({ kind: 'unauthorized' });
    expect(countExchanges()).toBe(2);
    expect(simulator.orders).toHaveLength(3);
  });

  it.each<[VertexFault | ConnectionFault, object]>([
    ['token_refused', { kind: 'unauthorized', reason: 'token_refused', canFailOver: true }],
    ['token_disabled', { kind: 'unauthorized', status: 401 }],
    ['token_unavailable', { kind: 'unavailable', status: 503, isRetryable: true }],
    ['token_rate_limit', { kind: 'rate_limited', retryAfterS: 7 }],
    ['token_missing', { kind: 'malformed', isRetryable: true }],
    ['html_success', { kind: 'malformed' }],
    ['redirect', { kind: 'unauthorized', status: 302 }],
    ['cut', { kind: 'unavailable', isRetryable: true }],
  ])(
    'that do not come with %s have cost nothing, and are asked for again',
    async (fault, wanted) => {
      simulator.failNext(fault);
      const error = await fail(provider, prepare().call);
      expect(error).toMatchObject({ provider: 'vertex', mayHaveBeenPaid: false, ...wanted });
      expect(simulator.orders).toEqual([]);
      expect((await run()).received).toHaveLength(1);
    },
  );

  it('are waited for no longer than the call, while the others go on waiting', async () => {
    simulator.failNext('slow=300');
    const others = run();
    const { call } = prepare({ signal: AbortSignal.timeout(50) });
    expect(await fail(provider, call)).toMatchObject({ kind: 'timeout', mayHaveBeenPaid: false });
    expect((await others).received).toHaveLength(1);
    expect(countExchanges()).toBe(1);
  });

  it('of no more than 500 accounts are kept, the one used last the longest', async () => {
    const tokens = new GoogleAccessTokens(http, new SystemClock());
    const account = readServiceAccount(prepare().call.credential) as VertexAccount;
    const get = (tokenUrl: string) =>
      tokens.get({ ...account, tokenUrl }, AbortSignal.timeout(60_000));
    const own = account.tokenUrl;
    await get(own);
    const others = Array.from({ length: 499 }, (_, at) => get(`${own}?${at}`).catch(() => null));
    expect(tokens.size).toBe(500);
    expect(await get(own)).toMatchObject({ isCached: true });
    const next = get(`${own}?more`).catch(() => null);
    expect(tokens.size).toBe(500);
    expect(await get(own)).toMatchObject({ isCached: true });
    await Promise.all([...others, next]);
    // What failed is not kept.
    expect(tokens.size).toBe(1);
  });
});

describe('a service account', () => {
  it.each<[Record<string, unknown>, RegExp]>([
    [{ project_id: undefined }, /project_id is missing/],
    [{ client_email: '' }, /client_email is missing/],
    [{ private_key: null }, /private_key is missing/],
    [{ private_key: '-----BEGIN PRIVATE KEY-----\nbm8=\n-----END PRIVATE KEY-----' }, /PEM/],
    [{ token_uri: 'http://169.254.169.254/token' }, /token_uri must be/],
    [{ token_uri: 'https://oauth2.googleapis.com.evil.example/token' }, /token_uri must be/],
    [{ token_uri: 7 }, /token_uri must be/],
  ])('with %j is refused, saying what to do, before anything is sent', async (changes, advice) => {
    const error = await fail(provider, prepare(withFile(changes)).call);
    expect(error).toMatchObject({ kind: 'unauthorized', reason: 'service_account_invalid' });
    expect(error.message).toMatch(advice);
    expect(simulator.callCount).toBe(0);
  });

  it('is refused when it is no JSON, or would lead a call to Google elsewhere', async () => {
    for (const apiKey of [null, 'AIzaSy-not-an-account', '[]']) {
      const { call } = prepare({ credential: { baseUrl: simulator.baseUrl, apiKey } });
      expect((await fail(provider, call)).message).toContain('no JSON object');
    }
    const google = withFile({}, 'https://europe-west4-aiplatform.googleapis.com/v1');
    expect((await fail(provider, prepare(google).call)).message).toContain('token_uri must be');
    expect(simulator.callCount).toBe(0);
  });

  it('is in no error, nor is its token', async () => {
    await run();
    const token = simulator.orders[0]?.headers.authorization?.replace('Bearer ', '') ?? '';
    simulator.failNext('echo_token');
    const error = await fail(provider, prepare().call);
    const bad = withFile({ private_key: '-----BEGIN PRIVATE KEY-----\nc2VjcmV0IGhlcmU=\n' });
    const badKey = await fail(provider, prepare(bad).call);
    const told = [error, badKey].map((one) => `${one.message} ${JSON.stringify(one.details)}`);
    const causes = [error, badKey].map(({ cause }) => `${String(cause)} ${JSON.stringify(cause)}`);
    expect(String(error.cause)).toContain('[redacted]');
    for (const text of [...told, ...causes]) {
      expect(text).not.toContain(token);
      expect(text).not.toContain('c2VjcmV0');
    }
  });
});

describe('the simulator', () => {
  it("is understood by Google's own package", async () => {
    await run();
    const authorization = simulator.orders[0]?.headers.authorization ?? '';
    const { models } = new GoogleGenAI({
      vertexai: true,
      project: 'atelier-test',
      location: 'us-central1',
      httpOptions: { baseUrl: simulator.origin, apiVersion: 'v1' },
      // The package asks only Google itself for tokens.
      googleAuthOptions: {
        authClient: { getRequestHeaders: () => Promise.resolve(new Headers({ authorization })) },
      } as never,
    });
    const read = async (image: InputImage) => ({
      imageBytes: Buffer.concat((await image.open().toArray()) as Buffer[]).toString('base64'),
    });
    const { generatedImages = [] } = await models.recontextImage({
      model: MODEL,
      source: {
        personImage: await read(person),
        productImages: [{ productImage: await read(garment) }],
      },
      config: { numberOfImages: 2, baseSteps: 8 },
    });
    expect(generatedImages).toHaveLength(2);
    const bytes = Buffer.from(generatedImages[0]?.image?.imageBytes ?? '', 'base64');
    expect(await sharp(bytes).metadata()).toMatchObject({ format: 'png', width: 96, height: 64 });
  });
});
