/** What the ledger promises on every engine: holds, posts, voids, expiries, grants and usage, one by one. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import type { Refusal } from '../../src/billing/domain/settlement.js';
import { makeHold, makeSettle, makeUsage, TestLedger } from '../factories/ledger.factory.js';
import type { DatabaseKind } from '../setup/services.js';

const EXPIRED_AT = '2020-01-01T00:00:00Z';

export function describeLedger(kind: DatabaseKind): void {
  let ledger: TestLedger;

  beforeAll(async () => {
    ledger = await TestLedger.open(kind);
  });

  afterAll(() => ledger.close());

  async function isBalanced(): Promise<void> {
    expect(await ledger.upkeep.listDifferences(10)).toEqual([]);
    const [row] = await ledger.dataSource.query<{ sum: string | null }[]>(
      'SELECT sum(amount_micros) AS sum FROM ledger_entries',
    );
    expect(Number(row?.sum ?? 0)).toBe(0);
  }

  it('moves held money from available to held, and back when it is voided', async () => {
    const wallet = await ledger.makeWallet(1_000);
    const hold = makeHold(wallet.id, 400);
    expect(await ledger.hold(hold)).toBeNull();
    expect(await ledger.balances(wallet.id)).toEqual([600, 400, 0]);
    expect(await ledger.settle(makeSettle(hold.id, 'void'))).toEqual({
      ok: true,
      state: 'voided',
      posted_micros: 0,
      shortfall_micros: 0,
    });
    expect(await ledger.balances(wallet.id)).toEqual([1_000, 0, 0]);
    await isBalanced();
  });

  it('finds the wallet by its space', async () => {
    const wallet = await ledger.makeWallet(10);
    const hold = makeHold(wallet.id, 4, {
      account_id: undefined,
      search_space_id: wallet.searchSpaceId,
    });
    expect(await ledger.hold(hold)).toBeNull();
    expect(await ledger.balances(wallet.id)).toEqual([6, 4, 0]);
  });

  it('posts what was used and returns the rest', async () => {
    const wallet = await ledger.makeWallet(1_000);
    const hold = makeHold(wallet.id, 400);
    await ledger.hold(hold);
    const result = await ledger.settle(makeSettle(hold.id, 'post', 150));
    expect(result).toMatchObject({ ok: true, state: 'posted', posted_micros: 150 });
    expect(await ledger.balances(wallet.id)).toEqual([850, 0, 150]);
    await isBalanced();
  });

  it('posts all of the hold when no amount is given', async () => {
    const wallet = await ledger.makeWallet(1_000);
    const hold = makeHold(wallet.id, 400);
    await ledger.hold(hold);
    expect(await ledger.settle(makeSettle(hold.id, 'post'))).toMatchObject({ posted_micros: 400 });
    expect(await ledger.balances(wallet.id)).toEqual([600, 0, 400]);
  });

  it('takes what the hold lacks from what is available', async () => {
    const wallet = await ledger.makeWallet(1_000);
    const hold = makeHold(wallet.id, 400);
    await ledger.hold(hold);
    expect(await ledger.settle(makeSettle(hold.id, 'post', 700))).toMatchObject({
      posted_micros: 700,
      shortfall_micros: 0,
    });
    expect(await ledger.balances(wallet.id)).toEqual([300, 0, 700]);
    await isBalanced();
  });

  it('reports and lists what was owed and not there, and never goes below zero', async () => {
    const wallet = await ledger.makeWallet(1_000);
    const hold = makeHold(wallet.id, 400);
    const other = makeHold(wallet.id, 500);
    await ledger.hold(hold);
    await ledger.hold(other);
    const settle = makeSettle(hold.id, 'post', 700);
    expect(await ledger.settle(settle)).toMatchObject({
      posted_micros: 500,
      shortfall_micros: 200,
    });
    expect(await ledger.balances(wallet.id)).toEqual([0, 500, 500]);
    const items = await ledger.dataSource.query(
      'SELECT hold_id, reason, amount_micros, resolved_at FROM reconciliation_items WHERE id = $1',
      [settle.transaction_id],
    );
    expect(items).toEqual([
      { hold_id: hold.id, reason: 'shortfall', amount_micros: '200', resolved_at: null },
    ]);
    await isBalanced();
  });

  it('refuses a hold above the balance, says what is left, and writes nothing', async () => {
    const wallet = await ledger.makeWallet(1_000);
    await ledger.hold(makeHold(wallet.id, 300));
    const hold = makeHold(wallet.id, 701);
    expect(await ledger.hold(hold)).toEqual({
      code: 'billing.insufficient_balance',
      account_id: wallet.id,
      required_micros: 701,
      remaining_micros: 700,
      balance_micros: 1_000,
    });
    expect(await ledger.balances(wallet.id)).toEqual([700, 300, 0]);
    expect(await ledger.count('holds', `id = '${hold.id}'`)).toBe(0);
    expect(await ledger.count('ledger_transactions', `id = '${hold.transaction_id}'`)).toBe(0);
  });

  it('holds to the last micro', async () => {
    const wallet = await ledger.makeWallet(1_000);
    expect(await ledger.hold(makeHold(wallet.id, 1_000))).toBeNull();
    expect(await ledger.hold(makeHold(wallet.id, 1))).toMatchObject({ remaining_micros: 0 });
  });

  it('treats a space without a wallet as one without money', async () => {
    const hold = makeHold(newId(), 1, { account_id: undefined, search_space_id: newId() });
    expect(await ledger.hold(hold)).toMatchObject({
      code: 'billing.insufficient_balance',
      remaining_micros: 0,
    });
  });

  it('keeps a hold of nothing as a row and leaves the ledger alone', async () => {
    const wallet = await ledger.makeWallet();
    const hold = makeHold(wallet.id, 0);
    expect(await ledger.hold(hold)).toBeNull();
    expect(await ledger.settle(makeSettle(hold.id, 'post', 0))).toMatchObject({
      ok: true,
      state: 'posted',
      posted_micros: 0,
    });
    expect(await ledger.count('ledger_transactions', `hold_id = '${hold.id}'`)).toBe(0);
    expect(await ledger.balances(wallet.id)).toEqual([0, 0, 0]);
  });

  it('changes nothing when the same hold comes again', async () => {
    const wallet = await ledger.makeWallet(1_000);
    const hold = makeHold(wallet.id, 400);
    await ledger.hold(hold);
    expect(await ledger.hold({ ...hold, transaction_id: newId() })).toEqual({
      code: 'billing.hold_exists',
      state: 'held',
    });
    expect(await ledger.balances(wallet.id)).toEqual([600, 400, 0]);
  });

  it.each([
    ['post', 'void', 'posted', 400],
    ['post', 'post', 'posted', 400],
    ['void', 'post', 'voided', 0],
    ['void', 'void', 'voided', 0],
    ['void', 'expire', 'voided', 0],
  ] as const)('lets %s stand when %s comes after it', async (first, second, state, posted) => {
    const wallet = await ledger.makeWallet(1_000);
    const hold = makeHold(wallet.id, 400);
    await ledger.hold(hold);
    await ledger.settle(makeSettle(hold.id, first));
    const before = await ledger.balances(wallet.id);
    const usage = makeUsage(wallet.searchSpaceId);
    expect(await ledger.settle(makeSettle(hold.id, second), usage)).toEqual({
      code: 'already',
      state,
      posted_micros: posted,
      shortfall_micros: 0,
      replayed: false,
    });
    expect(await ledger.balances(wallet.id)).toEqual(before);
    expect(await ledger.count('usage_records', `id = '${usage.id}'`)).toBe(0);
    await isBalanced();
  });

  it('answers a conclusion that is repeated with its own transaction id like the first time', async () => {
    const wallet = await ledger.makeWallet(1_000);
    const hold = makeHold(wallet.id, 400);
    await ledger.hold(hold);
    const settle = makeSettle(hold.id, 'post', 100);
    const usage = makeUsage(wallet.searchSpaceId);
    const first = await ledger.settle(settle, usage);
    expect(await ledger.settle(settle, usage)).toEqual(first);
    expect(await ledger.balances(wallet.id)).toEqual([900, 0, 100]);
    expect(await ledger.count('usage_records', `id = '${usage.id}'`)).toBe(1);
  });

  it('answers that there is no such hold', async () => {
    expect(await ledger.settle(makeSettle(newId(), 'post', 1))).toEqual({
      code: 'billing.hold_missing',
    });
  });

  it('expires a hold only when it is due, and lists it as overdue until then', async () => {
    const wallet = await ledger.makeWallet(1_000);
    const fresh = makeHold(wallet.id, 100);
    const old = makeHold(wallet.id, 200, { expires_in_s: undefined, expires_at: EXPIRED_AT });
    await ledger.hold(fresh);
    await ledger.hold(old);
    expect(await ledger.settle(makeSettle(fresh.id, 'expire'))).toEqual({
      code: 'billing.hold_not_due',
    });
    expect((await ledger.holds.listOverdue(100)).map(({ id }) => id)).toContain(old.id);
    expect(await ledger.settle(makeSettle(old.id, 'expire'))).toMatchObject({ state: 'expired' });
    expect((await ledger.holds.listOverdue(100)).map(({ id }) => id)).not.toContain(old.id);
    expect(await ledger.balances(wallet.id)).toEqual([900, 100, 0]);
    await isBalanced();
  });

  it('still charges work that ends after its hold expired, from what is available', async () => {
    const wallet = await ledger.makeWallet(500);
    const hold = makeHold(wallet.id, 400, { expires_in_s: undefined, expires_at: EXPIRED_AT });
    await ledger.hold(hold);
    await ledger.settle(makeSettle(hold.id, 'expire'));
    await ledger.hold(makeHold(wallet.id, 450));
    expect(await ledger.settle(makeSettle(hold.id, 'post', 300))).toEqual({
      ok: true,
      state: 'posted',
      posted_micros: 50,
      shortfall_micros: 250,
    });
    expect(await ledger.balances(wallet.id)).toEqual([0, 450, 50]);
    expect(await ledger.settle(makeSettle(hold.id, 'post', 300))).toMatchObject({
      code: 'already',
    });
    await isBalanced();
  });

  it('lists a hold for a person to look at when its concluder asks for that', async () => {
    const wallet = await ledger.makeWallet(500);
    const hold = makeHold(wallet.id, 400);
    await ledger.hold(hold);
    const attemptId = newId();
    const settle = makeSettle(hold.id, 'void', undefined, {
      review: 'interrupted',
      attempt_id: attemptId,
    });
    await ledger.settle(settle);
    const where = `hold_id = '${hold.id}' AND reason = 'interrupted' AND attempt_id = '${attemptId}'`;
    expect(await ledger.count('reconciliation_items', where)).toBe(1);
  });

  it('refuses an unknown action and a negative amount without touching money', async () => {
    const wallet = await ledger.makeWallet(500);
    const hold = makeHold(wallet.id, 400);
    await ledger.hold(hold);
    const nonsense = makeSettle(hold.id, 'burn' as 'post');
    await expect(ledger.settle(nonsense)).rejects.toMatchObject({ code: 'internal' });
    const negative = makeSettle(hold.id, 'post', -50);
    await expect(ledger.settle(negative)).rejects.toMatchObject({ code: 'internal' });
    await expect(ledger.hold(makeHold(wallet.id, -1))).rejects.toMatchObject({ code: 'internal' });
    expect(await ledger.balances(wallet.id)).toEqual([100, 400, 0]);
    await isBalanced();
  });

  it('grants money once per transaction id', async () => {
    const wallet = await ledger.makeWallet();
    const transactionId = newId();
    expect(await ledger.grant(wallet.id, 700, { transactionId })).toBe('granted');
    expect(await ledger.grant(wallet.id, 700, { transactionId })).toBe('replayed');
    expect(await ledger.grant(wallet.id, 701, { transactionId })).toBe('conflict');
    expect(await ledger.grant(newId(), 5)).toBe('wallet_missing');
    expect(await ledger.balances(wallet.id)).toEqual([700, 0, 0]);
    await isBalanced();
  });

  it('corrects a balance in either sense, but not below zero', async () => {
    const wallet = await ledger.makeWallet(100);
    expect(await ledger.grant(wallet.id, -30, { kind: 'adjust' })).toBe('granted');
    expect(await ledger.grant(wallet.id, 5, { kind: 'adjust' })).toBe('granted');
    expect(await ledger.grant(wallet.id, -76, { kind: 'adjust' })).toBe('insufficient');
    expect(await ledger.balances(wallet.id)).toEqual([75, 0, 0]);
    await isBalanced();
  });

  it('makes one wallet a space, however often it is asked to', async () => {
    const wallet = await ledger.makeWallet(5);
    expect(await ledger.wallets.findBySpace(wallet.searchSpaceId)).toMatchObject({
      id: wallet.id,
      availableMicros: 5,
    });
  });

  it('keeps a statement, newest first, that adds up to the balance', async () => {
    const wallet = await ledger.makeWallet(1_000);
    const hold = makeHold(wallet.id, 400);
    await ledger.hold(hold);
    await ledger.settle(makeSettle(hold.id, 'post', 150));
    const statement = await ledger.wallets.listTransactions(wallet.id, null, 10);
    expect(statement.map(({ kind: name }) => name)).toEqual(['post', 'hold', 'grant']);
    expect(statement[0]).toMatchObject({
      holdId: hold.id,
      entries: [
        { bucket: 'available', amountMicros: 250 },
        { bucket: 'held', amountMicros: -400 },
        { bucket: 'spent', amountMicros: 150 },
      ],
    });
    expect(statement[1]).toMatchObject({ reference: hold.reference, actor: 'user:test' });
    const [first] = await ledger.wallets.listTransactions(wallet.id, null, 1);
    const rest = await ledger.wallets.listTransactions(wallet.id, first?.id ?? '', 1);
    expect(rest.map(({ kind: name }) => name)).toEqual(['hold']);
  });

  it('records usage with the money, charged as posted, once per attempt', async () => {
    const wallet = await ledger.makeWallet(1_000);
    const usage = makeUsage(wallet.searchSpaceId, { output_tokens: 7, list_cost_micros: 160 });
    for (const amount of [150, 20]) {
      const hold = makeHold(wallet.id, 400);
      await ledger.hold(hold);
      await ledger.settle(makeSettle(hold.id, 'post', amount), usage);
    }
    const records = await ledger.usage.list(
      { searchSpaceId: wallet.searchSpaceId, period: null },
      null,
      10,
    );
    expect(records).toHaveLength(1);
    expect(records[0]).toMatchObject({
      id: usage.id,
      chargedMicros: 150,
      listCostMicros: 160,
      outputTokens: 7,
      imagesDelivered: 1,
      apiKeyId: null,
    });
  });

  it('records usage of a call that moves no money', async () => {
    const space = newId();
    expect(await ledger.writer.conclude({ usage: makeUsage(space, { tier: 'byok' }) })).toBeNull();
    const [record] = await ledger.usage.list({ searchSpaceId: space, period: null }, null, 10);
    expect(record).toMatchObject({ tier: 'byok', chargedMicros: 0 });
  });

  it('puts usage into the month of its id', async () => {
    // What was migrated last month lacks one by now: that is what each start is for.
    await ledger.upkeep.makeUsagePartitions(2);
    const usage = makeUsage(newId());
    await ledger.writer.conclude({ usage });
    const [row] = await ledger.dataSource.query<{ place: string }[]>(
      'SELECT tableoid::regclass::text AS place FROM usage_records WHERE id = $1',
      [usage.id],
    );
    const month = new Date().toISOString().slice(0, 7).replace('-', '_');
    expect(row?.place).toBe(`usage_records_${month}`);
    expect(await ledger.upkeep.makeUsagePartitions(2)).toBe(0);
    expect(await ledger.upkeep.makeUsagePartitions(4)).toBe(2);
  });

  it('refuses members one by one within a batch, in the order they arrived', async () => {
    const wallet = await ledger.makeWallet(100);
    const amounts = [60, 50, 40, 1];
    const verdicts = await Promise.all(
      amounts.map((amount) => ledger.hold(makeHold(wallet.id, amount))),
    );
    expect(verdicts.map((verdict: Refusal | null) => verdict === null)).toEqual([
      true,
      false,
      true,
      false,
    ]);
    expect(await ledger.balances(wallet.id)).toEqual([0, 100, 0]);
  });

  it('concludes a hold once when a batch brings it twice', async () => {
    const wallet = await ledger.makeWallet(100);
    const hold = makeHold(wallet.id, 60);
    await ledger.hold(hold);
    const results = await Promise.all([
      ledger.settle(makeSettle(hold.id, 'post', 10)),
      ledger.settle(makeSettle(hold.id, 'void')),
    ]);
    expect(results).toMatchObject([{ ok: true }, { code: 'already', posted_micros: 10 }]);
    expect(await ledger.balances(wallet.id)).toEqual([90, 0, 10]);
    await isBalanced();
  });

  it('fails the one member that breaks a constraint, and no other', async () => {
    const wallet = await ledger.makeWallet(1_000);
    const twin = newId();
    const holds = [100, 200, 300].map((amount, index) =>
      makeHold(wallet.id, amount, index === 1 ? { transaction_id: twin } : {}),
    );
    await ledger.hold(makeHold(wallet.id, 1, { transaction_id: twin }));
    const ends = await Promise.allSettled(holds.map((hold) => ledger.hold(hold)));
    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await ledger.balances(wallet.id)).toEqual([599, 401, 0]);
    await isBalanced();
  });
}
