/**
 * Proves what callers see of the budgets they are held to, the quota and spend windows of keys, and that each alert is
 * told once a period however many calls cross its line together.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BillingModule } from '../../src/billing/billing.module.js';
import { SettlementWriter } from '../../src/billing/settlement-writer.js';
import { newId } from '../../src/common/ids.js';
import { TestIdentity, type TestUser, type Tokens } from '../factories/identity.factory.js';
import { makeHold, makeSettle } from '../factories/ledger.factory.js';
import { databaseKinds } from '../setup/services.js';

const BUDGETS = '/api/v1/billing/budgets';
const CREDIT = 100_000_000;
const CALLS = 200;
/** Calls once nothing is left. */
const BEYOND = 20;
const WAIT_MS = 30_000;

type Body = Readonly<Record<string, unknown>>;
type Item = Record<string, unknown>;

describe.each(databaseKinds())('budgets of callers and keys on %s', (kind) => {
  let identity: TestIdentity;
  let operator: Tokens;
  let owner: TestUser;
  let viewer: TestUser;
  let stranger: TestUser;
  let spaceId: string;
  let walletId: string;

  beforeAll(async () => {
    identity = await TestIdentity.open(kind, {}, undefined, [BillingModule]);
    operator = await identity.operator();
    owner = await identity.user(operator);
    viewer = await identity.user(operator);
    stranger = await identity.user(operator);
    spaceId = await identity.space(owner);
    await identity.join(owner, spaceId, viewer.email, 'Viewer');
    const wallets = `/api/v1/billing/wallets?search_space_id=${spaceId}`;
    const { data } = await identity.expect(200, 'GET', wallets, { as: owner.access });
    walletId = (data as { id: string }[])[0]!.id;
    const grant = { amount_micros: CREDIT, reason: 'Tests' };
    const grants = `/api/v1/billing/wallets/${walletId}/grants`;
    await identity.expect(201, 'POST', grants, { as: operator.access, body: grant });
  });

  afterAll(() => identity.close());

  const make = async (as: Tokens, more: object) => {
    const body = { name: `Budget ${newId()}`, period: 'month', limit_micros: 1_000, ...more };
    const { id } = await identity.expect(201, 'POST', BUDGETS, { as: as.access, body });
    return String(id);
  };
  const remove = (as: Tokens, id: string) =>
    identity.expect(204, 'DELETE', `${BUDGETS}/${id}`, { as: as.access });
  const spend = async (amount: number, more: object = {}) => {
    const hold = makeHold(walletId, amount, more);
    const writer = identity.app.get(SettlementWriter);
    const refusal = await writer.admit({ hold });
    if (!refusal) await writer.conclude({ settle: makeSettle(hold.id, 'post') });
    return refusal;
  };
  const statusOf = async (as: string, space = `?search_space_id=${spaceId}`) => {
    const answer = await identity.expect(200, 'GET', `${BUDGETS}/status${space}`, { as });
    expect(answer.object).toBe('budget_status');
    return answer.data as Body & { budgets: Item[] };
  };
  const list = async (as: string, query: string) => {
    const { data } = await identity.expect(200, 'GET', `${BUDGETS}?${query}`, { as });
    return (data as Item[]).map(({ id }) => id);
  };

  describe('the status', () => {
    it('shows a session and a key all that they are held to, with real figures', async () => {
      const { id: keyId, key } = await identity.key(owner, spaceId);
      const ids = {
        global: await make(operator, { scope: 'global', limit_micros: 5_000 }),
        space: await make(owner, { scope: 'space', search_space_id: spaceId }),
        user: await make(operator, { scope: 'user', user_id: owner.id, mode: 'soft' }),
        key: await make(owner, { scope: 'key', api_key_id: keyId, period: '5h' }),
      };
      const notTheirs = [
        await make(owner, { scope: 'member', search_space_id: spaceId, user_id: viewer.id }),
        await make(operator, { scope: 'user', user_id: stranger.id }),
      ];
      await spend(300, { user_id: owner.id, api_key_id: keyId });
      await spend(550, { user_id: owner.id });
      const mine = await statusOf(owner.access);
      expect(mine.budgets.map(({ id }) => id)).toEqual([ids.global, ids.space, ids.user]);
      expect(mine).toMatchObject({
        total_budgets: 3,
        active_budgets: 3,
        exceeded_budgets: 0,
        warning_budgets: 2,
        total_limit_micros: 7_000,
        total_usage_micros: 2_550,
        total_remaining_micros: 4_450,
        overall_usage_percent: 36,
      });
      expect(mine.budgets[1]).toMatchObject({
        spent_micros: 850,
        held_micros: 0,
        remaining_micros: 150,
        used_percent: 85,
        is_warning: true,
        is_exhausted: false,
        is_ended: false,
      });
      const keys = await statusOf(key, '');
      expect(keys.budgets.map(({ id }) => id)).toEqual([ids.global, ids.space, ids.user, ids.key]);
      expect(keys.budgets[3]).toMatchObject({ spent_micros: 300, period: '5h', days_remaining: 1 });
      for (const { id } of keys.budgets) {
        const { daily_burn_rate_micros: burn, projected_spend_micros: projected } =
          keys.budgets.find((one) => one.id === id)!;
        expect(Number(burn)).toBeGreaterThan(0);
        expect(Number(projected)).toBeGreaterThanOrEqual(300);
      }
      for (const id of [...Object.values(ids), ...notTheirs]) await remove(operator, id);
    });

    it('is for members, and for keys with the scope; to others there is no such space', async () => {
      await statusOf(viewer.access);
      const url = `${BUDGETS}/status?search_space_id=${spaceId}`;
      await identity.expect(404, 'GET', url, { as: stranger.access });
      await identity.expect(400, 'GET', `${BUDGETS}/status`, { as: owner.access });
      const { key } = await identity.key(owner, spaceId, { scopes: ['images.read'] });
      expect((await identity.expect(403, 'GET', url, { as: key })).code).toBe('auth.scope_missing');
    });
  });

  it('lists a space’s budgets to who may see its settings, and all of them to operators', async () => {
    const mine = await make(owner, { scope: 'space', search_space_id: spaceId });
    const theirs = await make(operator, { scope: 'user', user_id: viewer.id });
    const { key } = await identity.key(owner, spaceId);
    for (const as of [owner.access, viewer.access]) {
      expect(await list(as, `search_space_id=${spaceId}`)).toEqual([mine]);
      expect(await list(as, `search_space_id=${spaceId}&scope=user`)).toEqual([]);
    }
    expect(await list(key, '')).toEqual([mine]);
    expect(await list(operator.access, 'limit=100')).toEqual([theirs, mine]);
    expect(await list(operator.access, `subject_id=${viewer.id}`)).toEqual([theirs]);
    await identity.expect(400, 'GET', BUDGETS, { as: owner.access });
    const other = `${BUDGETS}?search_space_id=${spaceId}`;
    await identity.expect(404, 'GET', other, { as: stranger.access });
    // One's own is seen by its user, although only operators list it.
    await identity.expect(200, 'GET', `${BUDGETS}/${theirs}`, { as: viewer.access });
    await identity.expect(200, 'GET', `${BUDGETS}/${theirs}/periods`, { as: viewer.access });
    await identity.expect(404, 'GET', `${BUDGETS}/${theirs}`, { as: owner.access });
    await identity.expect(404, 'GET', `${BUDGETS}/${mine}`, { as: stranger.access });
    for (const id of [mine, theirs]) await remove(operator, id);
  });

  describe('quota and spend windows of a key', () => {
    const set = (as: string, id: string, body: object, status = 200) =>
      identity.expect(status, 'PUT', `${BUDGETS}/keys/${id}`, { as, body });
    const usageOf = (as: string) =>
      identity.expect(200, 'GET', '/api/v1/api-keys/current/usage', { as });

    it('are set together, refuse what is beyond, and are seen with what is left', async () => {
      const { id, key } = await identity.key(owner, spaceId);
      expect(await usageOf(key)).toMatchObject({ quota: null, spend_windows: [] });
      const limits = { quota_micros: 1_000, spend_5h_micros: 500, spend_7d_micros: 900 };
      expect(await set(owner.access, id, limits)).toMatchObject({
        quota: { limit_micros: 1_000, used_micros: 0, remaining_micros: 1_000, resets_at: null },
        spend_windows: [
          { period: '5h', limit_micros: 500, resets_at: null },
          { period: '7d', limit_micros: 900, resets_at: null },
        ],
      });
      const before = Date.now();
      expect(await spend(400, { api_key_id: id })).toBeNull();
      expect(await spend(200, { api_key_id: id })).toMatchObject({ scope: 'key', period: '5h' });
      const seen = await usageOf(key);
      expect(seen).toMatchObject({
        quota: { used_micros: 400, remaining_micros: 600 },
        spend_windows: [{ used_micros: 400, remaining_micros: 100 }, { used_micros: 400 }],
      });
      const [short] = seen.spend_windows as { resets_at: string }[];
      const resetsInMs = new Date(short!.resets_at).getTime() - before;
      expect(resetsInMs / 3_600_000).toBeCloseTo(5, 1);
      // Null takes one away, what is left out stays, and what was spent stays with it.
      const fewer = { spend_5h_micros: null, quota_micros: 500 };
      expect(await set(owner.access, id, fewer)).toMatchObject({
        quota: { limit_micros: 500, used_micros: 400 },
        spend_windows: [{ period: '7d', used_micros: 400 }],
      });
      expect(await spend(200, { api_key_id: id })).toMatchObject({ period: 'total' });
      expect(await set(owner.access, id, {})).toMatchObject({ quota: { limit_micros: 500 } });
      const session = await identity.expect(200, 'GET', `/api/v1/api-keys/${id}/usage`, {
        as: owner.access,
      });
      expect(session.quota).toEqual((await usageOf(key)).quota);
      const rows = await identity.sql<{ action: string }>(
        `SELECT action FROM audit_events WHERE target_type = 'budget' AND search_space_id = $1
            AND after ->> 'subject_id' = $2 ORDER BY id`,
        [spaceId, id],
      );
      expect(rows.map(({ action }) => action)).toEqual(Array(3).fill('budget.created'));
    });

    it('an operator’s bind beside them, and are not for others to lift', async () => {
      const { id } = await identity.key(owner, spaceId);
      await set(operator.access, id, { quota_micros: 300 });
      expect(await set(owner.access, id, { quota_micros: 1_000 })).toMatchObject({
        quota: { limit_micros: 300 },
      });
      expect(await set(owner.access, id, { quota_micros: null })).toMatchObject({
        quota: { limit_micros: 300 },
      });
      expect(await set(owner.access, id, { quota_micros: 100 })).toMatchObject({
        quota: { limit_micros: 100 },
      });
      expect(await set(operator.access, id, { quota_micros: 200 })).toMatchObject({
        quota: { limit_micros: 200 },
      });
      const budgets = await list(operator.access, `subject_id=${id}`);
      expect(budgets).toHaveLength(1);
    });

    it('are for who manages the space alone', async () => {
      const { id, key } = await identity.key(owner, spaceId);
      const { id: viewers } = await identity.key(viewer, spaceId, { scopes: ['images.read'] });
      await set(stranger.access, id, { quota_micros: 1 }, 404);
      await set(viewer.access, id, { quota_micros: 1 }, 404);
      await set(viewer.access, viewers, { quota_micros: null }, 403);
      await set(key, id, { quota_micros: null }, 403);
      await set(owner.access, newId(), { quota_micros: 1 }, 404);
      await set(owner.access, 'nonsense', { quota_micros: 1 }, 404);
      await set(owner.access, id, { quota_micros: -1 }, 400);
      await set(owner.access, id, { quota: 1 }, 400);
    });
  });

  it.each(['month', 'total', '5h'])(
    'loses no call of a %s budget that is reset while it is spent from',
    async (period) => {
      const subject = { search_space_id: spaceId, user_id: viewer.id };
      const limit = { limit_micros: CREDIT, period };
      const id = await make(owner, { scope: 'member', ...subject, ...limit });
      const reset = () =>
        identity.expect(200, 'POST', `${BUDGETS}/${id}/reset`, { as: owner.access });
      const work = Array.from({ length: CALLS }, async (_, index) => {
        if (index % 20 === 0) await reset();
        return spend(7, { user_id: viewer.id });
      });
      expect((await Promise.all(work)).filter((refusal) => refusal !== null)).toEqual([]);
      const [sums] = await identity.sql<{ spent: number; held: number }>(
        `SELECT sum(spent_micros)::int AS spent, sum(held_micros)::int AS held FROM (
           SELECT spent_micros, held_micros FROM budgets WHERE id = $1 UNION ALL
           SELECT spent_micros, held_micros FROM budget_periods WHERE budget_id = $1) AS p`,
        [id],
      );
      expect(sums).toEqual({ spent: 7 * CALLS, held: 0 });
      await remove(owner, id);
    },
  );

  describe('an alert', () => {
    const ofBudget = (budgetId: string) =>
      identity.sql<{ action: string; percent: string | null }>(
        `SELECT action, after ->> 'percent' AS percent FROM audit_events
          WHERE target_id = $1 AND action IN ('budget.threshold_reached', 'budget.exhausted')
          ORDER BY action, after ->> 'percent'`,
        [budgetId],
      );
    const countUndelivered = async (budgetId: string): Promise<number> => {
      const [row] = await identity.sql<{ count: number }>(
        `SELECT count(*)::int AS count FROM outbox_events WHERE payload ->> 'budget_id' = $1`,
        [budgetId],
      );
      return row?.count ?? 0;
    };
    /** How many of so many calls at once were refused. */
    const crowd = async (calls: number): Promise<number> => {
      const call = () => spend(10, { user_id: viewer.id });
      const answers = await Promise.all(Array.from({ length: calls }, call));
      return answers.filter((refusal) => refusal !== null).length;
    };

    it.each(['hard', 'soft'])(
      'is told once a period by a %s budget, and again in the next',
      async (mode) => {
        const id = await make(operator, {
          scope: 'user',
          user_id: viewer.id,
          mode,
          period: 'day',
          limit_micros: CALLS * 10,
          thresholds: [50, 80],
        });
        for (const round of [1, 2]) {
          expect(await crowd(CALLS)).toBe(0);
          expect(await crowd(BEYOND)).toBe(mode === 'hard' ? BEYOND : 0);
          await expect.poll(() => countUndelivered(id), { timeout: WAIT_MS }).toBe(0);
          const rows = await ofBudget(id);
          expect(rows.map(({ action, percent }) => `${action} ${percent}`)).toEqual([
            ...Array<string>(round).fill('budget.exhausted null'),
            ...Array<string>(round).fill('budget.threshold_reached 50'),
            ...Array<string>(round).fill('budget.threshold_reached 80'),
          ]);
          if (round === 2) break;
          await identity.sql(
            `UPDATE budgets SET period_start = period_start - interval '1 day',
               period_end = period_end - interval '1 day' WHERE id = $1`,
            [id],
          );
        }
        await remove(operator, id);
      },
    );
  });
});
