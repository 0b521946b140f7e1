// Proves that what goes wrong reaches OpenAI's own client as the errors it knows, with status, code, field and the id of
// the request; that it repeats what may be repeated, as late as it was told to, and nothing else; and that what was
// refused moves no money.
import {
  APIConnectionTimeoutError,
  APIError,
  APIUserAbortError,
  AuthenticationError,
  BadRequestError,
  type ClientOptions,
  InternalServerError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
  UnprocessableEntityError,
} from 'openai';
import type { ChatCompletionCreateParamsNonStreaming } from 'openai/resources/chat';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { must, operatorOf } from '../../setup/people.js';
import {
  startWithTextVendors,
  type TextApplication,
  VENDOR_KEY,
} from '../../setup/text-application.js';

type Body = ChatCompletionCreateParamsNonStreaming;

const MODEL = 'gpt-4o-mini';
/** The dearest there is, for an answer as long as may be set aside. */
const DEAR = 'claude-fable-5-2';
const CREDIT_MICROS = 50_000;
/** Well beyond what any other call here takes. */
const DEADLINE_S = 10;
const WITHIN = { timeout: 30_000 };

let atelier: TextApplication;
let sentAtMs: number[];

beforeAll(async () => {
  atelier = await startWithTextVendors({
    BOOTSTRAP_CREDIT_MICROS: String(CREDIT_MICROS),
    INFERENCE_DEADLINE_S: String(DEADLINE_S),
  });
});
afterAll(() => atelier.stop());
beforeEach(async () => {
  await atelier.reset();
  sentAtMs = [];
});

function createClient(options: ClientOptions = {}) {
  return atelier.createClient({
    ...options,
    fetch: (url, init) => {
      sentAtMs.push(performance.now());
      return fetch(url, init);
    },
  });
}

function ask(body: Partial<Body> = {}, options: ClientOptions = {}) {
  const messages: Body['messages'] = [{ role: 'user', content: 'Say hello.' }];
  return createClient(options).chat.completions.create({ model: MODEL, messages, ...body });
}

/** The error that the client throws; the request must fail. */
async function fail(asked: Promise<unknown>): Promise<APIError> {
  const error: unknown = await asked.then(
    () => expect.fail('the request went through'),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(APIError);
  return error as APIError;
}

/** With what an answer that says no has besides: the id under which the log has it. */
async function refuse(asked: Promise<unknown>): Promise<APIError> {
  const error = await fail(asked);
  expect(error.requestID).toMatch(/^[0-9a-f-]{36}$/);
  expect(error.error).toMatchObject({
    request_id: error.requestID,
    message: expect.stringMatching(/\S/),
  });
  return error;
}

/** What a request that is refused must not move. */
async function books() {
  return [await atelier.wallet(), (await atelier.listUsage()).length];
}

describe('is refused before anybody is called, once, and nothing has moved:', () => {
  let before: Awaited<ReturnType<typeof books>>;
  beforeEach(async () => {
    before = await books();
  });

  const expectUntouched = async () => {
    expect(sentAtMs).toHaveLength(1);
    expect(atelier.vendors.openai.callCount).toBe(0);
    expect(await books()).toEqual(before);
  };

  it.each<[string, object]>([
    ['messages', { messages: [] }],
    ['messages[0].role', { messages: [{ role: 'wizard', content: 'Hi' }] }],
    ['messages[0].content', { messages: [{ role: 'user', content: 7 }] }],
    ['messages[0].content[0].type', { messages: [{ role: 'user', content: [{ type: 'film' }] }] }],
    ['temperature', { temperature: 3 }],
    ['n', { n: 0 }],
    ['stop', { stop: ['1', '2', '3', '4', '5'] }],
    ['response_format.type', { response_format: { type: 'yaml' } }],
    ['tools[0].function.name', { tools: [{ type: 'function', function: { name: 'get it' } }] }],
  ])('what %s cannot be, as a BadRequestError (%#)', async (param, body) => {
    const error = await refuse(ask(body));
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({
      status: 400,
      param,
      code: 'request.invalid',
      type: 'invalid_request_error',
    });
    await expectUntouched();
  });

  it.each<[string, object]>([
    ['n', { model: 'claude-haiku-5-5', n: 2 }],
    ['max_tokens', { max_completion_tokens: 20_000 }],
    [
      'messages',
      {
        model: 'llama3.2',
        messages: [
          {
            role: 'user',
            content: [{ type: 'image_url', image_url: { url: 'https://example.com/a.png' } }],
          },
        ],
      },
    ],
  ])('what the model lacks: %s, as a BadRequestError (%#)', async (param, body) => {
    const error = await refuse(ask(body));
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({ status: 400, param, code: 'routing.capability_missing' });
    expect(error.message).toContain('choose another model');
    await expectUntouched();
  });

  it.each<[string, unknown, object]>([
    ['input', '', {}],
    ['input', [], {}],
    ['input[1]', ['a', ''], {}],
    ['dimensions', 'a', { dimensions: 4_096 }],
    ['encoding_format', 'a', { encoding_format: 'hex' }],
  ])('what %s cannot be, of embeddings (%#)', async (param, input, more) => {
    const body = { model: 'text-embedding-3-small', input: input as string, ...more };
    const error = await refuse(createClient().embeddings.create(body));
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({ status: 400, param });
    await expectUntouched();
  });

  it('a key that is none, as an AuthenticationError', async () => {
    const error = await refuse(ask({}, { apiKey: 'sk-nobody' }));
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error).toMatchObject({ status: 401, type: 'authentication_error' });
    await expectUntouched();
  });

  it('a key that may do other things, as a PermissionDeniedError', async () => {
    const body = { name: 'reader', search_space_id: atelier.spaceId, scopes: ['images.read'] };
    const { key } = await must(atelier, 201, 'POST', '/api/v1/api-keys', body, operatorOf(atelier));
    for (const stream of [true, false]) {
      sentAtMs = [];
      const error = await refuse(ask({ stream } as object, { apiKey: key }));
      expect(error).toBeInstanceOf(PermissionDeniedError);
      expect(error).toMatchObject({ status: 403, code: 'auth.scope_missing' });
      await expectUntouched();
    }
  });

  it('a model that nobody has, as a NotFoundError', async () => {
    const error = await refuse(ask({ model: 'gpt-99' }));
    expect(error).toBeInstanceOf(NotFoundError);
    expect(error).toMatchObject({ status: 404, param: 'model', code: 'routing.model_unknown' });
    await expectUntouched();
  });

  it('a wallet that cannot pay, as a 402 that is never repeated, streams included', async () => {
    for (const stream of [true, false]) {
      sentAtMs = [];
      const error = await refuse(ask({ model: DEAR, stream } as object));
      expect(error).toMatchObject({ status: 402, type: 'insufficient_quota' });
      expect(error.headers?.get('x-should-retry')).toBe('false');
      await expectUntouched();
    }
  });
});

