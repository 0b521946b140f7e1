// Proves that OpenAI's own client, unmodified, uses the Responses API here as it does with OpenAI: whole, in events, with
// tools and forms; that what needs a memory at the vendor is refused; and what the books say of every end.
import { APIError, BadRequestError } from 'openai';
import { zodTextFormat } from 'openai/helpers/zod';
import type { ResponseInputItem, ResponseStreamEvent } from 'openai/resources/responses/responses';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startWithTextVendors, type TextApplication } from '../../setup/text-application.js';

const MODEL = 'gpt-4o-mini';
const REASONER = 'gpt-5.1';
const INPUT = 'Say hello.';
const SOON = { timeout: 30_000 };
const WEATHER = {
  type: 'function' as const,
  name: 'get_weather',
  description: 'The weather of a city',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  strict: false,
};
const City = z.object({ city: z.string() });

let atelier: TextApplication;
let responses: ReturnType<TextApplication['createClient']>['responses'];

beforeAll(async () => {
  atelier = await startWithTextVendors({ INFERENCE_HELD_OUTPUT_TOKENS: '64', STREAM_PING_S: '1' });
  responses = atelier.createClient({ maxRetries: 0 }).responses;
});
afterAll(() => atelier.stop());
beforeEach(() => atelier.reset());

function lastSent(): Record<string, unknown> {
  return atelier.vendors.openai.calls.at(-1)?.fields ?? {};
}

const settled = () => expect.poll(async () => (await atelier.wallet()).held_micros, SOON).toBe(0);
const lastUsage = async () => (await atelier.listUsage())[0];

async function refusalOf(call: PromiseLike<unknown>): Promise<APIError> {
  const error = await Promise.resolve(call).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(APIError);
  return error as APIError;
}

describe('an answer at once', () => {
  it('comes as the vendor gave it, and is posted by its usage', async () => {
    const { data, response } = await responses
      .create({ model: MODEL, input: INPUT })
      .withResponse();
    expect(data.output_text).toBe('You said: Say hello.');
    expect(data).toMatchObject({ id: 'resp_sim1', status: 'completed', store: false });
    expect(response.headers.get('x-model-used')).toBe(MODEL);
    expect(response.headers.get('x-provider')).toBe('openai');
    expect(await atelier.findUsage(response.headers.get('x-call-id'))).toMatchObject({
      provider: 'openai',
      model: MODEL,
      operation: 'chat',
      outcome: 'succeeded',
      input_tokens: data.usage?.input_tokens,
      output_tokens: data.usage?.output_tokens,
      is_estimated: false,
    });
    await settled();
  });

  it('is asked for with every option, each of which reaches the vendor as it is', async () => {
    const options = {
      instructions: 'Be brief.',
      max_output_tokens: 40,
      temperature: 0.4,
      top_p: 0.9,
      top_logprobs: 2,
      text: { verbosity: 'low' as const },
      reasoning: { effort: 'low' as const, summary: 'auto' as const },
      truncation: 'auto' as const,
      metadata: { team: 'shop' },
      include: ['reasoning.encrypted_content' as const],
      safety_identifier: 'hash-7',
      prompt_cache_key: 'cache-7',
      prompt_cache_retention: '24h' as const,
      service_tier: 'default' as const,
      max_tool_calls: 3,
      parallel_tool_calls: false,
      tools: [WEATHER],
      tool_choice: 'none' as const,
      user: 'shop-7',
    };
    const input: ResponseInputItem[] = [
      { role: 'developer', content: 'Be kind.' },
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'What is this?' },
          { type: 'input_image', image_url: 'https://example.com/fox.png', detail: 'low' },
        ],
      },
    ];
    await responses.create({ ...options, model: REASONER, input, store: true });
    // At the account that tenants share, the name of a cache is told apart by tenant.
    const prompt_cache_key: unknown = expect.any(String);
    const own = { model: REASONER, input, store: false, stream: false };
    expect(lastSent()).toEqual({ ...options, ...own, prompt_cache_key });
  });

  it('gives reasoning that can be sent back, and takes it', async () => {
    const include = ['reasoning.encrypted_content' as const];
    const first = await responses.create({ model: REASONER, input: INPUT, include });
    const [reasoning] = first.output;
    expect(reasoning).toMatchObject({ type: 'reasoning', encrypted_content: expect.any(String) });
    const input = [
      { role: 'user', content: INPUT },
      ...first.output,
      { role: 'user', content: 'And now?' },
    ] as ResponseInputItem[];
    const second = await responses.create({ model: REASONER, input, include });
    expect(second.output_text).toBe('You said: And now?');
  });

  it('is of the form that a schema gives it', async () => {
    const text = { format: zodTextFormat(City, 'city') };
    const { output_parsed } = await responses.parse({ model: MODEL, input: INPUT, text });
    expect(output_parsed).toEqual({ city: 'Paris' });
  });

  it('calls functions, and takes their results', async () => {
    atelier.vendors.openai.failNext('two_calls');
    const ask = { model: MODEL, tools: [WEATHER] };
    const first = await responses.create({ ...ask, input: INPUT, tool_choice: 'required' });
    const calls = first.output.filter((item) => item.type === 'function_call');
    expect(calls.map((call) => JSON.parse(call.arguments).city)).toEqual(['Paris', 'Rome']);
    const outputs = calls.map(({ call_id }) => ({
      type: 'function_call_output' as const,
      call_id,
      output: '21 degrees',
    }));
    const input = [{ role: 'user', content: INPUT }, ...first.output, ...outputs];
    const last = await responses.create({ ...ask, input: input as ResponseInputItem[] });
    expect(last.output_text).toBe('You said: 21 degrees');
  });

  it('is cut where it was told to', async () => {
    const input = 'one two three';
    const answer = await responses.create({ model: MODEL, input, max_output_tokens: 2 });
    expect(answer).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
    });
  });

  it('is one for one Idempotency-Key', async () => {
    const options = { headers: { 'idempotency-key': 'responses-1' } };
    const ask = { model: MODEL, input: 'one and only' };
    const first = await responses.create(ask, options);
    const { data, response } = await responses.create(ask, options).withResponse();
    expect(data).toEqual(first);
    expect(response.headers.get('idempotency-replayed')).toBe('true');
    expect(atelier.vendors.openai.callCount).toBe(1);
  });
});

