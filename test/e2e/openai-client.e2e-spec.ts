// Proves that OpenAI's own client, unmodified, makes pictures here and gets the errors it knows: only its base
// URL and key are set, and a `fetch` that counts what it sends.
import OpenAI, {
  APIError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
  UnprocessableEntityError,
} from 'openai';
import type { ImageGenerateParamsNonStreaming, ImagesResponse } from 'openai/resources/images';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { API_KEY } from '../setup/application.js';
import { findSchemaFaults } from '../setup/check-schema.js';
import { startWithVendor, type VendorApplication } from '../setup/vendor-application.js';
import { hashPixels } from '../setup/pixels.js';
import { makePicture } from '../simulators/simulator-picture.js';
import description from './fixtures/openai-images-api.json' with { type: 'json' };

const CREDIT_MICROS = 200_000;
const EMBEDDED = {
  model: 'embedded-image',
  prompt: 'a lighthouse at dawn',
  size: '64x48',
} as const;
const { schemas } = description.components;

let atelier: VendorApplication;
let sentAtMs: number[];

beforeAll(async () => {
  atelier = await startWithVendor({ BOOTSTRAP_CREDIT_MICROS: String(CREDIT_MICROS) });
});
afterAll(async () => {
  await atelier.stop();
});
beforeEach(async () => {
  await atelier.forgive();
  atelier.simulator.reset();
  sentAtMs = [];
});

function createClient(options: { apiKey?: string; maxRetries?: number } = {}): OpenAI {
  return new OpenAI({
    apiKey: API_KEY,
    ...options,
    baseURL: `${atelier.baseUrl}/v1`,
    fetch: (url, init) => {
      sentAtMs.push(performance.now());
      return fetch(url, init);
    },
  });
}

function generate(body: ImageGenerateParamsNonStreaming): Promise<ImagesResponse> {
  return createClient().images.generate(body);
}