describe('is told of what the vendor did:', () => {
  it('its limit is a RateLimitError; the client waits as long as it is told to', async () => {
    const { openai } = atelier.vendors;
    openai.failNext('rate_limit_azure');
    const error = await refuse(ask({}, { maxRetries: 0 }));
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error).toMatchObject({ status: 429, code: 'provider.rate_limited' });
    expect(error.headers?.get('retry-after')).toBe('3');

    await atelier.reset();
    sentAtMs = [];
    openai.failNext('rate_limit_azure');
    const { choices } = await ask({}, { maxRetries: 1 });
    expect(choices).toHaveLength(1);
    expect(sentAtMs).toHaveLength(2);
    expect(sentAtMs[1]! - sentAtMs[0]!).toBeGreaterThanOrEqual(2_990);
  });

  it('its fault is an InternalServerError; repeated by the client, one answer is paid', async () => {
    const before = await atelier.wallet();
    atelier.vendors.openai.failNext('server_error', 2);
    const error = await refuse(ask({}, { maxRetries: 0 }));
    expect(error).toBeInstanceOf(InternalServerError);
    expect(error).toMatchObject({ status: 502, code: 'provider.failed', type: 'upstream_error' });
    expect(await atelier.wallet()).toEqual(before);
    const { data, response } = await createClient()
      .chat.completions.create({ model: MODEL, messages: [{ role: 'user', content: 'Hi.' }] })
      .withResponse();
    expect(data.choices).toHaveLength(1);
    expect(sentAtMs).toHaveLength(3);
    const after = await atelier.wallet();
    const { charged_micros } = await atelier.findUsage(response.headers.get('x-call-id'));
    expect(before.available_micros - after.available_micros).toBe(charged_micros);
    expect(after.held_micros).toBe(0);
  });

  it.each([
    ['bad_key', 502, 'provider.unauthorized'],
    ['quota', 502, 'provider.quota_exhausted'],
    ['bad_json', 502, 'provider.malformed'],
  ] as const)('%s is a %i that is not repeated', async (fault, status, code) => {
    atelier.vendors.openai.failNext(fault);
    const error = await refuse(ask());
    expect(error).toBeInstanceOf(InternalServerError);
    expect(error).toMatchObject({ status, code, type: 'upstream_error' });
    expect(JSON.stringify(error.error)).not.toContain(VENDOR_KEY);
    expect(sentAtMs).toHaveLength(1);
    expect((await atelier.wallet()).held_micros).toBe(0);
  });

  it('what it will not answer is an UnprocessableEntityError', async () => {
    atelier.vendors.openai.failNext('azure_filter');
    const error = await refuse(ask());
    expect(error).toBeInstanceOf(UnprocessableEntityError);
    expect(error).toMatchObject({ code: 'provider.refused', type: 'content_policy_violation' });
    atelier.vendors.openai.failNext('invalid_value');
    expect(await refuse(ask())).toMatchObject({ status: 422, code: 'provider.invalid_request' });
    expect(sentAtMs).toHaveLength(2);
  });

  it('a stream that cannot begin is refused like any other answer', async () => {
    atelier.vendors.openai.failNext('server_error');
    const error = await refuse(ask({ stream: true } as object, { maxRetries: 0 }));
    expect(error).toMatchObject({ status: 502, code: 'provider.failed' });
    atelier.vendors.openai.failNext('error_first');
    const first = await refuse(ask({ stream: true } as object, { maxRetries: 0 }));
    expect(first).toMatchObject({ status: 502, type: 'upstream_error' });
  });

  it.each(['error_event', 'named_error_event', 'cut_body'] as const)(
    'a stream with a fault in its midst (%s) throws it, behind what came before',
    async (fault) => {
      const before = await atelier.wallet();
      atelier.vendors.openai.failNext(fault);
      const body = {
        model: MODEL,
        messages: [{ role: 'user' as const, content: 'one two three' }],
      };
      const { data: stream, response } = await createClient()
        .chat.completions.create({ ...body, stream: true })
        .withResponse();
      let text = '';
      const error = await fail(
        (async () => {
          for await (const { choices } of stream) text += choices[0]?.delta.content ?? '';
        })(),
      );
      expect('You said: one two three'.startsWith(text)).toBe(true);
      expect(text).not.toBe('');
      expect(error.code).toMatch(/^provider\./);
      expect(error).toMatchObject({ type: 'upstream_error', message: expect.stringMatching(/\S/) });
      expect(error.message).not.toContain('Sorry about that');
      expect(error.error).toMatchObject({ request_id: response.headers.get('x-request-id') });
      expect(sentAtMs).toHaveLength(1);
      const usage = await atelier.findUsage(response.headers.get('x-call-id'));
      expect(usage).toMatchObject({ outcome: 'failed', is_estimated: true });
      expect(usage.charged_micros).toBeGreaterThan(0);
      const after = await atelier.wallet();
      expect(before.available_micros - after.available_micros).toBe(usage.charged_micros);
      expect(after.held_micros).toBe(0);
    },
  );

  it('its silence is a 504 that is not repeated; in the midst of a stream it is thrown', async () => {
    const { openai } = atelier.vendors;
    openai.failNext('hang');
    const silent = refuse(ask());
    await expect.poll(() => openai.callCount, WITHIN).toBe(1);
    openai.failNext('stall');
    const stream = await createClient().chat.completions.create({
      model: MODEL,
      messages: [{ role: 'user', content: 'one two three' }],
      stream: true,
    });
    const stalled = fail(
      (async () => {
        for await (const { object } of stream) expect(object).toBe('chat.completion.chunk');
      })(),
    );
    expect(await silent).toBeInstanceOf(InternalServerError);
    expect(await silent).toMatchObject({ status: 504, code: 'provider.timeout' });
    expect(await stalled).toMatchObject({ code: 'provider.timeout', type: 'upstream_error' });
    expect(sentAtMs).toHaveLength(2);
    await openai.untilLeft(2);
    await expect.poll(async () => (await atelier.wallet()).held_micros, WITHIN).toBe(0);
  });

  it('the helper for streams throws it as well', async () => {
    atelier.vendors.openai.failNext('error_event');
    const messages: Body['messages'] = [{ role: 'user', content: 'one two three' }];
    const stream = createClient().chat.completions.stream({ model: MODEL, messages });
    const error = await fail(stream.finalMessage());
    expect(error.code).toMatch(/^provider\./);
  });
});

describe('gives up', () => {
  it('after its own time, and the vendor is left', async () => {
    atelier.vendors.openai.failNext('hang');
    const error = await fail(ask({}, { timeout: 1_000, maxRetries: 0 }));
    expect(error).toBeInstanceOf(APIConnectionTimeoutError);
    await atelier.vendors.openai.untilLeft();
    await expect.poll(async () => (await atelier.wallet()).held_micros, WITHIN).toBe(0);
  });

  it('when its caller does, and the vendor is left', async () => {
    atelier.vendors.openai.failNext('hang');
    const controller = new AbortController();
    const messages: Body['messages'] = [{ role: 'user', content: 'Hi.' }];
    const asked = createClient().chat.completions.create(
      { model: MODEL, messages },
      { signal: controller.signal },
    );
    const failed = fail(asked);
    await expect.poll(() => atelier.vendors.openai.callCount, WITHIN).toBe(1);
    controller.abort();
    expect(await failed).toBeInstanceOf(APIUserAbortError);
    await atelier.vendors.openai.untilLeft();
    await expect.poll(async () => (await atelier.wallet()).held_micros, WITHIN).toBe(0);
    expect(sentAtMs).toHaveLength(1);
  });
});
