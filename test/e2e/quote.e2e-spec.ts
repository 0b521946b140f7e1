// Proves that a quote says beforehand what a request then meets: its price, what every cap has left, what would run and
// what money would answer; that it spends, writes and calls nothing; and how a budget's refusal looks on each surface.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ManagedDataSource } from '../../src/persistence/managed-data-source.js';
import { ADMIN_EMAIL, ADMIN_PASSWORD, type Answer } from '../setup/application.js';
import { type DelegatedApplication, startDelegated } from '../setup/delegated-application.js';
import { expectOpenaiError, expectProblem } from '../setup/expect-error.js';

const GENERATIONS = '/api/v1/image-generations';
const QUOTE = `${GENERATIONS}/quote`;
const BUDGETS = '/api/v1/billing/budgets';
const PICTURE = { model: 'embedded-image', prompt: 'a lighthouse at dawn', size: '32x32' };
const CREDIT_MICROS = 100_000;
const TABLES = [
  'holds',
  'generations',
  'generation_attempts',
  'idempotency_keys',
  'ledger_transactions',
  'usage_records',
  'outbox_events',
  'audit_events',
  'price_versions',
];

let atelier: DelegatedApplication;
let operator: Record<string, string>;

beforeAll(async () => {
  atelier = await startDelegated({ LOGIN_RPM: '100000' });
  const login = { email: ADMIN_EMAIL, password: ADMIN_PASSWORD };
  const { body } = await atelier.call('POST', '/api/v1/auth/login', login, {});
  operator = { authorization: `Bearer ${body.access_token}` };
  // What the wallet begins with is more than these tests want to spend.
  const wallets = await atelier.call('GET', '/api/v1/billing/wallets');
  const { available_micros } = wallets.body.data[0];
  const sql = atelier.app.get(ManagedDataSource);
  const settle = { transaction_id: '019a0000-0000-7000-8000-000000000001', kind: 'adjust' };
  const member = {
    grant: {
      ...settle,
      account_id: wallets.body.data[0].id,
      amount_micros: CREDIT_MICROS - available_micros,
    },
  };
  const [row] = await sql.query<{ verdicts: unknown[] }[]>(
    'SELECT to_jsonb(billing_grant($1::jsonb, ARRAY[NULL]::jsonb[])) AS verdicts',
    [JSON.stringify([member])],
  );
  expect(row?.verdicts).toMatchObject([{ ok: true }]);
});
afterAll(() => atelier.stop());

function quote(more: object = {}, headers?: object): Promise<Answer> {
  return atelier.call('POST', QUOTE, { ...PICTURE, ...more }, headers);
}

async function price(more: object): Promise<Answer['body']> {
  const { status, body } = await quote(more);
  expect({ status, body }).toMatchObject({ status: 200 });
  return body.price;
}

async function wallet(): Promise<Answer['body']> {
  return (await atelier.call('GET', '/api/v1/billing/wallets')).body.data[0];
}

/** Makes a budget for as long as the work takes. */
async function under<T>(more: object, work: (budget: Answer['body']) => Promise<T>): Promise<T> {
  const budget = { name: 'Tight', scope: 'space', period: 'month', limit_micros: 500, ...more };
  const where = { search_space_id: atelier.spaceId };
  const body = budget.scope === 'space' ? { ...where, ...budget } : budget;
  const made = await atelier.call('POST', BUDGETS, body, operator);
  expect(made).toMatchObject({ status: 201 });
  try {
    return await work(made.body);
  } finally {
    await atelier.call('DELETE', `${BUDGETS}/${made.body.id}`, undefined, operator);
  }
}

async function countRows(): Promise<string> {
  const sql = atelier.app.get(ManagedDataSource);
  const counts = TABLES.map((table) => `(SELECT count(*) FROM ${table})`).join(', ');
  const [row] = await sql.query<object[]>(`SELECT jsonb_build_array(${counts})::text AS counts`);
  return JSON.stringify(row);
}

async function countUndelivered(): Promise<number> {
  const sql = atelier.app.get(ManagedDataSource);
  const [row] = await sql.query<{ count: number }[]>(
    'SELECT count(*)::int AS count FROM outbox_events',
  );
  return row?.count ?? -1;
}