/** The error that the client throws; the request must fail. */
async function fail(
  body: ImageGenerateParamsNonStreaming,
  options: Parameters<typeof createClient>[0] = {},
): Promise<APIError> {
  const made = createClient(options).images.generate(body);
  const error: unknown = await made.then(
    () => expect.fail('the request went through'),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(APIError);
  const known = error as APIError;
  expect(findSchemaFaults({ error: known.error }, schemas.ErrorResponse, schemas)).toEqual([]);
  expect(known.requestID).toMatch(/^[0-9a-f-]{36}$/);
  return known;
}

async function measure(bytes: Buffer): Promise<object> {
  const { width, height, format } = await sharp(bytes).metadata();
  await sharp(bytes).stats();
  return { width, height, format };
}

function decode(answer: ImagesResponse, index = 0): Buffer {
  return Buffer.from(answer.data?.[index]?.b64_json ?? '', 'base64');
}

describe('images.generate', () => {
  it('gives links by default, each to another picture of the asked size', async () => {
    const before = await atelier.wallet();
    const answer = await generate({ ...EMBEDDED, n: 3 });
    expect(findSchemaFaults(answer, schemas.ImagesResponse, schemas)).toEqual([]);
    expect(answer.data).toHaveLength(3);
    const pictures: Buffer[] = [];
    for (const { url, b64_json } of answer.data ?? []) {
      expect(b64_json).toBeUndefined();
      const shown = await fetch(url ?? '');
      expect(shown.status).toBe(200);
      pictures.push(Buffer.from(await shown.arrayBuffer()));
    }
    const facts = await Promise.all(pictures.map(measure));
    expect(facts).toEqual(facts.map(() => ({ width: 64, height: 48, format: 'png' })));
    expect(new Set(pictures.map((bytes) => bytes.toString('base64'))).size).toBe(3);
    const after = await atelier.wallet();
    expect(before.available_micros - after.available_micros).toBe(3_000);
    expect(after.held_micros).toBe(0);
  });

  it.each(['png', 'jpeg', 'webp'] as const)('gives %s as base64 when asked to', async (format) => {
    const answer = await generate({
      ...EMBEDDED,
      size: '1024x1536',
      response_format: 'b64_json',
      output_format: format,
    });
    expect(findSchemaFaults(answer, schemas.ImagesResponse, schemas)).toEqual([]);
    expect(answer).toMatchObject({ output_format: format, size: '1024x1536' });
    expect(answer.data).toEqual([{ b64_json: expect.any(String) }]);
    expect(await measure(decode(answer))).toEqual({ width: 1024, height: 1536, format });
  });

  it('gives base64 by default for the models of which OpenAI gives nothing else', async () => {
    const answer = await generate({
      model: 'gpt-image-2',
      prompt: 'fox',
      size: '1024x1024',
      quality: 'low',
    });
    expect(findSchemaFaults(answer, schemas.ImagesResponse, schemas)).toEqual([]);
    expect(answer).toMatchObject({
      output_format: 'png',
      size: '1024x1024',
      quality: 'low',
      usage: {
        input_tokens: 1,
        input_tokens_details: { text_tokens: 1, image_tokens: 0 },
        output_tokens: 196,
        total_tokens: 197,
      },
    });
    const made = await makePicture('fox#0', 1024, 1024, 'png');
    expect(await hashPixels(decode(answer))).toBe(await hashPixels(made));
  });

  it.each(['auto', 'medium'] as const)(
    'answers by the book for the quality %s',
    async (quality) => {
      const size = '1280x720';
      const answer = await generate({ model: 'gpt-image-2', prompt: 'fox', size, quality });
      expect(findSchemaFaults(answer, schemas.ImagesResponse, schemas)).toEqual([]);
      expect(await measure(decode(answer))).toMatchObject({ width: 1280, height: 720 });
    },
  );

  it('needs no more than a prompt', async () => {
    const answer = await generate({ prompt: 'a fox' });
    expect(
      await measure(Buffer.from(await (await fetch(answer.data![0]!.url!)).arrayBuffer())),
    ).toEqual({ width: 1024, height: 1024, format: 'png' });
    expect(answer.created).toBeCloseTo(Date.now() / 1_000, -2);
  });

  it('takes the null that means absent', async () => {
    const nothing = { n: null, quality: null, background: null, response_format: null } as const;
    const answer = await generate({ ...EMBEDDED, ...nothing, style: null, output_format: null });
    expect(answer.data).toEqual([{ url: expect.any(String) }]);
  });

  it('carries the id under which the request is found in the log', async () => {
    const { response, request_id: id } = await createClient()
      .images.generate(EMBEDDED)
      .withResponse();
    expect(id).toBe(response.headers.get('x-request-id'));
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('errors', () => {
  /** What a request that is refused must not move. */
  const books = async () => [await atelier.wallet(), (await atelier.listGenerations()).length];

  it('is an AuthenticationError for a key that is none, asked once', async () => {
    const error = await fail(EMBEDDED, { apiKey: `${API_KEY.slice(0, -1)}x` });
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error).toMatchObject({ status: 401, type: 'authentication_error' });
    expect(sentAtMs).toHaveLength(1);
  });

  it('is a 402 that is not asked again for a wallet that cannot pay; nothing has moved', async () => {
    const before = await books();
    const error = await fail({
      model: 'gpt-image-2',
      prompt: 'fox',
      size: '1024x1024',
      quality: 'high',
    });
    expect(error).toMatchObject({
      status: 402,
      code: 'premium_quota_exhausted',
      type: 'insufficient_quota',
    });
    expect(sentAtMs).toHaveLength(1);
    expect(atelier.simulator.callCount).toBe(0);
    expect(await books()).toEqual(before);
  });

  it.each([
    ['n', { ...EMBEDDED, n: 11 }],
    ['n', { ...EMBEDDED, n: 0 }],
    ['size', { ...EMBEDDED, size: 'large' }],
    ['prompt', { ...EMBEDDED, prompt: 'x'.repeat(10_001) }],
    ['output_format', { ...EMBEDDED, output_format: 'gif' as never }],
    ['colour', { ...EMBEDDED, colour: 'red' }],
    ['size', { model: 'gpt-image-2', prompt: 'fox', size: '64x64' }],
  ] as const)('is a BadRequestError that names %s, asked once', async (param, body) => {
    const before = await books();
    const error = await fail(body);
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({ status: 400, param, type: 'invalid_request_error' });
    expect(sentAtMs).toHaveLength(1);
    expect(await books()).toEqual(before);
  });

  it('is a NotFoundError for a model that is not known', async () => {
    const error = await fail({ ...EMBEDDED, model: 'gpt-image-99' });
    expect(error).toBeInstanceOf(NotFoundError);
    expect(error).toMatchObject({ status: 404, param: 'model' });
    expect(sentAtMs).toHaveLength(1);
  });

  it('is a PermissionDeniedError for a key that may only look', async () => {
    const { body } = await atelier.call(
      'POST',
      '/api/v1/api-keys',
      { name: 'reader', search_space_id: atelier.spaceId, scopes: ['images.read'] },
      { authorization: `Bearer ${atelier.token}` },
    );
    const error = await fail(EMBEDDED, { apiKey: body.key });
    expect(error).toBeInstanceOf(PermissionDeniedError);
    expect(sentAtMs).toHaveLength(1);
  });

  it('is a RateLimitError, and the client waits as long as it was told to', async () => {
    const body = {
      model: 'gpt-image-2',
      prompt: 'fox',
      quality: 'low',
      size: '1024x1024',
    } as const;
    const before = await atelier.wallet();
    atelier.simulator.failNext('rate_limit_azure');
    const error = await fail(body, { maxRetries: 0 });
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error.headers?.get('retry-after')).toBe('3');
    expect(await atelier.wallet()).toEqual(before);

    await atelier.forgive();
    atelier.simulator.failNext('rate_limit_azure');
    sentAtMs = [];
    const answer = await createClient({ maxRetries: 1 }).images.generate(body);
    expect(answer.data).toHaveLength(1);
    expect(sentAtMs).toHaveLength(2);
    expect(sentAtMs[1]! - sentAtMs[0]!).toBeGreaterThanOrEqual(2_990);
    const after = await atelier.wallet();
    expect(before.available_micros - after.available_micros).toBe(5_885);
  });

  it('is an UnprocessableEntityError for refused content, asked once', async () => {
    const body = { model: 'gpt-image-2', prompt: '[sim:moderation]', quality: 'low' } as const;
    const error = await fail(body);
    expect(error).toBeInstanceOf(UnprocessableEntityError);
    expect(error).toMatchObject({ code: 'provider.refused', type: 'content_policy_violation' });
    expect(sentAtMs).toHaveLength(1);
    expect(atelier.simulator.callCount).toBe(1);
  });

  it('is an InternalServerError for a failing vendor; asked again, one picture is paid for', async () => {
    const body = {
      model: 'gpt-image-2',
      prompt: 'fox',
      quality: 'low',
      size: '1024x1024',
    } as const;
    const before = await atelier.wallet();
    atelier.simulator.failNext('server_error', 2);
    expect(await fail(body, { maxRetries: 0 })).toBeInstanceOf(InternalServerError);
    await generate(body);
    expect(atelier.simulator.callCount).toBe(3);
    const after = await atelier.wallet();
    expect(before.available_micros - after.available_micros).toBe(5_885);
    expect(after.held_micros).toBe(0);
  });
});
