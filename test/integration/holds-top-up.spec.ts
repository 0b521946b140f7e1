/** Proves that an open hold grows by money that is there, under its budgets, once, and gives back or posts all of it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HoldRequest, TopUpRequest } from '../../src/billing/domain/settlement.js';
import { SettlementWriter } from '../../src/billing/settlement-writer.js';
import { newId } from '../../src/common/ids.js';
import {
  type BudgetSeed,
  insertBudget,
  listBudgetEvents,
  readBudget,
  shiftPeriod,
} from '../factories/budget.factory.js';
import { makeHold, makeSettle, TestLedger } from '../factories/ledger.factory.js';
import { databaseKinds } from '../setup/services.js';

describe.each(databaseKinds())('top-ups of holds on %s', (kind) => {
  let ledger: TestLedger;

  beforeAll(async () => {
    ledger = await TestLedger.open(kind);
  });

  afterAll(async () => {
    expect(await ledger.upkeep.listDifferences(10)).toEqual([]);
    await ledger.close();
  });

  const toTopUp = (holdId: string, amount: number, more: Partial<TopUpRequest> = {}) =>
    ({ hold_id: holdId, transaction_id: newId(), amount_micros: amount, ...more }) as const;
  const submit = (topUp: TopUpRequest, writer = ledger.writer) =>
    writer.admitWithWarnings({ top_up: topUp });
  const topUp = async (holdId: string, amount: number) =>
    (await submit(toTopUp(holdId, amount))).refusal;
  const counts = async (id: string): Promise<[held: number, spent: number]> => {
    const { held_micros: held, spent_micros: spent } = await readBudget(ledger.dataSource, id);
    return [held, spent];
  };

  async function hold(balance: number, amount: number, more: Partial<HoldRequest> = {}) {
    const wallet = await ledger.makeWallet(balance);
    await ledger.dataSource.query(
      `INSERT INTO search_spaces (id, name, created_at) VALUES ($1, 'top-ups', now())`,
      [wallet.searchSpaceId],
    );
    const made = makeHold(wallet.id, amount, more);
    return { wallet, made, holdId: made.id };
  }

  async function open(balance: number, amount: number, more: Partial<HoldRequest> = {}) {
    const opened = await hold(balance, amount, more);
    expect(await ledger.hold(opened.made)).toBeNull();
    return opened;
  }

  async function openUnder(seed: Omit<BudgetSeed, 'scope'>, amount: number) {
    const userId = newId();
    const budgetId = await insertBudget(ledger.dataSource, {
      scope: 'user',
      subjectId: userId,
      ...seed,
    });
    return { ...(await open(10_000, amount, { user_id: userId })), userId, budgetId };
  }

  it('moves money and writes it into the books', async () => {
    const { wallet, holdId, made } = await open(1_000, 300);
    const request = toTopUp(holdId, 200, { actor: 'user:grows' });
    expect(await submit(request)).toEqual({ refusal: null, warnings: [] });
    expect(await ledger.balances(wallet.id)).toEqual([500, 500, 0]);
    const rows = await ledger.dataSource.query<Record<string, unknown>[]>(
      `SELECT t.kind, t.hold_id, t.reference, t.actor, e.bucket, e.amount_micros::int AS amount
         FROM ledger_transactions t JOIN ledger_entries e ON e.transaction_id = t.id
        WHERE t.id = $1 ORDER BY e.bucket`,
      [request.transaction_id],
    );
    const noted = {
      kind: 'hold',
      hold_id: holdId,
      reference: made.reference,
      actor: 'user:grows',
    };
    expect(rows).toEqual([
      { ...noted, bucket: 'available', amount: -200 },
      { ...noted, bucket: 'held', amount: 200 },
    ]);
  });

  it.each([
    ['post', 450, [550, 0, 450], [0, 450]],
    ['post', undefined, [500, 0, 500], [0, 500]],
    ['post', 700, [300, 0, 700], [0, 700]],
    ['void', undefined, [1_000, 0, 0], [0, 0]],
  ] as const)('%s of %s ends all of it', async (action, amount, balances, counted) => {
    const userId = newId();
    const seed = { scope: 'user', subjectId: userId, limitMicros: 1_000 } as const;
    const budgetId = await insertBudget(ledger.dataSource, seed);
    const { wallet, holdId } = await open(1_000, 300, { user_id: userId });
    expect(await topUp(holdId, 200)).toBeNull();
    expect(await counts(budgetId)).toEqual([500, 0]);
    await ledger.settle(makeSettle(holdId, action, amount));
    expect(await ledger.balances(wallet.id)).toEqual(balances);
    expect(await counts(budgetId)).toEqual(counted);
    expect(await topUp(holdId, 1)).toMatchObject({
      code: 'billing.hold_closed',
      state: action === 'post' ? 'posted' : 'voided',
    });
  });

  it('expires whole, and a late post is charged whole', async () => {
    const { wallet, holdId, budgetId } = await openUnder({ limitMicros: 1_000 }, 300);
    await topUp(holdId, 200);
    await ledger.dataSource.query(`UPDATE holds SET expires_at = now() WHERE id = $1`, [holdId]);
    await ledger.settle(makeSettle(holdId, 'expire'));
    expect(await ledger.balances(wallet.id)).toEqual([10_000, 0, 0]);
    expect(await counts(budgetId)).toEqual([0, 0]);
    await ledger.settle(makeSettle(holdId, 'post', 480));
    expect(await ledger.balances(wallet.id)).toEqual([9_520, 0, 480]);
    expect(await counts(budgetId)).toEqual([0, 480]);
  });

  it('is refused by an empty wallet, and nothing stays', async () => {
    const userId = newId();
    const seed = { scope: 'user', subjectId: userId, limitMicros: 10_000 } as const;
    const budgetId = await insertBudget(ledger.dataSource, seed);
    const { wallet, holdId } = await open(1_000, 900, { user_id: userId });
    expect(await topUp(holdId, 101)).toMatchObject({
      code: 'billing.insufficient_balance',
      required_micros: 101,
      remaining_micros: 100,
      balance_micros: 1_000,
    });
    expect(await ledger.balances(wallet.id)).toEqual([100, 900, 0]);
    expect(await counts(budgetId)).toEqual([900, 0]);
    expect(await topUp(holdId, 100)).toBeNull();
  });

  it('is refused by a budget, which tells of it once; a soft one warns', async () => {
    const { wallet, holdId, budgetId, userId } = await openUnder({ limitMicros: 1_000 }, 600);
    const soft = { scope: 'user', subjectId: userId, limitMicros: 100, mode: 'soft' } as const;
    const softId = await insertBudget(ledger.dataSource, soft);
    const denied = { code: 'billing.budget_exceeded', budget_id: budgetId, scope: 'user' };
    expect(await topUp(holdId, 401)).toMatchObject({
      ...denied,
      period: 'total',
      limit_micros: 1_000,
      remaining_micros: 400,
      required_micros: 401,
      reason: 'limit',
    });
    expect(await topUp(holdId, 500)).toMatchObject(denied);
    expect(await ledger.balances(wallet.id)).toEqual([9_400, 600, 0]);
    expect(await counts(budgetId)).toEqual([600, 0]);
    expect(await listBudgetEvents(ledger.dataSource, budgetId)).toEqual([
      'budget.exhausted denied',
    ]);
    const { refusal, warnings } = await submit(toTopUp(holdId, 250));
    expect(refusal).toBeNull();
    expect(warnings).toMatchObject([
      { budget_id: budgetId, mode: 'hard', used_percent: 85, remaining_micros: 150 },
    ]);
    // The soft one came after the hold, and has no part in it.
    expect(await counts(softId)).toEqual([0, 0]);
  });

  it('is refused by the cap of a member, and counts on all budgets of the hold', async () => {
    const userId = newId();
    const { made, wallet, holdId } = await hold(10_000, 500, { user_id: userId });
    const inSpace = { searchSpaceId: wallet.searchSpaceId };
    const member = { scope: 'member', subjectId: userId, limitMicros: 800, ...inSpace } as const;
    const ofSpace = {
      scope: 'space',
      subjectId: wallet.searchSpaceId,
      limitMicros: 5_000,
      ...inSpace,
    } as const;
    const [memberId, spaceId] = [
      await insertBudget(ledger.dataSource, member),
      await insertBudget(ledger.dataSource, ofSpace),
    ];
    expect(await ledger.hold(made)).toBeNull();
    expect(await topUp(holdId, 301)).toMatchObject({
      code: 'billing.budget_exceeded',
      budget_id: memberId,
      scope: 'member',
      remaining_micros: 300,
    });
    expect(await topUp(holdId, 300)).toBeNull();
    expect([await counts(memberId), await counts(spaceId)]).toEqual([
      [800, 0],
      [800, 0],
    ]);
    await ledger.settle(makeSettle(holdId, 'post', 650));
    expect([await counts(memberId), await counts(spaceId)]).toEqual([
      [0, 650],
      [0, 650],
    ]);
  });

  it('is refused by a hard budget that has ended meanwhile', async () => {
    const { holdId, budgetId } = await openUnder({ limitMicros: 1_000 }, 100);
    await ledger.dataSource.query('UPDATE budgets SET ends_at = now() WHERE id = $1', [budgetId]);
    expect(await topUp(holdId, 1)).toMatchObject({
      code: 'billing.budget_exceeded',
      reason: 'ended',
      resets_at: null,
    });
  });

  it('counts in the period that admitted the hold, also when it has ended', async () => {
    const { holdId, budgetId, userId, wallet } = await openUnder(
      { limitMicros: 1_000, period: 'day', rolloverPercent: 100 },
      300,
    );
    await shiftPeriod(ledger.dataSource, budgetId, '1 day');
    await ledger.dataSource.query(
      `UPDATE holds SET budget_periods = ARRAY[budget_periods[1] - interval '1 day'] WHERE id = $1`,
      [holdId],
    );
    const today = makeHold(wallet.id, 50, { user_id: userId });
    await ledger.hold(today);
    expect(await readBudget(ledger.dataSource, budgetId)).toMatchObject({
      held_micros: 50,
      carried_micros: 700,
    });
    // Three in one batch: 700 are left of yesterday.
    const results = await Promise.all([400, 301, 300].map((amount) => topUp(holdId, amount)));
    expect(results.map((refusal) => refusal?.code ?? null)).toEqual([
      null,
      'billing.budget_exceeded',
      null,
    ]);
    expect(await readBudget(ledger.dataSource, budgetId)).toMatchObject({
      held_micros: 50,
      carried_micros: 0,
    });
    await ledger.settle(makeSettle(holdId, 'post', 200));
    expect(await readBudget(ledger.dataSource, budgetId)).toMatchObject({
      held_micros: 50,
      spent_micros: 0,
      carried_micros: 800,
    });
  });

  it('happens once, however often it is asked for', async () => {
    const { wallet, holdId } = await open(1_000, 100);
    const request = toTopUp(holdId, 200);
    const all = await Promise.all([submit(request), submit(request), submit(request)]);
    expect([...all, await submit(request)].map(({ refusal }) => refusal)).toEqual(
      Array.from({ length: 4 }, () => null),
    );
    expect(await ledger.balances(wallet.id)).toEqual([700, 300, 0]);
    await ledger.settle(makeSettle(holdId, 'void'));
    expect((await submit(request)).refusal).toBeNull();
    expect(await ledger.balances(wallet.id)).toEqual([1_000, 0, 0]);
  });

  it.each(['subscription', 'none'] as const)('moves no wallet with %s', async (funding) => {
    const isCounted = funding === 'subscription';
    const { made, wallet, holdId } = await hold(100, 300, { funding });
    const budgetId = await insertBudget(ledger.dataSource, {
      scope: 'subscription',
      subjectId: wallet.searchSpaceId,
      searchSpaceId: wallet.searchSpaceId,
      limitMicros: 1_000,
    });
    expect(await ledger.hold(made)).toBeNull();
    const request = toTopUp(holdId, 400);
    await Promise.all([submit(request), submit(request)]);
    expect((await submit(request)).refusal).toBeNull();
    expect(await counts(budgetId)).toEqual(isCounted ? [700, 0] : [0, 0]);
    expect((await topUp(holdId, 301))?.code ?? null).toBe(
      isCounted ? 'billing.budget_exceeded' : null,
    );
    expect(await ledger.count('ledger_transactions', `hold_id = '${holdId}'`)).toBe(0);
    await ledger.settle(makeSettle(holdId, 'post', 650));
    expect(await counts(budgetId)).toEqual(isCounted ? [0, 650] : [0, 0]);
    expect(await ledger.balances(wallet.id)).toEqual([100, 0, 0]);
  });

  it('does not take money whose time is over', async () => {
    const { wallet, holdId } = await open(1_000, 100);
    await ledger.dataSource.query(
      `UPDATE grants SET effective_at = now() - interval '1 day', expires_at = now() WHERE account_id = $1`,
      [wallet.id],
    );
    await ledger.dataSource.query('UPDATE accounts SET lots_due_at = now() WHERE id = $1', [
      wallet.id,
    ]);
    expect(await topUp(holdId, 1)).toMatchObject({
      code: 'billing.insufficient_balance',
      remaining_micros: 0,
    });
    // What was held before stays with the call.
    await ledger.settle(makeSettle(holdId, 'post', 60));
    expect(await ledger.balances(wallet.id)).toEqual([40, 0, 60]);
    await ledger.turnDue();
    expect(await ledger.balances(wallet.id)).toEqual([0, 0, 60]);
  });

  it('is refused without a hold, and is no way to give money back', async () => {
    const { holdId, wallet } = await open(1_000, 100);
    expect(await topUp(newId(), 1)).toEqual({ code: 'billing.hold_missing' });
    await expect(topUp(holdId, -50)).rejects.toMatchObject({ code: 'internal' });
    const { holdId: emptyId } = await open(1_000, 0);
    await expect(topUp(emptyId, 1)).rejects.toMatchObject({ code: 'internal' });
    expect(await topUp(emptyId, 0)).toBeNull();
    expect(await ledger.balances(wallet.id)).toEqual([900, 100, 0]);
  });

  it('admits ten of a hundred that ask at once for the money of ten, through two processes', async () => {
    const other = new SettlementWriter(ledger.store, ledger.riders);
    const holds = Array.from({ length: 4 }, () => newId());
    const { wallet, holdId } = await open(1_000, 100);
    await Promise.all(
      holds.map((id) => ledger.hold(makeHold(wallet.id, 50, { id, reference: 'call' }))),
    );
    const results = await Promise.all(
      Array.from({ length: 100 }, (_, n) =>
        submit(toTopUp([holdId, ...holds][n % 5]!, 70), n % 2 ? other : ledger.writer),
      ),
    );
    await other.drain();
    expect(results.filter(({ refusal }) => refusal === null)).toHaveLength(10);
    expect(await ledger.balances(wallet.id)).toEqual([0, 1_000, 0]);
    await Promise.all([
      ledger.settle(makeSettle(holdId, 'post')),
      ...holds.map((id) => ledger.settle(makeSettle(id, 'void'))),
    ]);
    const [available, held, spent] = await ledger.balances(wallet.id);
    expect([available + spent, held]).toEqual([1_000, 0]);
  });

  it('loses nothing while holds end under it', async () => {
    const { wallet, holdId } = await open(100_000, 100);
    const others = Array.from({ length: 20 }, () => makeHold(wallet.id, 100));
    await Promise.all(others.map((one) => ledger.hold(one)));
    await Promise.all(
      others.flatMap(({ id }, n) => [
        topUp(id, 50),
        ledger.settle(makeSettle(id, n % 2 ? 'post' : 'void')),
        topUp(id, 50),
        topUp(holdId, 1),
      ]),
    );
    const [available, held, spent] = await ledger.balances(wallet.id);
    expect(held).toBe(120);
    expect(available + held + spent).toBe(100_000);
  });
});