describe('a stream', () => {
  const ask = { model: MODEL, input: INPUT, stream: true } as const;

  it.each([null, 'pieces', 'crlf'] as const)('comes event by event (%s)', async (fault) => {
    if (fault) atelier.vendors.openai.failNext(fault);
    const { data: stream, response } = await responses.create(ask).withResponse();
    const events: ResponseStreamEvent[] = [];
    for await (const event of stream) events.push(event);
    expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, at) => at));
    expect(events[0]?.type).toBe('response.created');
    expect(events.at(-1)?.type).toBe('response.completed');
    const deltas = events.filter(({ type }) => type === 'response.output_text.delta');
    expect(deltas.map((event) => 'delta' in event && event.delta).join('')).toBe(
      'You said: Say hello.',
    );
    await settled();
    const usage = await atelier.findUsage(response.headers.get('x-call-id'));
    expect(usage).toMatchObject({ outcome: 'succeeded', is_estimated: false, output_tokens: 4 });
  });

  it('is followed by the client’s helper to its final response', async () => {
    const text = { format: zodTextFormat(City, 'city') };
    const parsed = await responses.stream({ model: MODEL, input: INPUT, text }).finalResponse();
    expect(parsed.output_parsed).toEqual({ city: 'Paris' });
    const called = await responses
      .stream({ model: MODEL, input: INPUT, tools: [WEATHER], tool_choice: 'required' })
      .finalResponse();
    expect(called.output).toMatchObject([{ name: 'get_weather', arguments: '{"city":"Paris"}' }]);
    const refused = responses.stream({ model: MODEL, input: '[sim:refusal] no' });
    const [message] = (await refused.finalResponse()).output;
    expect(message).toMatchObject({ content: [{ type: 'refusal', refusal: expect.any(String) }] });
  });

  it.each(['failed', 'error_event', 'cut_body'] as const)(
    'that ends badly (%s) throws at the client, and what had come is paid',
    async (fault) => {
      atelier.vendors.openai.failNext(fault);
      const stream = await responses.create({ ...ask, input: 'one two three four five six' });
      const heard: string[] = [];
      const error = await refusalOf(
        (async () => {
          for await (const { type } of stream) heard.push(type);
        })(),
      );
      expect(error.code).toMatch(/^provider\./);
      expect(heard[0]).toBe('response.created');
      expect(heard).not.toContain('response.failed');
      await settled();
      const usage = await lastUsage();
      expect(usage).toMatchObject({ outcome: 'failed', is_estimated: true });
      // "You said: one two three four five six", and not each text as often as the events repeat it.
      expect(usage.output_tokens).toBeGreaterThanOrEqual(8);
      expect(usage.output_tokens).toBeLessThan(16);
      expect(usage.charged_micros).toBeGreaterThan(0);
    },
  );

  it.each([true, false])(
    'is counted where the vendor does not say (stream: %s)',
    async (stream) => {
      atelier.vendors.openai.failNext('no_usage');
      const input = 'one two three four five six seven';
      if (stream) await responses.stream({ model: MODEL, input }).finalResponse();
      else await responses.create({ model: MODEL, input });
      await settled();
      const usage = await lastUsage();
      expect(usage).toMatchObject({ outcome: 'succeeded', is_estimated: true });
      expect(usage.output_tokens).toBeGreaterThanOrEqual(9);
      expect(usage.output_tokens).toBeLessThan(18);
    },
  );

  it('that the client leaves is left at the vendor, and what was used is paid', async () => {
    atelier.vendors.openai.failNext('stall');
    const { data: stream, response } = await responses.create(ask).withResponse();
    for await (const event of stream) {
      expect(event.type).toBe('response.created');
      break;
    }
    await atelier.vendors.openai.untilLeft();
    const find = () => atelier.findUsage(response.headers.get('x-call-id'));
    await expect.poll(find, SOON).toMatchObject({ outcome: 'canceled', is_estimated: true });
    await settled();
  });

  it('grows its hold with an answer that is longer than what was set aside', async () => {
    const input = 'and another word '.repeat(100);
    const { output_text } = await responses.stream({ model: MODEL, input }).finalResponse();
    expect(output_text).toBe(`You said: ${input}`);
    await settled();
    expect((await lastUsage()).output_tokens).toBeGreaterThan(300);
  });

  it('is pinged before it begins', async () => {
    const body = JSON.stringify({ ...ask, input: '[sim:slow=2500] hello' });
    const headers = { ...atelier.key, 'content-type': 'application/json' };
    const url = `${atelier.openaiUrl}/responses`;
    const text = await (await fetch(url, { method: 'POST', headers, body })).text();
    expect(text.startsWith(':\n\n')).toBe(true);
    expect(text).toMatch(
      /^(:\n\n)+: model-used gpt-4o-mini\n: provider openai\n: call-id [^\n]+\n\nevent: /,
    );
    expect(text).toContain('event: response.completed\n');
  });

  it('tells of a budget that runs low in its first event, which the client passes over', async () => {
    const budget = await atelier.call(
      'POST',
      '/api/v1/billing/budgets',
      {
        search_space_id: atelier.spaceId,
        name: 'of this test',
        scope: 'space',
        period: 'day',
        mode: 'hard',
        limit_micros: 100_000,
        thresholds: [1],
      },
      { authorization: `Bearer ${atelier.token}` },
    );
    expect(budget.status).toBe(201);
    const input = 'word '.repeat(30_000);
    await responses.create({ model: MODEL, input });
    const events: { type: string }[] = [];
    for await (const event of await responses.create(ask)) events.push(event);
    const whole = await responses.create({ model: MODEL, input: INPUT });
    const final = await responses.stream({ model: MODEL, input: INPUT }).finalResponse();
    await atelier.call('DELETE', `/api/v1/billing/budgets/${budget.body.id}`, undefined, {
      authorization: `Bearer ${atelier.token}`,
    });
    const warnings = [{ type: 'budget_warning', budget_id: budget.body.id }];
    expect(events[0]).toMatchObject({ type: 'response.created', budget_warnings: warnings });
    expect(events.filter((event) => 'budget_warnings' in event)).toHaveLength(1);
    expect(whole).toMatchObject({ budget_warnings: warnings, output_text: expect.any(String) });
    expect(final.output_text).toBe('You said: Say hello.');
  });
});

