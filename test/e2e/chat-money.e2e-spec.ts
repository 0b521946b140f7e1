// Proves the money of chat and embedding calls: held before the call, posted by what was used, whoever breaks off.
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Answer, startApplication, type TestApplication } from '../setup/application.js';
import { OpenaiTextSimulator } from '../simulators/openai-text.simulator.js';

const CHAT = '/v1/chat/completions';
const MODEL = 'gpt-4.1-mini';
const INPUT_MICROS_PER_MILLION = 400_000;
const OUTPUT_MICROS_PER_MILLION = 1_600_000;
const SOON = { timeout: 30_000, interval: 50 };

interface Usage {
  outcome: string;
  charged_micros: number;
  is_estimated: boolean;
  input_tokens: number;
  output_tokens: number;
  model: string;
  requested_model: string;
  tier: string;
}

describe('the money of a chat call', () => {
  let simulator: OpenaiTextSimulator;
  let atelier: TestApplication;

  beforeAll(async () => {
    simulator = await OpenaiTextSimulator.start({ apiKey: 'vendor-key-of-these-tests' });
    atelier = await startApplication({
      OPENAI_API_KEY: 'vendor-key-of-these-tests',
      OPENAI_BASE_URL: simulator.baseUrl,
      OUTBOUND_ALLOW: '127.0.0.1',
      UPSTREAM_REPEATS_MAX: '0',
      BREAKER_FAILURES: '1000',
      COOLDOWN_ALONE_S: '0',
      INFERENCE_HELD_OUTPUT_TOKENS: '64',
      INFERENCE_WHOLE_OUTPUT_TOKENS: '64',
      STREAM_PING_S: '1',
      BOOTSTRAP_CREDIT_MICROS: '1000000',
    });
  });
  afterAll(async () => {
    await atelier.stop();
    await simulator.stop();
  });
  afterEach(() => simulator.reset());

  const ask = (content: string, more: object = {}) => ({
    model: MODEL,
    messages: [{ role: 'user', content }],
    ...more,
  });
  const post = (body: object, signal?: AbortSignal) =>
    fetch(`${atelier.baseUrl}${CHAT}`, {
      method: 'POST',
      headers: { ...atelier.key, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal,
    });
  const read = async (path: string): Promise<Answer['body']> =>
    (await atelier.call('GET', path)).body.data[0];
  const wallet = () => read('/api/v1/billing/wallets');
  const lastUsage = (): Promise<Usage> => read('/api/v1/billing/usage?limit=1');
  /** The wallet when nothing is held any more. */
  const settled = () =>
    vi.waitFor(async () => {
      const now = await wallet();
      expect(now.held_micros).toBe(0);
      return now;
    }, SOON);

  function priceOf({ input_tokens: input, output_tokens: output }: Usage, cached = 0): number {
    const listed =
      (input - cached) * INPUT_MICROS_PER_MILLION +
      cached * 100_000 +
      output * OUTPUT_MICROS_PER_MILLION;
    return Math.ceil(listed / 1_000_000);
  }

  async function createBudget(terms: object): Promise<string> {
    const { status, body } = await atelier.call(
      'POST',
      '/api/v1/billing/budgets',
      {
        search_space_id: atelier.spaceId,
        name: 'of this test',
        scope: 'space',
        period: 'day',
        mode: 'hard',
        ...terms,
      },
      { authorization: `Bearer ${atelier.token}` },
    );
    expect(status, JSON.stringify(body)).toBe(201);
    return body.id;
  }

  async function deleteBudget(id: string): Promise<void> {
    const headers = { authorization: `Bearer ${atelier.token}` };
    await atelier.call('DELETE', `/api/v1/billing/budgets/${id}`, undefined, headers);
  }

  /** What a call holds at first, as the refusal of a budget of nothing tells it, and a little more. */
  async function findLimit(body: object): Promise<number> {
    const budget = await createBudget({ limit_micros: 1 });
    const { status, body: refusal } = await atelier.call('POST', CHAT, { ...body, stream: false });
    await deleteBudget(budget);
    expect(status).toBe(402);
    return refusal.error.required_micros + 100;
  }

  it('is what the vendor counted, by the list', async () => {
    const before = await wallet();
    const { status, body, headers } = await atelier.call('POST', CHAT, ask('a lighthouse'));
    expect(status).toBe(200);
    expect(headers.get('x-model-used')).toBe(MODEL);
    expect(headers.get('x-provider')).toBe('openai');
    const usage = await lastUsage();
    expect(usage).toMatchObject({
      outcome: 'succeeded',
      model: MODEL,
      requested_model: MODEL,
      is_estimated: false,
      input_tokens: body.usage.prompt_tokens,
      output_tokens: body.usage.completion_tokens,
    });
    expect(usage.charged_micros).toBe(priceOf(usage, 1));
    const after = await settled();
    expect(before.available_micros - after.available_micros).toBe(usage.charged_micros);
  });

  it('of a stream is the same', async () => {
    const response = await post(ask('a lighthouse', { stream: true }));
    const text = await response.text();
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
    expect(text).not.toContain('"prompt_tokens"');
    const usage = await lastUsage();
    expect(usage).toMatchObject({ outcome: 'succeeded', is_estimated: false });
    expect(usage.charged_micros).toBe(priceOf(usage, 1));
    await settled();
  });

  it.each([false, true])(
    'is counted where the vendor does not say (stream: %s)',
    async (stream) => {
      simulator.failNext('no_usage');
      const words = 'lamps and keepers of the coast '.repeat(5);
      const response = await post(ask(words, { stream }));
      expect(response.status).toBe(200);
      await response.text();
      await settled();
      const usage = await lastUsage();
      expect(usage).toMatchObject({ outcome: 'succeeded', is_estimated: true });
      // 5 times 6 words, and what stands before them.
      expect(usage.input_tokens).toBeGreaterThanOrEqual(30);
      expect(usage.input_tokens).toBeLessThan(60);
      expect(usage.output_tokens).toBeGreaterThanOrEqual(30);
      expect(usage.output_tokens).toBeLessThan(60);
      expect(usage.charged_micros).toBe(priceOf(usage));
    },
  );

  it('is nothing when the vendor fails before its answer', async () => {
    const before = await settled();
    simulator.failNext('cut');
    const { status, body } = await atelier.call('POST', CHAT, ask('a lighthouse'));
    expect(status).toBeGreaterThanOrEqual(502);
    expect(body.error.code).toMatch(/^provider\./);
    expect(await lastUsage()).toMatchObject({ outcome: 'failed', charged_micros: 0 });
    expect(await settled()).toEqual(before);
  });

  it('is what had come when the vendor breaks off a stream, and the client is told in it', async () => {
    simulator.failNext('cut_body');
    const response = await post(ask('one two three four five six', { stream: true }));
    expect(response.status).toBe(200);
    const text = await response.text();
    expect(text).toContain('event: error\ndata: {"error":{');
    expect(text).not.toContain('[DONE]');
    await settled();
    const usage = await lastUsage();
    expect(usage).toMatchObject({ outcome: 'failed', is_estimated: true });
    expect(usage.output_tokens).toBeGreaterThan(0);
    expect(usage.charged_micros).toBeGreaterThan(0);
  });

  it('is what had come when the client hangs up, and the vendor is left', async () => {
    simulator.failNext('stall');
    const abort = new AbortController();
    const response = await post(ask('one two three four five', { stream: true }), abort.signal);
    await response.body!.getReader().read();
    abort.abort();
    await vi.waitFor(() => expect(simulator.leftCount).toBe(1), SOON);
    await settled();
    await vi.waitFor(
      async () =>
        expect(await lastUsage()).toMatchObject({ outcome: 'canceled', is_estimated: true }),
      SOON,
    );
    expect((await lastUsage()).charged_micros).toBeGreaterThan(0);
  });

  it('is what was sent when the client of a whole answer hangs up before it', async () => {
    simulator.failNext('hang');
    const abort = new AbortController();
    const asked = post(ask('one two three four five'), abort.signal).catch(() => null);
    await vi.waitFor(() => expect(simulator.callCount).toBe(1), SOON);
    abort.abort();
    await asked;
    await vi.waitFor(
      async () =>
        expect(await lastUsage()).toMatchObject({
          outcome: 'canceled',
          is_estimated: true,
          output_tokens: 0,
        }),
      SOON,
    );
    await settled();
  });

  it('grows with an answer that is longer than what was set aside', async () => {
    const response = await post(ask('and another word '.repeat(100), { stream: true }));
    const text = await response.text();
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
    await settled();
    const usage = await lastUsage();
    expect(usage.output_tokens).toBeGreaterThan(300);
    expect(usage.charged_micros).toBe(priceOf(usage, 1));
  });

  it('ends a stream that grows beyond what a budget allows, and posts what had come', async () => {
    const answer = ask('and another word '.repeat(100), { stream: true });
    // The first 64 tokens of output and the prompt are covered, with 100 micros to spare.
    const limit = await findLimit(answer);
    const budget = await createBudget({ limit_micros: limit });
    const text = await (await post(answer)).text();
    await deleteBudget(budget);
    expect(text).toContain('event: error\ndata: {"error":{');
    expect(text).toContain('budget_exceeded');
    expect(text).not.toContain('[DONE]');
    await settled();
    const usage = await lastUsage();
    expect(usage).toMatchObject({ outcome: 'failed', is_estimated: true });
    expect(usage.output_tokens).toBeGreaterThan(50);
    expect(usage.output_tokens).toBeLessThan(300);
  });

  it('tells of a budget that runs low, in an answer and in a stream', async () => {
    const budget = await createBudget({ limit_micros: 2_000, thresholds: [1] });
    const { body } = await atelier.call('POST', CHAT, ask('a lighthouse'));
    const [warning] = body.budget_warnings;
    expect(warning).toMatchObject({
      type: 'budget_warning',
      budget_id: budget,
      limit_micros: 2_000,
      message: expect.stringContaining('micros are left'),
    });
    expect(body.choices).toHaveLength(1);
    const text = await (await post(ask('a lighthouse', { stream: true }))).text();
    await deleteBudget(budget);
    const [first] = text.split('\n\n');
    expect(JSON.parse(first!.slice('data: '.length))).toMatchObject({
      object: 'chat.completion.chunk',
      choices: [],
      budget_warnings: [{ budget_id: budget }],
    });
  });

  it('waits for nobody: a client gets comments until its stream begins', async () => {
    const response = await post(ask('[sim:slow=2500] hello', { stream: true }));
    const text = await response.text();
    expect(text.startsWith(':\n\n')).toBe(true);
    // What the headers could not tell any more stands before the first event, for whoever reads comments.
    expect(text).toMatch(
      /^(:\n\n)+: model-used [^\n]+\n: provider openai\n: call-id [0-9a-f-]{36}\n\ndata: /,
    );
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
  });

  it('refuses on the house credential what no list has a price for', async () => {
    const { status, body } = await atelier.call(
      'POST',
      CHAT,
      ask('a lighthouse', { service_tier: 'priority' }),
    );
    expect({ status, code: body.error.code, param: body.error.param }).toEqual({
      status: 422,
      code: 'billing.no_price',
      param: 'service_tier',
    });
    expect(simulator.callCount).toBe(0);
  });

  it('of a whole answer is never more than was set aside, however many are asked for', async () => {
    const many = { n: 3, prompt_cache_key: 'ours', store: true };
    const { status } = await atelier.call('POST', CHAT, ask('a lighthouse', many));
    expect(status).toBe(200);
    const sent = simulator.calls.at(-1)!.fields;
    expect(sent).toMatchObject({ n: 3, max_completion_tokens: 64, store: false });
    expect(sent.prompt_cache_key).toMatch(/^[0-9a-f]{64}$/);
    await settled();
  });

  it('lets no more calls through than the wallet covers, all at once', async () => {
    const { available_micros: available } = await settled();
    // 300,000 bytes of prompt hold 40,000 micros, and 64 tokens of output some more.
    const big = ask('[sim:hang]'.padEnd(300_000, ' word'), { max_tokens: 64 });
    const covered = Math.floor(available / 40_106);
    const abort = new AbortController();
    const answers = Array.from({ length: covered + 10 }, async () => {
      const response = await post(big, abort.signal).catch(() => null);
      return response?.status ?? 0;
    });
    await vi.waitFor(() => expect(simulator.callCount).toBe(covered), SOON);
    await vi.waitFor(async () => expect(await statusesOf(answers, 402)).toBe(10), SOON);
    abort.abort();
    await Promise.all(answers);
    await settled();
  });
});

/** How many have ended with this status by now. */
async function statusesOf(answers: readonly Promise<number>[], status: number): Promise<number> {
  const open = Promise.resolve(null);
  const now = await Promise.all(answers.map((answer) => Promise.race([answer, open])));
  return now.filter((one) => one === status).length;
}
