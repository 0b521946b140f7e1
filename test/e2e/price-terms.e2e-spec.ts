/**
 * Proves prices on the way through: a change reaches the next call and none that is under way; who pays how often the
 * list price; what a subscription covers; and that a vendor's wild count is cut and put on the list.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { ManagedDataSource } from '../../src/persistence/managed-data-source.js';
import { operatorOf } from '../setup/people.js';
import {
  GENERATIONS,
  startWithVendor,
  type VendorApplication,
} from '../setup/vendor-application.js';

const PRICES = '/api/v1/billing/prices';
const RULES = '/api/v1/billing/price-rules';
const SUBSCRIPTIONS = '/api/v1/billing/subscriptions';
const WAIT = { timeout: 30_000, interval: 50 };
const LATER = '2099-01-01T00:00:00Z';
const PICTURE = { model: 'gpt-image-2', prompt: 'fox', size: '1024x1024', quality: 'low' };
/** 196 tokens of picture at 30 micros and one of prompt at 5. */
const PICTURE_MICROS = 196 * 30 + 5;
/** What is set for it here. */
const SET_MICROS = 40_000;

let atelier: VendorApplication;
let userId: string;

beforeAll(async () => {
  atelier = await startWithVendor();
  userId = (await operate('GET', '/api/v1/auth/me')).body.id;
});
afterAll(async () => {
  await atelier.stop();
});
beforeEach(() => atelier.simulator.reset());
/** Whatever became of a test, the next one begins with the built-in list. */
afterEach(async () => {
  for (const path of [`${PRICES}/overrides`, RULES]) {
    for (const { id } of (await operate('GET', path)).body.data) {
      await operate('DELETE', `${path}/${id}`);
    }
  }
});

function operate(method: string, path: string, body?: object) {
  return atelier.call(method, path, body, operatorOf(atelier));
}

async function make(more: object = {}) {
  return atelier.call('POST', GENERATIONS, { ...PICTURE, ...more });
}

/** What the wallet paid for the work, and its usage row. */
async function pay(work: () => Promise<unknown>) {
  const before = await atelier.wallet();
  await work();
  const after = await atelier.wallet();
  expect(after.held_micros).toBe(before.held_micros);
  const [usage] = await atelier.listUsage();
  return { paid: before.available_micros - after.available_micros, usage };
}

async function setPrice(more: object = {}): Promise<string> {
  const line = {
    provider: 'openai',
    model: 'gpt-image-2',
    unit: 'image',
    price_micros: SET_MICROS,
  };
  const { status, body } = await operate('POST', `${PRICES}/overrides`, { ...line, ...more });
  expect({ status, body }).toMatchObject({ status: 201 });
  return body.id;
}

const takeBack = (id: string) => operate('DELETE', `${PRICES}/overrides/${id}`);

async function listLines(query: string) {
  return (await operate('GET', `${PRICES}?limit=100&${query}`)).body.data;
}