describe('what is refused', () => {
  it.each([
    ['previous_response_id', 'resp_1'],
    ['conversation', 'conv_1'],
    ['prompt', { id: 'pmpt_1' }],
    ['background', true],
  ])('needs a memory at the vendor: %s', async (field, value) => {
    const error = await refusalOf(responses.create({ model: MODEL, input: INPUT, [field]: value }));
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error.param).toBe(field);
    expect(error.message).toMatch(/send |wait /);
    expect(atelier.vendors.openai.callCount).toBe(0);
  });

  it.each([
    ['input', { input: undefined }],
    ['input', { input: [] }],
    ['inputs', { inputs: 'x' }],
    ['input[0].content[0].type', { input: [{ role: 'user', content: [{ type: 'input_audio' }] }] }],
    ['input[0].type', { input: [{ type: 'additional_tools', tools: [] }] }],
    [
      'input[0].content[0].file_id',
      { input: [{ role: 'user', content: [{ type: 'input_file', file_id: 'file_1' }] }] },
    ],
    ['input[0]', { input: [{ type: 'item_reference', id: 'msg_1' }] }],
    ['temperature', { temperature: 3 }],
    ['tools[0].type', { tools: [{ type: 'telepathy' }] }],
  ])('is not of the API: %s', async (param, more) => {
    const body = { model: MODEL, input: INPUT, ...more };
    const { status, body: answer } = await atelier.call('POST', '/v1/responses', body);
    expect({ status, param: answer.error.param }).toEqual({ status: 400, param });
    expect(atelier.vendors.openai.callCount).toBe(0);
  });

  it('is a tool that the vendor charges apart, on the credential of the house', async () => {
    const tools = [{ type: 'web_search' as const }];
    const error = await refusalOf(responses.create({ model: MODEL, input: INPUT, tools }));
    expect(error).toMatchObject({ status: 422, code: 'billing.no_price', param: 'tools[0]' });
  });

  it('is what the vendor refuses, told as its kind of error', async () => {
    const input = [{ type: 'function_call_output' as const, call_id: 'call_x', output: '1' }];
    const error = await refusalOf(responses.create({ model: MODEL, input }));
    expect(error).toMatchObject({ status: 422, code: 'provider.invalid_request' });
    await settled();
    expect(await lastUsage()).toMatchObject({ outcome: 'failed', charged_micros: 0 });
  });
});