describe('a quote', () => {
  it('says what the pictures then cost, and what makes them', async () => {
    const { status, body } = await quote({ n: 3 });
    expect(status).toBe(200);
    const { available_micros } = await wallet();
    const runs = { model: 'embedded-image', provider: 'embedded', connection: 'env:embedded' };
    expect(body).toEqual({
      price: {
        min_micros: 1_000,
        max_micros: 3_000,
        unit_micros: 1_000,
        list_max_micros: 3_000,
        basis: expect.stringMatching(/^(pixels|flat|exact)$/),
        price_version_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        multiplier_bp: 10_000,
        tier: 'platform',
      },
      wallet: { available_micros, status: 'warning' },
      caps: [],
      route: {
        ...runs,
        reason: 'named',
        candidates: [{ ...runs, max_micros: 3_000, tier: 'platform' }],
        decision: expect.objectContaining({
          layer: 'named',
          requested: 'embedded-image',
          candidates: [expect.objectContaining({ ...runs, outcome: 'chosen', reason: null })],
        }),
      },
      admissible: true,
      refusal: null,
    });
    const made = await atelier.call('POST', GENERATIONS, { ...PICTURE, n: 3 });
    expect(made.body.cost_micros).toBe(3_000);
    expect((await wallet()).available_micros).toBe(available_micros - 3_000);
  });

  it('gives the range of what is left open, from the cheapest picture to the dearest of all', async () => {
    const model = { model: 'gpt-image-2', size: undefined };
    const open = await price({ ...model, n: 2 });
    expect(open.basis).toBe('dearest');
    const low = await price({ ...model, size: '1024x1024', quality: 'low' });
    const high = await price({ ...model, size: '1024x1024', quality: 'high' });
    expect(low.unit_micros).toBeLessThan(high.unit_micros);
    expect(open.min_micros).toBeLessThanOrEqual(low.unit_micros);
    expect(open.min_micros).toBeGreaterThan(0);
    expect(open.max_micros).toBeGreaterThanOrEqual(2 * high.unit_micros);
    expect(low.min_micros).toBe(low.unit_micros);
  });

  it('names the default model where none was named', async () => {
    const { body } = await quote({ model: undefined, size: undefined });
    expect(body.route).toMatchObject({
      reason: 'default',
      decision: { layer: 'default', requested: null },
    });
    expect(body.route.model).toMatch(/./);
  });

  it('writes no row, holds no money and calls no vendor, whatever money says', async () => {
    await under({}, async () => {
      await expect.poll(countUndelivered, { timeout: 30_000 }).toBe(0);
      const [rows, money] = [await countRows(), await wallet()];
      atelier.vendor.reset();
      const inSpace = { search_space_id: atelier.spaceId };
      const images = [{ url: 'https://example.invalid/a.png' }];
      for (const more of [
        { model: 'gpt-image-2', size: '1024x1024' },
        { n: 4 },
        { model: 'gpt-image-2', size: '1024x1024', operation: 'edit', reference_images: images },
      ]) {
        const key = { ...operator, 'idempotency-key': 'a quote' };
        const { status, body } = await quote({ ...inSpace, ...more }, key);
        expect({ status, admissible: body.admissible }).toEqual({ status: 200, admissible: false });
      }
      expect(atelier.vendor.calls).toEqual([]);
      expect(await countRows()).toBe(rows);
      expect(await wallet()).toEqual(money);
    });
  });

  it('is refused as the creation is, where the request itself is at fault', async () => {
    const wrong: [object, object | undefined][] = [
      [{ prompt: ' ' }, undefined],
      [{ n: 11 }, undefined],
      [{ nonsense: 1 }, undefined],
      [{ model: 'no-such-model' }, undefined],
      [{ collection_id: '019a0000-0000-7000-8000-000000000000' }, undefined],
      [{ search_space_id: '019a0000-0000-7000-8000-000000000000' }, undefined],
      [{}, operator],
      [{}, {}],
    ];
    for (const [more, headers] of wrong) {
      const asked = await quote(more, headers);
      const made = await atelier.call('POST', GENERATIONS, { ...PICTURE, ...more }, headers);
      const { status, body } = asked;
      expect(status).toBeGreaterThanOrEqual(400);
      expect({ status, code: body.code, detail: body.detail }).toEqual({
        status: made.status,
        code: made.body.code,
        detail: made.body.detail,
      });
    }
  });

  it('needs the scope that creating needs', async () => {
    const key = { name: 'Reader', search_space_id: atelier.spaceId, scopes: ['images.read'] };
    const { body } = await atelier.call('POST', '/api/v1/api-keys', key, operator);
    const answer = await quote({}, { authorization: `Bearer ${body.key}` });
    expectProblem(answer, { status: 403, code: 'auth.scope_missing' });
  });

  it('answers a delegated account without asking its backend for credit', async () => {
    const { headers } = atelier.shopper(0);
    atelier.backend.reset();
    const { status, body } = await quote({}, headers);
    expect({ status, admissible: body.admissible }).toEqual({ status: 200, admissible: true });
    expect(atelier.backend.listCalls('credits')).toEqual([]);
    const stored = { reference_images: [{ media_id: '019a0000-0000-7000-8000-000000000000' }] };
    expectProblem(await quote({ ...stored, operation: 'edit' }, headers), {
      status: 400,
      code: 'request.invalid',
    });
  });
});