describe('prices of operators', () => {
  it('charge a call under way at its old price, and the next one at the new', async () => {
    atelier.simulator.failNext('slow=1500');
    const before = await atelier.wallet();
    const asked = make();
    await expect
      .poll(async () => (await atelier.wallet()).held_micros, WAIT)
      .toBe(before.held_micros + PICTURE_MICROS);
    const id = await setPrice();
    const { body } = await asked;
    expect(body.cost_micros).toBe(PICTURE_MICROS);
    expect((await pay(make)).paid).toBe(SET_MICROS);
    const versions = await atelier.app
      .get(ManagedDataSource)
      .query<object[]>('SELECT DISTINCT price_version_id FROM usage_records');
    expect(versions).toHaveLength(2);
    expect((await takeBack(id)).status).toBe(204);
    expect((await pay(make)).paid).toBe(PICTURE_MICROS);
  });

  it('count for their connection, and are shown with where they come from', async () => {
    const other = await setPrice({ connection: 'env:another', note: 'Contract of March' });
    expect((await pay(make)).paid).toBe(PICTURE_MICROS);
    const own = await setPrice({ connection: 'env:openai', price_micros: 50_000 });
    expect((await pay(make)).paid).toBe(50_000);
    const lines = await listLines('provider=openai&model=gpt-image-2');
    expect(lines.at(-2)).toMatchObject({
      origin: 'override',
      source: 'Contract of March',
      connection: 'env:another',
      listed_unit: 'image',
      price_micros: SET_MICROS,
      micros_per_million: SET_MICROS * 1_000_000,
    });
    expect(lines[0]).toMatchObject({ origin: 'built_in', as_of: '2026-11', status: 'active' });
    for (const id of [other, own]) await takeBack(id);
  });

  it('are announced for a day, and superseded by a later one', async () => {
    const coming = await setPrice({ effective_at: LATER });
    const first = await setPrice();
    const second = await setPrice({ price_micros: 1 });
    const { data } = (await operate('GET', `${PRICES}/overrides`)).body;
    expect(data.map((one: { id: string; status: string }) => [one.id, one.status])).toEqual([
      [second, 'effective'],
      [first, 'superseded'],
      [coming, 'scheduled'],
    ]);
    for (const id of [coming, first, second]) await takeBack(id);
    expect((await takeBack(first)).status).toBe(404);
    const past = await operate('POST', `${PRICES}/overrides`, {
      provider: 'a',
      model: 'm',
      unit: 'image',
      price_micros: 1,
      effective_at: '2020-01-01T00:00:00Z',
    });
    expect(past.body.errors).toMatchObject([{ field: 'effective_at' }]);
  });

  it('are imported all or not at all', async () => {
    const line = { provider: 'fal', model: 'schnell', unit: 'megapixel', usd: 0.003 };
    const wrong = [line, { ...line, usd: -1 }, { ...line, unit: 'hour', colour: 'red' }, 7];
    const { status, body } = await operate('POST', `${PRICES}/import`, { lines: wrong });
    expect(status).toBe(400);
    expect(body.errors.map((fault: { field: string }) => fault.field)).toEqual([
      'lines[1].usd',
      'lines[2].unit',
      'lines[2].colour',
      'lines[3]',
    ]);
    const dry = await operate('POST', `${PRICES}/import`, { lines: [line], dry_run: true });
    expect(dry.body).toEqual({ imported: 1, removed: 0, dry_run: true });
    expect(await listLines('provider=fal')).toEqual([]);
    for (const removed of [0, 1]) {
      const lines = { lines: [line], replace: true };
      const done = await operate('POST', `${PRICES}/import`, lines);
      expect(done.body).toEqual({ imported: 1, removed, dry_run: false });
    }
    expect(await listLines('provider=fal')).toMatchObject([
      { unit: 'megapixel', price_micros: 3_000, micros_per_million: 3_000_000_000 },
    ]);
    const { data } = (await operate('GET', `${PRICES}/overrides`)).body;
    await takeBack(data[0].id);
  });

  it('tell the operator what is offered without a price', async () => {
    const { data } = (await operate('GET', `${PRICES}/missing`)).body;
    const models = new Set(data.map((gap: { model: string }) => gap.model));
    expect(models.has('gpt-image-2')).toBe(false);
    expect(models.has('chatgpt-image-latest')).toBe(true);
    const id = await setPrice({ model: 'chatgpt-image-latest' });
    const after = (await operate('GET', `${PRICES}/missing`)).body.data;
    expect(after.map((gap: { model: string }) => gap.model)).not.toContain('chatgpt-image-latest');
    await takeBack(id);
  });

  it('are audited', async () => {
    const { data } = (await operate('GET', '/api/v1/audit-events?limit=100')).body;
    const actions = data.map((one: { action: string }) => one.action);
    for (const action of ['price_override.created', 'price_override.deleted', 'prices.imported']) {
      expect(actions).toContain(action);
    }
  });
});

describe('multipliers', () => {
  async function rule(more: object): Promise<string> {
    const { status, body } = await operate('POST', RULES, more);
    expect({ status, body }).toMatchObject({ status: 201 });
    return body.id;
  }

  it('count from the user to everybody, on hold and charge, rounded once', async () => {
    const space = { search_space_id: atelier.spaceId };
    const made = [await rule({ scope: 'default', multiplier_bp: 20_000 })];
    expect((await pay(make)).paid).toBe(2 * PICTURE_MICROS);
    made.push(await rule({ scope: 'space', ...space, multiplier_bp: 30_000 }));
    expect((await pay(make)).paid).toBe(3 * PICTURE_MICROS);
    made.push(await rule({ scope: 'route', route: 'gpt-image-2', multiplier_bp: 40_000 }));
    expect((await pay(make)).paid).toBe(4 * PICTURE_MICROS);
    made.push(await rule({ scope: 'user', user_id: userId, multiplier_bp: 50_000 }));
    expect((await pay(make)).paid).toBe(5 * PICTURE_MICROS);
    made.push(await rule({ scope: 'user', user_id: userId, ...space, multiplier_bp: 11_111 }));
    const { paid, usage } = await pay(make);
    // 5,885 × 1.1111 = 6,538.8235
    expect(paid).toBe(6_539);
    expect(usage).toMatchObject({ list_cost_micros: PICTURE_MICROS, charged_micros: 6_539 });
    for (const id of made) expect((await operate('DELETE', `${RULES}/${id}`)).status).toBe(204);
    expect((await pay(make)).paid).toBe(PICTURE_MICROS);
  });

  it('of nothing make it free: no money moves, and a row is written, also for a failure', async () => {
    const id = await rule({ scope: 'default', multiplier_bp: 10_000 });
    await operate('PATCH', `${RULES}/${id}`, { multiplier_bp: 0 });
    const made = await pay(make);
    expect(made.paid).toBe(0);
    expect(made.usage).toMatchObject({
      tier: 'free',
      outcome: 'succeeded',
      list_cost_micros: PICTURE_MICROS,
      charged_micros: 0,
    });
    const failed = await pay(() => make({ prompt: '[sim:server_error]' }));
    expect(failed.paid).toBe(0);
    expect(failed.usage).toMatchObject({ tier: 'free', outcome: 'failed', charged_micros: 0 });
    await operate('DELETE', `${RULES}/${id}`);
  });

  it.each([
    ['multiplier_bp', { scope: 'default', multiplier_bp: -1 }],
    ['multiplier_bp', { scope: 'default', multiplier_bp: 1.5 }],
    ['user_id', { scope: 'default', multiplier_bp: 1, user_id: newId() }],
    ['user_id', { scope: 'user', multiplier_bp: 1 }],
    ['user_id', { scope: 'user', multiplier_bp: 1, user_id: newId() }],
    ['route', { scope: 'route', multiplier_bp: 1 }],
    ['search_space_id', { scope: 'space', multiplier_bp: 1 }],
    ['search_space_id', { scope: 'space', multiplier_bp: 1, search_space_id: newId() }],
  ])('name %s when it is wrong', async (field, body) => {
    const answer = await operate('POST', RULES, body);
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ field }] } });
  });

  it('are one for each', async () => {
    const id = await rule({ scope: 'default', multiplier_bp: 10_000 });
    expect((await operate('POST', RULES, { scope: 'default', multiplier_bp: 1 })).status).toBe(409);
    await operate('DELETE', `${RULES}/${id}`);
  });
});

