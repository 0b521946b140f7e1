/** Proves what budgets do in the step that holds money: deny together, count exactly, renew, carry, tell once. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Wallet } from '../../src/billing/domain/wallet.js';
import { newId } from '../../src/common/ids.js';
import type { HoldRequest } from '../../src/billing/domain/settlement.js';
import { SettlementWriter } from '../../src/billing/settlement-writer.js';
import {
  type BudgetSeed,
  insertBudget,
  listBudgetEvents,
  readBudget,
  shiftPeriod,
} from '../factories/budget.factory.js';
import { makeHold, makeSettle, TestLedger } from '../factories/ledger.factory.js';
import { databaseKinds } from '../setup/services.js';

const RICH = 1_000_000_000;

describe.each(databaseKinds())('budgets on %s', (kind) => {
  let ledger: TestLedger;
  let wallet: Wallet;

  beforeAll(async () => {
    ledger = await TestLedger.open(kind);
    wallet = await ledger.makeWallet(RICH);
    await ledger.dataSource.query(
      `INSERT INTO search_spaces (id, name, created_at) VALUES ($1, 'budgets', now())`,
      [wallet.searchSpaceId],
    );
  });

  afterAll(() => ledger.close());

  const insert = (seed: BudgetSeed) => insertBudget(ledger.dataSource, seed);
  const read = (id: string) => readBudget(ledger.dataSource, id);
  const counts = async (id: string): Promise<[held: number, spent: number]> => {
    const { held_micros: held, spent_micros: spent } = await read(id);
    return [held, spent];
  };
  const ofUser = (limitMicros: number, more: Partial<BudgetSeed> = {}) => {
    const userId = newId();
    const id = insert({ scope: 'user', subjectId: userId, limitMicros, ...more });
    return id.then((budgetId) => ({ userId, budgetId }));
  };
  const holdFor = (userId: string, amount: number, more: Partial<HoldRequest> = {}) =>
    makeHold(wallet.id, amount, { user_id: userId, ...more });

  it('admits up to the limit and refuses what is beyond, and nothing of it stays', async () => {
    const { userId, budgetId } = await ofUser(1_000);
    const before = await ledger.balances(wallet.id);
    expect(await ledger.hold(holdFor(userId, 700))).toBeNull();
    expect(await ledger.hold(holdFor(userId, 301))).toMatchObject({
      code: 'billing.budget_exceeded',
      budget_id: budgetId,
      scope: 'user',
      period: 'total',
      limit_micros: 1_000,
      remaining_micros: 300,
      required_micros: 301,
      reason: 'limit',
    });
    expect(await counts(budgetId)).toEqual([700, 0]);
    const [available, held] = await ledger.balances(wallet.id);
    expect([available, held]).toEqual([before[0] - 700, before[1] + 700]);
    expect(await ledger.hold(holdFor(userId, 300))).toBeNull();
  });

  it('counts a call once for a caller whose own id stands for a key', async () => {
    const { userId, budgetId } = await ofUser(100);
    const hold = holdFor(userId, 40, { api_key_id: userId });
    await ledger.hold(hold);
    expect(await counts(budgetId)).toEqual([40, 0]);
    await ledger.settle(makeSettle(hold.id, 'post', 40));
    expect(await counts(budgetId)).toEqual([0, 40]);
  });

  it('counts what was posted, frees what was voided or not used', async () => {
    const { userId, budgetId } = await ofUser(1_000);
    const [posted, voided] = [holdFor(userId, 400), holdFor(userId, 500)];
    await ledger.hold(posted);
    await ledger.hold(voided);
    await ledger.settle(makeSettle(posted.id, 'post', 150));
    await ledger.settle(makeSettle(voided.id, 'void'));
    expect(await counts(budgetId)).toEqual([0, 150]);
    await ledger.settle(makeSettle(posted.id, 'post', 400));
    expect(await counts(budgetId)).toEqual([0, 150]);
    expect(await ledger.hold(holdFor(userId, 850))).toBeNull();
  });

  it('frees an expired hold, and still counts the work that ends later', async () => {
    const { userId, budgetId } = await ofUser(1_000);
    const hold = holdFor(userId, 600, {
      expires_at: '2020-01-01T00:00:00Z',
      expires_in_s: undefined,
    });
    await ledger.hold(hold);
    await ledger.settle(makeSettle(hold.id, 'expire'));
    expect(await counts(budgetId)).toEqual([0, 0]);
    await ledger.settle(makeSettle(hold.id, 'post', 600));
    expect(await counts(budgetId)).toEqual([0, 600]);
  });

  it('holds under all budgets that apply, or under none', async () => {
    const [userId, keyId] = [newId(), newId()];
    const searchSpaceId = wallet.searchSpaceId;
    const ids = await Promise.all([
      insert({ scope: 'user', subjectId: userId, limitMicros: 900 }),
      insert({ scope: 'member', subjectId: userId, searchSpaceId, limitMicros: 800 }),
      insert({ scope: 'key', subjectId: keyId, searchSpaceId, limitMicros: 500 }),
    ]);
    expect(await ledger.hold(holdFor(userId, 501, { api_key_id: keyId }))).toMatchObject({
      code: 'billing.budget_exceeded',
      budget_id: ids[2],
    });
    expect(await Promise.all(ids.map(counts))).toEqual([
      [0, 0],
      [0, 0],
      [0, 0],
    ]);
    expect(await ledger.hold(holdFor(userId, 500, { api_key_id: keyId }))).toBeNull();
    expect(await ledger.hold(holdFor(userId, 300))).toBeNull();
    expect(await Promise.all(ids.map(counts))).toEqual([
      [800, 0],
      [800, 0],
      [500, 0],
    ]);
  });

  it("leaves a member's cap of one space out of another", async () => {
    const userId = newId();
    const other = await ledger.makeWallet(1_000);
    const searchSpaceId = wallet.searchSpaceId;
    const id = await insert({ scope: 'member', subjectId: userId, searchSpaceId, limitMicros: 1 });
    expect(await ledger.hold(makeHold(other.id, 400, { user_id: userId }))).toBeNull();
    expect(await counts(id)).toEqual([0, 0]);
  });

  it('never denies by a soft budget, and warns', async () => {
    const { userId, budgetId } = await ofUser(1_000, { mode: 'soft', thresholds: [50] });
    const admit = (amount: number) =>
      ledger.writer.admitWithWarnings({ hold: holdFor(userId, amount) });
    expect(await admit(400)).toEqual({ refusal: null, warnings: [] });
    expect((await admit(1_100)).warnings).toEqual([
      expect.objectContaining({ budget_id: budgetId, used_percent: 150, remaining_micros: 0 }),
    ]);
    expect(await counts(budgetId)).toEqual([1_500, 0]);
  });

  it('tells each threshold and the end once', async () => {
    const { userId, budgetId } = await ofUser(100, { thresholds: [50, 80, 100] });
    for (let index = 0; index < 10; index += 1) {
      const hold = holdFor(userId, 10);
      expect(await ledger.hold(hold)).toBeNull();
      await ledger.settle(makeSettle(hold.id, 'post'));
    }
    for (let index = 0; index < 3; index += 1) await ledger.hold(holdFor(userId, 10));
    expect(await listBudgetEvents(ledger.dataSource, budgetId)).toEqual([
      'budget.exhausted spent',
      'budget.threshold_reached 100',
      'budget.threshold_reached 50',
      'budget.threshold_reached 80',
    ]);
  });

  it('tells once that it denies before all is spent', async () => {
    const { userId, budgetId } = await ofUser(100);
    for (let index = 0; index < 3; index += 1) await ledger.hold(holdFor(userId, 101));
    expect(await listBudgetEvents(ledger.dataSource, budgetId)).toEqual([
      'budget.exhausted denied',
    ]);
  });

  it('renews to the period of now, however many lie between, and keeps what ended', async () => {
    const { userId, budgetId } = await ofUser(1_000, { period: 'day' });
    const { period_start: today } = await read(budgetId);
    const hold = holdFor(userId, 900);
    await ledger.hold(hold);
    await ledger.settle(makeSettle(hold.id, 'post'));
    await shiftPeriod(ledger.dataSource, budgetId, '5 days');
    expect(await ledger.hold(holdFor(userId, 900))).toBeNull();
    expect(await read(budgetId)).toMatchObject({
      held_micros: 900,
      spent_micros: 0,
      period_start: today,
      notified: [],
    });
    const closed = await ledger.dataSource.query(
      'SELECT spent_micros FROM budget_periods WHERE budget_id = $1',
      [budgetId],
    );
    expect(closed).toEqual([{ spent_micros: '900' }]);
  });

  it('counts late work in the period that admitted it', async () => {
    const { userId, budgetId } = await ofUser(1_000, { period: 'day' });
    const hold = holdFor(userId, 900);
    await ledger.hold(hold);
    await shiftPeriod(ledger.dataSource, budgetId, '1 day');
    await ledger.dataSource.query(
      `UPDATE holds SET budget_periods = ARRAY[budget_periods[1] - interval '1 day'] WHERE id = $1`,
      [hold.id],
    );
    await ledger.hold(holdFor(userId, 300));
    await ledger.settle(makeSettle(hold.id, 'post', 800));
    expect(await counts(budgetId)).toEqual([300, 0]);
    const closed = await ledger.dataSource.query(
      'SELECT spent_micros, held_micros FROM budget_periods WHERE budget_id = $1',
      [budgetId],
    );
    expect(closed).toEqual([{ spent_micros: '800', held_micros: '0' }]);
  });

  it('carries what was left, capped and once, and more when late work costs less', async () => {
    const { userId, budgetId } = await ofUser(1_000, { period: 'day', rolloverPercent: 30 });
    const hold = holdFor(userId, 900);
    await ledger.hold(hold);
    const yesterday = async (): Promise<void> => {
      await shiftPeriod(ledger.dataSource, budgetId, '1 day');
      await ledger.dataSource.query(
        `UPDATE holds SET budget_periods = ARRAY[budget_periods[1] - interval '1 day']
          WHERE budget_ids = ARRAY[$1::uuid]`,
        [budgetId],
      );
      await ledger.dataSource.query(
        `UPDATE budget_periods SET period_start = period_start - interval '1 day',
           period_end = period_end - interval '1 day' WHERE budget_id = $1`,
        [budgetId],
      );
    };
    await yesterday();
    await ledger.hold(holdFor(userId, 1_100));
    expect((await read(budgetId)).carried_micros).toBe(100);
    await ledger.settle(makeSettle(hold.id, 'void'));
    expect((await read(budgetId)).carried_micros).toBe(300);
    expect(await ledger.hold(holdFor(userId, 201))).toMatchObject({ remaining_micros: 200 });
    await yesterday();
    await ledger.hold(holdFor(userId, 1));
    // 1,100 of 1,300 were used: 300 carried first, 800 of the limit; 200 are left.
    expect((await read(budgetId)).carried_micros).toBe(200);
    await shiftPeriod(ledger.dataSource, budgetId, '40 days');
    await ledger.hold(holdFor(userId, 1));
    expect((await read(budgetId)).carried_micros).toBe(300);
  });

  it('denies after its end, for ever', async () => {
    const { userId } = await ofUser(1_000, { period: 'day', endsAt: new Date(Date.now() - 1_000) });
    expect(await ledger.hold(holdFor(userId, 1))).toMatchObject({
      code: 'billing.budget_exceeded',
      reason: 'ended',
      resets_at: null,
    });
  });

  it('opens a spend window at the first hold after the last one', async () => {
    const { userId, budgetId } = await ofUser(100, { period: '5h' });
    const startedAt = Date.now();
    await ledger.hold(holdFor(userId, 100));
    const { period_start: start, period_end: end } = await read(budgetId);
    expect(Number(end) - Number(start)).toBe(5 * 3_600_000);
    expect(Math.abs(Number(start) - startedAt)).toBeLessThan(60_000);
    expect(await ledger.hold(holdFor(userId, 1))).toMatchObject({
      period: '5h',
      resets_at: expect.any(String),
    });
    await shiftPeriod(ledger.dataSource, budgetId, '6 hours');
    expect(await ledger.hold(holdFor(userId, 1))).toBeNull();
    expect(await counts(budgetId)).toEqual([1, 0]);
  });

  it('counts a subscription on its own windows and leaves wallet and caps alone', async () => {
    const { userId, budgetId } = await ofUser(10);
    const searchSpaceId = wallet.searchSpaceId;
    const windowId = await insert({
      scope: 'subscription',
      subjectId: searchSpaceId,
      searchSpaceId,
      limitMicros: 500,
      period: 'month',
    });
    const before = await ledger.balances(wallet.id);
    const hold = holdFor(userId, 400, { funding: 'subscription' });
    expect(await ledger.hold(hold)).toBeNull();
    expect(await ledger.hold(holdFor(userId, 101, { funding: 'subscription' }))).toMatchObject({
      code: 'billing.budget_exceeded',
      scope: 'subscription',
    });
    expect(await ledger.settle(makeSettle(hold.id, 'post', 350))).toMatchObject({
      posted_micros: 0,
      shortfall_micros: 0,
    });
    expect(await counts(windowId)).toEqual([0, 350]);
    expect(await counts(budgetId)).toEqual([0, 0]);
    expect(await ledger.balances(wallet.id)).toEqual(before);
  });

  it('refuses a call on a subscription that has just ended', async () => {
    const other = await ledger.makeWallet(1_000);
    expect(await ledger.hold(makeHold(other.id, 10, { funding: 'subscription' }))).toEqual({
      code: 'billing.subscription_missing',
    });
    expect(await ledger.hold(makeHold(other.id, 0, { funding: 'subscription' }))).toBeNull();
  });

  it('moves nothing without funding, whatever the amount', async () => {
    const { userId, budgetId } = await ofUser(10);
    const before = await ledger.balances(wallet.id);
    const hold = holdFor(userId, 5_000, { funding: 'none' });
    expect(await ledger.hold(hold)).toBeNull();
    expect(await ledger.settle(makeSettle(hold.id, 'post', 5_000))).toMatchObject({
      posted_micros: 0,
    });
    expect(await counts(budgetId)).toEqual([0, 0]);
    expect(await ledger.balances(wallet.id)).toEqual(before);
  });

  it('lets a post that exceeds its hold overdraw as far as is set, and admits nothing after', async () => {
    const poor = await ledger.makeWallet(100);
    await ledger.dataSource.query('UPDATE accounts SET overdraft_micros = 50 WHERE id = $1', [
      poor.id,
    ]);
    const hold = makeHold(poor.id, 100);
    await ledger.hold(hold);
    expect(await ledger.settle(makeSettle(hold.id, 'post', 180))).toMatchObject({
      posted_micros: 150,
      shortfall_micros: 30,
    });
    expect(await ledger.balances(poor.id)).toEqual([-50, 0, 150]);
    expect(await ledger.hold(makeHold(poor.id, 1))).toMatchObject({
      code: 'billing.insufficient_balance',
    });
    expect(await ledger.hold(makeHold(poor.id, 0))).toBeNull();
  });

  it('admits exactly what fits when many writers ask at once', async () => {
    const { userId, budgetId } = await ofUser(5_000, { period: 'month' });
    const writers = Array.from(
      { length: 4 },
      () => new SettlementWriter(ledger.store, ledger.riders),
    );
    const holds = Array.from({ length: 400 }, () => holdFor(userId, 100));
    const refusals = await Promise.all(
      holds.map((hold, index) => writers[index % 4]!.admit({ hold })),
    );
    const admitted = holds.filter((_, index) => refusals[index] === null);
    expect(admitted).toHaveLength(50);
    await Promise.all(
      admitted.map((hold, index) =>
        writers[index % 4]!.conclude({ settle: makeSettle(hold.id, 'post') }),
      ),
    );
    expect(await counts(budgetId)).toEqual([0, 5_000]);
    expect(await listBudgetEvents(ledger.dataSource, budgetId)).toEqual([
      'budget.exhausted denied',
      'budget.threshold_reached 100',
      'budget.threshold_reached 80',
    ]);
  });

  it('gives up counting under a budget that is gone, and still posts', async () => {
    const { userId, budgetId } = await ofUser(100);
    const hold = holdFor(userId, 100);
    await ledger.hold(hold);
    await ledger.dataSource.query('DELETE FROM budgets WHERE id = $1', [budgetId]);
    expect(await ledger.settle(makeSettle(hold.id, 'post'))).toMatchObject({ posted_micros: 100 });
  });

  it.each([
    [
      'month',
      'Europe/Berlin',
      '2026-03-31T22:30:00Z',
      '2026-03-31T22:00:00Z',
      '2026-04-30T22:00:00Z',
    ],
    ['month', 'UTC', '2028-02-29T12:00:00Z', '2028-02-01T00:00:00Z', '2028-03-01T00:00:00Z'],
    [
      'day',
      'Europe/Berlin',
      '2026-10-25T12:00:00Z',
      '2026-10-24T22:00:00Z',
      '2026-10-25T23:00:00Z',
    ],
    [
      'day',
      'America/Sao_Paulo',
      '2026-01-01T02:59:59Z',
      '2025-12-31T03:00:00Z',
      '2026-01-01T03:00:00Z',
    ],
    ['week', 'UTC', '2026-11-22T23:59:59Z', '2026-11-16T00:00:00Z', '2026-11-23T00:00:00Z'],
    ['5h', 'UTC', '2026-11-22T23:00:00Z', '2026-11-22T23:00:00Z', '2026-11-23T04:00:00Z'],
  ])('knows the %s of %s around %s', async (period, zone, at, starts, ends) => {
    const [row] = await ledger.dataSource.query<{ starts: Date; ends: Date }[]>(
      'SELECT starts, ends FROM billing_period($1, $2, $3)',
      [period, zone, at],
    );
    expect([row?.starts, row?.ends]).toEqual([new Date(starts), new Date(ends)]);
  });
});