describe('a cap', () => {
  it('is told with what it has left, and refuses the call in the words of the quote', async () => {
    await under({ name: 'Room enough', scope: 'global', limit_micros: 9_000 }, (wide) =>
      under({}, async (tight) => {
        const { body } = await quote();
        expect(body.caps).toEqual([
          {
            budget_id: wide.id,
            name: 'Room enough',
            scope: 'global',
            mode: 'hard',
            period: 'month',
            limit_micros: 9_000,
            remaining_micros: 9_000,
            resets_at: wide.period_end,
            would_refuse: false,
          },
          expect.objectContaining({
            budget_id: tight.id,
            remaining_micros: 500,
            would_refuse: true,
          }),
        ]);
        expect(body.admissible).toBe(false);
        const before = await wallet();
        const refused = await atelier.call('POST', GENERATIONS, PICTURE);
        expectProblem(refused, { status: 402, code: 'billing.budget_exceeded' });
        expect(body.refusal).toEqual({ code: refused.body.code, message: refused.body.detail });
        expect(refused.body).toMatchObject({
          error_code: 'budget_exceeded',
          usage_type: 'image_generation',
          balance_micros: before.available_micros,
          remaining_micros: 500,
          required_micros: 1_000,
          message: refused.body.detail,
          budget: { id: tight.id, name: 'Tight', scope: 'space', period: 'month' },
        });
        expect(refused.headers.get('x-should-retry')).toBe('false');
        expect(await wallet()).toEqual(before);
        const openai = await atelier.call('POST', '/v1/images/generations', PICTURE);
        expectOpenaiError(openai, { status: 402, code: 'budget_exceeded' });
        expect(openai.headers.get('x-should-retry')).toBe('false');
      }),
    );
  });

  it('that is soft admits with a warning', async () => {
    await under({ mode: 'soft' }, async (budget) => {
      expect((await quote()).body).toMatchObject({
        admissible: true,
        caps: [{ mode: 'soft', would_refuse: false }],
      });
      const { status, body } = await atelier.call('POST', GENERATIONS, PICTURE);
      expect(status).toBe(201);
      expect(body.warnings).toEqual([
        { code: 'billing.budget_warning', message: expect.any(String) },
      ]);
      const [{ message }] = body.warnings;
      const warning = { type: 'budget_warning', message, budget_id: budget.id, limit_micros: 500 };
      expect(body.budget_warnings).toMatchObject([warning]);
      const { body: later } = await atelier.call('GET', `${GENERATIONS}/${body.id}`);
      expect(later.warnings).toEqual(body.warnings);
      expect(later.budget_warnings).toMatchObject([{ type: 'budget_warning', message }]);
      const own = [{ type: 'budget_warning', budget_id: budget.id, limit_micros: 500 }];
      for (const response_format of ['url', 'b64_json']) {
        const asked = { ...PICTURE, response_format };
        const openai = await atelier.call('POST', '/v1/images/generations', asked);
        expect(openai.body).toMatchObject({ budget_warnings: own, data: [{}] });
      }
    });
  });

  it('of the wallet is the first to refuse', async () => {
    await under({}, async () => {
      const dear = { model: 'gpt-image-2', size: '1024x1024', quality: 'high', n: 8 };
      const { body } = await quote(dear);
      const refused = await atelier.call('POST', GENERATIONS, { ...PICTURE, ...dear });
      expectProblem(refused, { status: 402, code: 'billing.insufficient_balance' });
      expect(body.refusal).toEqual({ code: refused.body.code, message: refused.body.detail });
    });
  });

  it('of a key is a 429: its quota for good, a spend window until it resets', async () => {
    const body = { name: 'Capped', search_space_id: atelier.spaceId };
    const { body: made } = await atelier.call('POST', '/api/v1/api-keys', body, operator);
    const key = { authorization: `Bearer ${made.key}` };
    const set = (limits: object) =>
      atelier.call('PUT', `${BUDGETS}/keys/${made.id}`, limits, operator);
    await set({ quota_micros: 1_500, spend_5h_micros: 1_500 });
    expect((await atelier.call('POST', GENERATIONS, PICTURE, key)).status).toBe(201);
    const exhausted = { status: 429, code: 'billing.key_quota_exhausted' };
    const limited = { status: 429, code: 'billing.spend_window_exceeded' };
    await set({ quota_micros: 100_000 });
    const waiting = await atelier.call('POST', GENERATIONS, PICTURE, key);
    expectProblem(waiting, limited);
    const retryAfterS = Number(waiting.headers.get('retry-after'));
    expect(retryAfterS).toBeGreaterThan(17_000);
    expect(retryAfterS).toBeLessThanOrEqual(18_000);
    expect((await quote({}, key)).body.refusal.code).toBe(limited.code);
    await set({ quota_micros: 1_500, spend_5h_micros: null });
    const over = await atelier.call('POST', GENERATIONS, PICTURE, key);
    expectProblem(over, exhausted);
    expect(over.headers.get('x-should-retry')).toBe('false');
    expect(over.headers.has('retry-after')).toBe(false);
    expectOpenaiError(
      await atelier.call('POST', '/v1/images/generations', PICTURE, key),
      exhausted,
    );
    // Another key of the space goes on.
    expect((await quote()).body.admissible).toBe(true);
  });
});