describe('a subscription', () => {
  it('pays instead of the wallet, up to its window; expired it refuses; ended the wallet pays', async () => {
    const limit = 2 * PICTURE_MICROS;
    const { status, body } = await operate('POST', SUBSCRIPTIONS, {
      search_space_id: atelier.spaceId,
      name: 'Studio',
      expires_at: LATER,
      time_zone: 'Europe/Berlin',
      day_limit_micros: limit,
      month_limit_micros: 10 * limit,
    });
    expect({ status, body }).toMatchObject({ status: 201, body: { status: 'active' } });
    const path = `${SUBSCRIPTIONS}/${body.id}`;

    const { paid, usage } = await pay(make);
    expect(paid).toBe(0);
    expect(usage).toMatchObject({ tier: 'subscription', list_cost_micros: PICTURE_MICROS });
    await make();
    const full = await make();
    expect(full).toMatchObject({ status: 402, body: { code: 'billing.budget_exceeded' } });
    const shown = (await atelier.call('GET', SUBSCRIPTIONS)).body.data[0];
    expect(shown.limits).toMatchObject([
      { window: 'day', limit_micros: limit, used_micros: limit },
      { window: 'month', limit_micros: 10 * limit, used_micros: limit },
    ]);

    const wider = await operate('PATCH', path, { day_limit_micros: null });
    expect(wider.body.limits).toMatchObject([{ window: 'month', used_micros: limit }]);
    expect((await make()).status).toBe(201);
    const unlimited = await operate('PATCH', path, { month_limit_micros: null });
    expect(unlimited).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'month_limit_micros' }] },
    });

    await atelier.app
      .get(ManagedDataSource)
      .query(
        `UPDATE subscriptions SET starts_at = now() - interval '2 days', expires_at = now() - interval '1 day'`,
      );
    await atelier.app.get(ManagedDataSource).query('SELECT cache_epoch_bump()');
    await expect
      .poll(async () => (await make()).body.code, WAIT)
      .toBe('billing.subscription_expired');
    const expired = await make();
    expect(expired.status).toBe(403);
    expect(expired.body.detail).toContain('end it so that the wallet pays');

    const ended = await operate('POST', `${path}/end`);
    expect(ended.body).toMatchObject({ status: 'ended', limits: [] });
    expect((await pay(make)).paid).toBe(PICTURE_MICROS);
    expect((await operate('PATCH', path, { name: 'Again' })).status).toBe(409);
  });

  it.each([
    ['expires_at', { expires_at: '2020-01-01T00:00:00Z' }],
    ['expires_at', { starts_at: '2099-01-02T00:00:00Z' }],
    ['expires_at', { expires_at: '2099-W01-1T00:00:00Z' }],
    ['starts_at', { starts_at: '2098-12-01T00:00:00' }],
    ['time_zone', { time_zone: 'Mars/Olympus' }],
    ['month_limit_micros', { month_limit_micros: undefined }],
    ['search_space_id', { search_space_id: newId() }],
  ])('names %s when it is wrong', async (field, wrong) => {
    const right = { search_space_id: atelier.spaceId, name: 'Studio', expires_at: LATER };
    const body = { ...right, month_limit_micros: 1, ...wrong };
    const answer = await operate('POST', SUBSCRIPTIONS, body);
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ field }] } });
  });
});

describe('a vendor that counts beyond belief', () => {
  it('is cut, and the hold waits for a person to look', async () => {
    atelier.simulator.failNext('wild_usage');
    const { paid, usage } = await pay(make);
    expect(paid).toBe(4 * PICTURE_MICROS);
    const items = await atelier.app
      .get(ManagedDataSource)
      .query<{ reason: string }[]>(
        'SELECT reason FROM reconciliation_items WHERE attempt_id = $1',
        [usage.id],
      );
    expect(items).toEqual([{ reason: 'implausible_usage' }]);
  });
});
