/** Proves the usage routes: who sees whose sums and files, what operators see of all spaces, and what is told once. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BillingModule } from '../../src/billing/billing.module.js';
import type { UsageEntry } from '../../src/billing/domain/settlement.js';
import { SettlementWriter } from '../../src/billing/settlement-writer.js';
import { SpendWatch } from '../../src/billing/spend-watch.js';
import { newId } from '../../src/common/ids.js';
import { OutboxSignal } from '../../src/persistence/outbox.port.js';
import { TestIdentity, type TestUser, type Tokens } from '../factories/identity.factory.js';
import { makeHold, makeSettle, makeUsage } from '../factories/ledger.factory.js';
import { databaseKinds } from '../setup/services.js';

const USAGE = '/api/v1/billing/usage';
const TODAY = new Date().toISOString().slice(0, 10);
const POLL_MS = 50;
const WAIT_MAX_MS = 30_000;

interface Report {
  data: Record<string, unknown>[];
  totals: Record<string, number>;
  is_complete: boolean;
  next_cursor: string | null;
}

describe.each(databaseKinds())('usage over HTTP on %s', (kind) => {
  let identity: TestIdentity;
  let operator: Tokens;
  let owner: TestUser;
  /** A member who may see neither the settings nor other members. */
  let artist: TestUser;
  let stranger: TestUser;
  let spaceId: string;
  let key: { id: string; key: string };

  beforeAll(async () => {
    identity = await TestIdentity.open(kind, {}, undefined, [BillingModule]);
    operator = await identity.operator();
    [owner, artist, stranger] = [
      await identity.user(operator),
      await identity.user(operator),
      await identity.user(operator),
    ];
    spaceId = await identity.space(owner);
    await identity.expect(201, 'POST', `/api/v1/search-spaces/${spaceId}/roles`, {
      as: owner.access,
      body: { name: 'Artist', permissions: ['image_generations:create'] },
    });
    await identity.join(owner, spaceId, artist.email, 'Artist');
    key = await identity.key(owner, spaceId);
    await pay(1_000, { user_id: owner.id, model: 'old', api_key_id: key.id, images_delivered: 2 });
    await pay(500, { user_id: owner.id, model: 'new' });
    await pay(70, { user_id: artist.id, model: 'new', outcome: 'failed' });
    await pay(3, { user_id: artist.id, model: '=1+1' });
    await conclude(makeUsage(spaceId, { tier: 'byok', list_cost_micros: 40 }));
  });
  afterAll(() => identity.close());

  async function conclude(usage: UsageEntry, chargeMicros = 0, holdId?: string): Promise<void> {
    const settle = holdId ? makeSettle(holdId, 'post', chargeMicros) : undefined;
    await identity.app.get(SettlementWriter).conclude({ settle, usage });
  }

  async function pay(chargeMicros: number, more: Partial<UsageEntry>): Promise<void> {
    const [wallet] = await identity.sql<{ id: string }>(
      'SELECT id FROM accounts WHERE search_space_id = $1',
      [spaceId],
    );
    const grants = `/api/v1/billing/wallets/${wallet!.id}/grants`;
    const body = { amount_micros: 1_000, reason: 'a test' };
    await identity.expect(201, 'POST', grants, { as: operator.access, body });
    const hold = makeHold(wallet!.id, 1_000);
    expect(await identity.app.get(SettlementWriter).admit({ hold })).toBeNull();
    const usage = makeUsage(spaceId, { list_cost_micros: chargeMicros, ...more });
    await conclude(usage, chargeMicros, hold.id);
  }

  async function report(path: string, as: string): Promise<Report> {
    const url = `${USAGE}${path}${path.includes('?') ? '&' : '?'}search_space_id=${spaceId}`;
    return (await identity.expect(200, 'GET', url, { as })) as unknown as Report;
  }

  async function csv(path: string, as: string): Promise<string[]> {
    const response = await identity.app.inject({
      url: `${USAGE}/${path}`,
      headers: { authorization: `Bearer ${as}` },
    });
    expect(response.statusCode).toBe(200);
    expect(response.headers['content-type']).toContain('text/csv');
    expect(response.headers['content-disposition']).toMatch(/^attachment; filename="usage/);
    return response.body.trim().split('\n');
  }

  it('adds up what was just used, by what the caller names, to a session and to a key', async () => {
    for (const as of [owner.access, key.key]) {
      const body = await report('/report?group_by=model,kind', as);
      expect(body).toMatchObject({
        totals: {
          calls: 5,
          succeeded: 4,
          failed: 1,
          charged_micros: 1_573,
          list_cost_micros: 1_613,
        },
        is_complete: true,
        next_cursor: null,
      });
      expect(body.data.map(({ model, charged_micros }) => [model, charged_micros])).toEqual([
        ['old', 1_000],
        ['new', 570],
        ['=1+1', 3],
        ['embedded-image', 0],
      ]);
      expect(body.data[0]).not.toHaveProperty('user_id');
    }
    const byDay = await report(`/report?user_id=${owner.id}`, owner.access);
    expect(byDay.data).toMatchObject([{ day: TODAY, calls: 2, charged_micros: 1_500 }]);
    const none = await report('/report?from=2026-01-01&to=2026-01-31', owner.access);
    expect(none).toMatchObject({ data: [], totals: { calls: 0, charged_micros: 0 } });
  });

  it('is read page by page', async () => {
    const seen: unknown[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: Report = await report(
        `/report?group_by=key,model&sort=key&limit=2${cursor && `&cursor=${cursor}`}`,
        owner.access,
      );
      expect(page.totals.calls).toBe(5);
      seen.push(...page.data.map(({ model }) => model));
      cursor = page.next_cursor;
    }
    expect(seen).toEqual(['=1+1', 'embedded-image', 'new', 'old']);
  });

  it('shows a member without settings:view what they used themselves, and no more', async () => {
    const own = await report('/report?group_by=model', artist.access);
    expect(own).toMatchObject({ totals: { calls: 2, charged_micros: 73 } });
    const { data: rows } = await report('?limit=10', artist.access);
    expect(rows.map(({ user_id }) => user_id)).toEqual([artist.id, artist.id]);
    expect((await report('/members', artist.access)).data).toMatchObject([
      { user_id: artist.id, name: null, email: null, charged_micros: 73 },
    ]);
    expect(await csv(`export?search_space_id=${spaceId}`, artist.access)).toHaveLength(3);
    for (const path of ['/report', '']) {
      const url = `${USAGE}${path}?search_space_id=${spaceId}&user_id=${owner.id}`;
      const { code } = await identity.expect(403, 'GET', url, { as: artist.access });
      expect(code).toBe('rbac.permission_denied');
    }
  });

  it('tells the cost of every member, by name to who may see members', async () => {
    const { data, totals } = await report('/members', owner.access);
    expect(data).toMatchObject([
      { user_id: owner.id, email: owner.email, charged_micros: 1_500, images_delivered: 3 },
      { user_id: artist.id, email: artist.email, charged_micros: 73, calls: 2 },
      { user_id: null, name: null, charged_micros: 0, list_cost_micros: 40 },
    ]);
    expect(totals.charged_micros).toBe(1_573);
    const toKey = await report('/members', key.key);
    expect(toKey.data[0]).toMatchObject({ user_id: owner.id, email: null, name: null });
  });

  it('tells a key its totals from the same sums', async () => {
    const own = await identity.expect(200, 'GET', '/api/v1/api-keys/current/usage', {
      as: key.key,
    });
    expect(own).toMatchObject({ requests: 1, pictures: 2, cost_micros: 1_000 });
  });

  it('shows the calls behind a line of the report', async () => {
    const of = async (query: string) =>
      (await report(`?${query}`, owner.access)).data.map(({ charged_micros }) => charged_micros);
    expect(await of(`from=${TODAY}&to=${TODAY}&model=new`)).toEqual([70, 500]);
    expect(await of(`api_key_id=${key.id}`)).toEqual([1_000]);
    expect(await of('outcome=failed')).toEqual([70]);
    expect(await of('tier=byok')).toEqual([0]);
    expect(await of('to=2026-01-01')).toEqual([]);
  });

  it('is exported without formulas', async () => {
    const rows = await csv(`export?search_space_id=${spaceId}`, owner.access);
    expect(rows[0]).toMatch(/^id,created_at,search_space_id,/);
    expect(rows).toHaveLength(6);
    expect(rows[2]).toContain(`,'=1+1,`);
    const lines = await csv(`report/export?search_space_id=${spaceId}&group_by=day,model`, key.key);
    expect(lines[0]).toMatch(/^day,model,calls,/);
    expect(lines).toHaveLength(5);
    expect(lines[3]).toMatch(new RegExp(`^${TODAY},'=1\\+1,1,`));
  });

  it('adds up all spaces for operators alone', async () => {
    const url = `${USAGE}/report/all?group_by=space,tier`;
    const { data } = (await identity.expect(200, 'GET', url, {
      as: operator.access,
    })) as unknown as Report;
    expect(data).toMatchObject([
      { search_space_id: spaceId, tier: 'platform', calls: 4 },
      { search_space_id: spaceId, tier: 'byok', calls: 1 },
    ]);
    const lines = await csv('report/all/export?group_by=space', operator.access);
    expect(lines[1]).toContain(`${spaceId},5,`);
    for (const as of [owner.access, key.key]) {
      await identity.expect(403, 'GET', url, { as });
      await identity.expect(403, 'GET', `${USAGE}/report/all/export`, { as });
    }
  });

  it('answers outsiders as if there were no such space', async () => {
    for (const path of ['', '/export', '/report', '/report/export', '/members']) {
      const url = `${USAGE}${path}?search_space_id=${spaceId}`;
      for (const as of [stranger.access, operator.access])
        await identity.expect(404, 'GET', url, { as });
    }
    const narrow = await identity.key(owner, spaceId, { scopes: ['images.generate'] });
    const { code } = await identity.expect(403, 'GET', `${USAGE}/report`, { as: narrow.key });
    expect(code).toBe('auth.scope_missing');
  });

  it.each([
    ['group_by', 'group_by=space'],
    ['group_by', 'group_by=day,day'],
    ['group_by', 'group_by='],
    ['from', 'from=2026-02-30'],
    ['from', 'from=2026-03-02&to=2026-03-01'],
    ['from', 'from=2025-01-01&to=2026-01-02'],
    ['to', 'to=tomorrow'],
    ['from', 'from=0000-01-01'],
    ['sort', 'sort=name'],
    ['tier', 'tier=gold'],
    ['user_id', 'user_id=me'],
    ['cursor', 'cursor=bm8'],
    ['prompt', 'prompt=x'],
  ])('names %s when the query is wrong: %s', async (field, query) => {
    const url = `${USAGE}/report?search_space_id=${spaceId}&${query}`;
    const { errors } = await identity.expect(400, 'GET', url, { as: owner.access });
    expect((errors as { field: string }[]).map((fault) => fault.field)).toContain(field);
  });

  /** What a space was charged on a day, so many days ago. */
  async function addDay(space: string, daysAgo: number, chargedMicros: number): Promise<void> {
    const sums = Array.from({ length: 11 }, () => 0).join(', ');
    await identity.sql(
      `INSERT INTO usage_daily_models VALUES
         ($1, (now() AT TIME ZONE 'UTC')::date - $2::int, 'p', 'm', 'o', 'k', 't', ${sums}, $3, $3, 0)`,
      [space, daysAgo, chargedMicros],
    );
  }

  async function auditOf(action: string, target: string): Promise<Record<string, unknown>[]> {
    const url = `/api/v1/audit-events?action=${action}&target_id=${target}`;
    const { data } = await identity.expect(200, 'GET', url, { as: operator.access });
    return data as Record<string, unknown>[];
  }

  async function untilDelivered(): Promise<void> {
    const deadline = Date.now() + WAIT_MAX_MS;
    for (; Date.now() < deadline; await delay(POLL_MS)) {
      const [row] = await identity.sql<{ count: number }>(
        `SELECT count(*)::int AS count FROM outbox_events WHERE kind LIKE 'budget.%' OR kind LIKE 'spend.%'`,
      );
      if (row?.count === 0) return;
    }
    throw new Error('alerts were not delivered');
  }

  it('tells of a space that spends far more than before once a day, and keeps it in the trail', async () => {
    const [loud, usual, fresh, small] = [newId(), newId(), newId(), newId()];
    for (const space of [loud, usual])
      for (let days = 1; days <= 15; days += 1) await addDay(space, days, 5_000_000);
    await addDay(loud, 0, 15_000_001);
    await addDay(usual, 0, 15_000_000);
    await addDay(fresh, 0, 10_000_001);
    await addDay(small, 0, 10_000_000);
    const watch = identity.app.get(SpendWatch);
    const told = await Promise.all([watch.look(), watch.look(), watch.look()]);
    expect(told.reduce((sum, count) => sum + count)).toBe(2);
    await untilDelivered();
    expect(await auditOf('spend.anomalous', loud)).toMatchObject([
      {
        actor_kind: 'system',
        search_space_id: loud,
        after: {
          search_space_id: loud,
          day: TODAY,
          charged_micros: 15_000_001,
          mean_micros: 5_000_000,
        },
      },
    ]);
    expect(await auditOf('spend.anomalous', fresh)).toMatchObject([{ after: { mean_micros: 0 } }]);
    for (const space of [usual, small]) expect(await auditOf('spend.anomalous', space)).toEqual([]);
    expect(await watch.look()).toBe(0);
  });

  it('keeps an alert of a budget once, however often it is delivered', async () => {
    for (const action of ['budget.threshold_reached', 'budget.exhausted']) {
      const [id, budget] = [newId(), newId()];
      const event = { id, kind: action, search_space_id: spaceId, payload: { budget_id: budget } };
      for (let deliveries = 0; deliveries < 2; deliveries += 1) {
        await identity.sql('SELECT outbox_append($1::jsonb, ARRAY[NULL]::jsonb[])', [
          JSON.stringify([{ events: [event] }]),
        ]);
        identity.app.get(OutboxSignal).nudge();
        await untilDelivered();
      }
      expect(await auditOf(action, budget)).toMatchObject([
        { id, target_type: 'budget', after: { budget_id: budget } },
      ]);
    }
  });
});
