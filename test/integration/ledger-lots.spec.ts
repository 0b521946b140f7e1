/** Proves that grants are used in their order, begin and end when they say, and always add up to the wallet. */
import { setTimeout as delay } from 'node:timers/promises';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LotTerms } from '../../src/billing/domain/lot.js';
import type { Wallet } from '../../src/billing/domain/wallet.js';
import { newId } from '../../src/common/ids.js';
import { makeHold, makeSettle, TestLedger } from '../factories/ledger.factory.js';
import { FUTURE, LotsModel, ModelWallet } from '../factories/lots.model.js';
import { toSeed } from '../setup/proof-rounds.js';
import { databaseKinds } from '../setup/services.js';

const OVERDRAFT_MICROS = 40;
const LABELS = 3;
const TOMORROW_MS = 24 * 60 * 60_000;
/** Times of the database are finer than a Date; a step of the tests is not. */
const STEP_MS = 2;

describe.each(databaseKinds())('lots on %s', (kind) => {
  let ledger: TestLedger;

  beforeAll(async () => {
    ledger = await TestLedger.open(kind);
  });

  afterAll(() => ledger.close());

  const labelTime = (label: number) => new Date(Date.UTC(2031, 0, 1 + label));
  const tomorrow = () => new Date(Date.now() + TOMORROW_MS);

  const grant = (wallet: Wallet, amount: number, lot: Partial<LotTerms> = {}) =>
    ledger.grant(wallet.id, amount, { lot: { kind: 'paid', ...lot } });

  /** The lots whose expiry is this one expire at this moment. */
  async function expire(expiresAt: Date): Promise<Date> {
    await delay(STEP_MS);
    const [row] = await ledger.dataSource.query<{ at: Date }[]>(
      `SELECT date_trunc('milliseconds', now()) AS at`,
    );
    const moved = `UPDATE grants SET expires_at = $2, effective_at = least(effective_at, $2::timestamptz - interval '1 s')
      WHERE expires_at = $1`;
    await ledger.dataSource.query(moved, [expiresAt, row!.at]);
    const due = `UPDATE accounts a SET lots_due_at = $1 WHERE EXISTS (SELECT FROM grants g
      WHERE g.account_id = a.id AND g.expires_at = $1 AND g.remaining_micros > 0)`;
    await ledger.dataSource.query(due, [row!.at]);
    await delay(STEP_MS);
    return row!.at;
  }

  const remaining = async (wallet: Wallet) =>
    Object.fromEntries(
      (await ledger.lots.list(wallet.id, null, 50)).map((lot) => [
        `${lot.kind}${lot.sourceId ? '*' : ''}`,
        [lot.remainingMicros, lot.state],
      ]),
    );

  async function spend(wallet: Wallet, amount: number): Promise<void> {
    const hold = makeHold(wallet.id, amount);
    expect(await ledger.hold(hold)).toBeNull();
    await ledger.settle(makeSettle(hold.id, 'post', amount));
  }

  const isProven = async () => expect(await ledger.upkeep.listDifferences(10)).toEqual([]);

  it('uses promotional money first, then what expires first', async () => {
    const wallet = await ledger.makeWallet();
    await grant(wallet, 100);
    await grant(wallet, 50, { kind: 'promotional' });
    await spend(wallet, 30);
    expect(await remaining(wallet)).toEqual({ paid: [100, 'active'], promotional: [20, 'active'] });
    await spend(wallet, 60);
    expect(await remaining(wallet)).toEqual({ paid: [60, 'active'], promotional: [0, 'used'] });
    await isProven();
  });

  it('makes no money of a grant before its time', async () => {
    const wallet = await ledger.makeWallet();
    const transactionId = newId();
    const later = { transactionId, lot: { kind: 'paid', effectiveAt: tomorrow() } } as const;
    expect(await ledger.grant(wallet.id, 100, later)).toBe('granted');
    expect(await ledger.grant(wallet.id, 100, later)).toBe('replayed');
    expect(await ledger.grant(wallet.id, 101, later)).toBe('conflict');
    for (const other of [{ priority: 9 }, { effectiveAt: new Date(Date.now() + 9 * 86_400_000) }]) {
      const changed = { ...later, lot: { ...later.lot, ...other } };
      expect(await ledger.grant(wallet.id, 100, changed)).toBe('conflict');
    }
    expect(await ledger.balances(wallet.id)).toEqual([0, 0, 0]);
    expect(await remaining(wallet)).toEqual({ paid: [100, 'scheduled'] });
    await ledger.turnDue();
    expect(await ledger.balances(wallet.id)).toEqual([0, 0, 0]);
    await isProven();
    await ledger.dataSource.query(
      `UPDATE grants SET effective_at = now() - interval '1 s' WHERE account_id = $1`,
      [wallet.id],
    );
    await ledger.dataSource.query(`UPDATE accounts SET lots_due_at = now() WHERE id = $1`, [
      wallet.id,
    ]);
    // The first call for it finds it there.
    expect(await ledger.hold(makeHold(wallet.id, 100))).toBeNull();
    expect(await remaining(wallet)).toEqual({ paid: [100, 'active'] });
    const movements = await ledger.wallets.listTransactions(wallet.id, null, 5);
    expect(movements).toContainEqual(
      expect.objectContaining({ kind: 'grant', reference: 'a test' }),
    );
    await isProven();
  });

  it('lets what is left lapse at its time, in wallets that nobody calls too', async () => {
    const wallet = await ledger.makeWallet(10);
    await grant(wallet, 100, { kind: 'promotional', expiresAt: labelTime(100) });
    await spend(wallet, 30);
    await expire(labelTime(100));
    await ledger.turnDue();
    expect(await ledger.balances(wallet.id)).toEqual([10, 0, 30]);
    expect(await remaining(wallet)).toMatchObject({ promotional: [0, 'lapsed'] });
    const [movement] = await ledger.wallets.listTransactions(wallet.id, null, 1);
    expect(movement).toMatchObject({
      kind: 'lapse',
      actor: 'system:lots',
      entries: [{ bucket: 'available', amountMicros: -70 }],
    });
    await isProven();
  });

  it('refuses a hold that only expired money would pay, before any job came by', async () => {
    const wallet = await ledger.makeWallet(10);
    await grant(wallet, 100, { kind: 'promotional', expiresAt: labelTime(101) });
    await expire(labelTime(101));
    expect(await ledger.hold(makeHold(wallet.id, 11))).toMatchObject({ remaining_micros: 10 });
    expect(await ledger.hold(makeHold(wallet.id, 10))).toBeNull();
    await isProven();
  });

  it('keeps what is held for the calls in flight, and takes it when they do not use it', async () => {
    const wallet = await ledger.makeWallet(100);
    await grant(wallet, 60, { kind: 'promotional', expiresAt: labelTime(102) });
    const [used, left] = [makeHold(wallet.id, 25), makeHold(wallet.id, 20)];
    await ledger.hold(used);
    await ledger.hold(left);
    await expire(labelTime(102));
    await ledger.turnDue();
    expect(await ledger.balances(wallet.id)).toEqual([100, 45, 0]);
    expect(await remaining(wallet)).toMatchObject({ promotional: [45, 'running_off'] });
    // A call that came after the end is paid by other money, though it ends first.
    const late = makeHold(wallet.id, 30);
    await ledger.hold(late);
    await ledger.settle(makeSettle(late.id, 'post'));
    await ledger.settle(makeSettle(used.id, 'post', 15));
    await ledger.settle(makeSettle(left.id, 'void'));
    expect(await ledger.hold(makeHold(wallet.id, 71))).toMatchObject({ remaining_micros: 70 });
    expect(await ledger.balances(wallet.id)).toEqual([70, 0, 45]);
    expect(await remaining(wallet)).toEqual({
      paid: [70, 'active'],
      promotional: [0, 'lapsed'],
    });
    await isProven();
  });

  it('moves lots with their kind, priority and expiry, once, and never below zero', async () => {
    const [source, target] = [await ledger.makeWallet(100), await ledger.makeWallet()];
    await grant(source, 40, { kind: 'promotional', priority: 7, expiresAt: labelTime(103) });
    const transactionId = newId();
    expect(await ledger.transfer(source.id, target.id, 60, transactionId)).toBe('granted');
    expect(await ledger.transfer(source.id, target.id, 60, transactionId)).toBe('replayed');
    expect(await ledger.transfer(source.id, target.id, 61, transactionId)).toBe('conflict');
    expect(await ledger.transfer(target.id, source.id, 60, transactionId)).toBe('conflict');
    await expect(ledger.transfer(source.id, target.id, 81)).rejects.toMatchObject({
      code: 'request.conflict',
      details: { remaining_micros: 80 },
    });
    expect(await ledger.transfer(source.id, newId(), 1)).toBe('wallet_missing');
    expect(await ledger.balances(source.id)).toEqual([80, 0, 0]);
    expect(await ledger.balances(target.id)).toEqual([60, 0, 0]);
    const lots = await ledger.lots.list(target.id, null, 5);
    const promotional = lots.find((lot) => lot.kind === 'promotional');
    expect(promotional).toMatchObject({
      amountMicros: 40,
      priority: 7,
      expiresAt: labelTime(103),
      transactionId,
    });
    await expire(labelTime(103));
    await ledger.turnDue();
    expect(await ledger.balances(target.id)).toEqual([20, 0, 0]);
    await isProven();
  });

  it('repays what a wallet owes from the next grant, which is smaller by that', async () => {
    const wallet = await ledger.makeWallet(100);
    await ledger.work((wallets) => wallets.setOverdraft(wallet.id, OVERDRAFT_MICROS as never));
    const hold = makeHold(wallet.id, 100);
    await ledger.hold(hold);
    expect(await ledger.settle(makeSettle(hold.id, 'post', 150))).toMatchObject({
      posted_micros: 140,
      shortfall_micros: 10,
    });
    expect(await ledger.balances(wallet.id)).toEqual([-40, 0, 140]);
    await isProven();
    await expect(
      ledger.work((wallets) => wallets.setOverdraft(wallet.id, 39 as never)),
    ).rejects.toMatchObject({ code: 'request.conflict' });
    // Smaller than the debt, and still welcome.
    expect(await grant(wallet, 30)).toBe('granted');
    expect(await grant(wallet, 70, { kind: 'promotional', expiresAt: labelTime(104) })).toBe(
      'granted',
    );
    expect(await ledger.balances(wallet.id)).toEqual([60, 0, 140]);
    expect(await remaining(wallet)).toMatchObject({ promotional: [60, 'active'] });
    expect(await ledger.work((wallets) => wallets.setOverdraft(wallet.id, 0 as never))).toBe(40);
    await isProven();
  });

  it('credits for a charge what it charged, and no more', async () => {
    const wallet = await ledger.makeWallet(100);
    const hold = makeHold(wallet.id, 40);
    await ledger.hold(hold);
    const settle = makeSettle(hold.id, 'post', 30);
    await ledger.settle(settle);
    const adjust = (amount: number, correctsId: string, transactionId = newId()) =>
      ledger.grant(wallet.id, amount, { kind: 'adjust', correctsId, transactionId });
    const first = newId();
    expect(await adjust(20, settle.transaction_id, first)).toBe('granted');
    expect(await adjust(20, settle.transaction_id, first)).toBe('replayed');
    expect(await adjust(20, newId(), first)).toBe('conflict');
    await expect(adjust(11, settle.transaction_id)).rejects.toMatchObject({
      code: 'request.conflict',
      details: { remaining_micros: 10 },
    });
    await expect(adjust(1, hold.transaction_id)).rejects.toMatchObject({
      details: { remaining_micros: 0 },
    });
    await expect(adjust(1, newId())).rejects.toMatchObject({ code: 'request.invalid' });
    expect(await adjust(10, settle.transaction_id)).toBe('granted');
    // A credit that was too high is taken back, and can be given again.
    expect(await adjust(-5, settle.transaction_id)).toBe('granted');
    expect(await adjust(5, settle.transaction_id)).toBe('granted');
    expect(await ledger.balances(wallet.id)).toEqual([100, 0, 30]);
    const [latest] = await ledger.wallets.listTransactions(wallet.id, null, 1);
    expect(latest).toMatchObject({ kind: 'adjust', correctsId: settle.transaction_id });
    await isProven();
  });

  it(
    'agrees with a simple model after every step of any history',
    { timeout: 240_000 },
    async () => {
      await fc.assert(fc.asyncProperty(HISTORY, play), {
        ...toSeed(),
        numRuns: kind === 'embedded' ? 15 : 25,
        endOnFailure: true,
      });
      await isProven();
    },
  );

  async function play(steps: readonly Step[]): Promise<void> {
    const wallets = [await ledger.makeWallet(), await ledger.makeWallet()];
    for (const { id } of wallets)
      await ledger.work((one) => one.setOverdraft(id, OVERDRAFT_MICROS as never));
    const model = new LotsModel([new ModelWallet(), new ModelWallet()]);
    const labels = new Map<number, number>();
    const base = new Date(Date.UTC(2032, 0, 1)).getTime() + Date.now();
    for (let label = 0; label < LABELS; label += 1) labels.set(base + label, FUTURE + label);
    for (const step of steps) {
      await take(step, wallets, model, labels, base);
      for (const index of [0, 1]) {
        const { id } = wallets[index]!;
        const { available, held, spent } = model.wallets[index]!;
        expect(await ledger.balances(id)).toEqual([available, held, spent]);
        expect(await groupsOf(id, labels)).toEqual(model.wallets[index]!.groups());
      }
    }
  }

  async function take(
    step: Step,
    wallets: readonly Wallet[],
    model: LotsModel,
    labels: Map<number, number>,
    base: number,
  ): Promise<void> {
    const { id } = wallets[step.wallet]!;
    const open = [...model.holds].filter(([, hold]) => hold.isOpen);
    const [holdId, hold] = open[step.pick % Math.max(1, open.length)] ?? [];
    const label = step.pick % LABELS;
    model.tick();
    if (step.action === 'grant') {
      const priority = 100 * (1 + (step.pick % 2));
      const isKnown = labels.has(base + label) && labels.get(base + label)! >= FUTURE;
      const expiresAt = isKnown ? new Date(base + label) : null;
      await ledger.grant(id, step.amount, { lot: { kind: 'paid', priority, expiresAt } });
      model.grant(step.wallet, step.amount, priority, isKnown ? FUTURE + label : Infinity);
    } else if (step.action === 'hold') {
      const request = makeHold(id, step.amount);
      const isAdmitted = (await ledger.hold(request)) === null;
      expect(isAdmitted).toBe(model.hold(request.id, step.wallet, step.amount));
    } else if (step.action === 'post' && holdId && hold) {
      const paid = model.settle(holdId, step.amount, OVERDRAFT_MICROS);
      const result = await ledger.settle(makeSettle(holdId, 'post', step.amount));
      expect(result).toMatchObject({ posted_micros: paid });
    } else if (step.action === 'void' && holdId) {
      await ledger.settle(makeSettle(holdId, 'void'));
      model.settle(holdId, 0, 0);
    } else if (step.action === 'expire' && labels.get(base + label) === FUTURE + label) {
      const now = model.tick();
      labels.set((await expire(new Date(base + label))).getTime(), now);
      labels.set(base + label, now);
      model.expire(FUTURE + label);
      model.tick();
    } else if (step.action === 'transfer') {
      const other = 1 - step.wallet;
      const moved = await ledger.transfer(id, wallets[other]!.id, step.amount).catch(() => null);
      expect(moved === 'granted').toBe(model.transfer(step.wallet, other, step.amount));
      // A refusal undoes the turn that came before it.
      if (moved === null) await turn(...wallets);
    } else if (step.action === 'adjust') {
      const done = await ledger.grant(id, -step.amount, { kind: 'adjust' });
      expect(done === 'granted').toBe(model.adjustDown(step.wallet, step.amount));
    } else if (step.action === 'turn') {
      await turn(wallets[step.wallet]!);
      model.turn(step.wallet);
    }
  }

  const turn = (...wallets: readonly Wallet[]) =>
    ledger.dataSource.query('SELECT billing_turn_lots($1::uuid[])', [wallets.map(({ id }) => id)]);

  async function groupsOf(walletId: string, labels: Map<number, number>) {
    const rows = await ledger.dataSource.query<
      { priority: number; expires_at: Date | null; remaining: string }[]
    >(
      `SELECT priority, expires_at, sum(remaining_micros) AS remaining FROM grants
        WHERE account_id = $1 AND remaining_micros > 0 GROUP BY 1, 2`,
      [walletId],
    );
    return Object.fromEntries(
      rows.map(({ priority, expires_at: at, remaining: sum }) => [
        `${priority}/${at ? labels.get(at.getTime()) : Infinity}`,
        Number(sum),
      ]),
    );
  }
});

const ACTIONS = [
  'grant',
  'grant',
  'hold',
  'hold',
  'hold',
  'post',
  'void',
  'expire',
  'transfer',
  'adjust',
  'turn',
] as const;

interface Step {
  action: (typeof ACTIONS)[number];
  wallet: number;
  amount: number;
  pick: number;
}

const HISTORY = fc.array(
  fc.record({
    action: fc.constantFrom(...ACTIONS),
    wallet: fc.nat(1),
    amount: fc.integer({ min: 1, max: 100 }),
    pick: fc.nat(11),
  }),
  { minLength: 10, maxLength: 30 },
);
