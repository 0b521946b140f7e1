/** Proves by random histories that entries sum to zero and to the balances, that nothing goes below zero, and that repetition changes nothing. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import type { SettleRequest } from '../../src/billing/domain/settlement.js';
import { makeHold, makeSettle, makeUsage, TestLedger } from '../factories/ledger.factory.js';
import { databaseKinds } from '../setup/services.js';

const SEEDS = [11, 23, 42];
const STEPS = 40;
const MEMBERS_MAX = 12;
const WALLETS = 3;
const EXPIRED_AT = '2020-01-01T00:00:00Z';

/** Small and repeatable: the seed of a failure is in its title. */
function makeRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

/** What the books must say, kept in the simplest way there is. */
class Model {
  readonly available = new Map<string, number>();
  readonly held = new Map<string, number>();
  readonly spent = new Map<string, number>();
  readonly holds = new Map<string, { wallet: string; amount: number; state: string }>();

  add(map: Map<string, number>, wallet: string, amount: number): void {
    map.set(wallet, (map.get(wallet) ?? 0) + amount);
  }

  hold(id: string, wallet: string, amount: number): boolean {
    if (amount > (this.available.get(wallet) ?? 0)) return false;
    this.add(this.available, wallet, -amount);
    this.add(this.held, wallet, amount);
    this.holds.set(id, { wallet, amount, state: 'held' });
    return true;
  }

  /** What is posted; null when the conclusion does not count. */
  settle(id: string, action: SettleRequest['action'], asked: number): number | null {
    const hold = this.holds.get(id);
    if (!hold) return null;
    const isLate = hold.state === 'expired' && action === 'post';
    if (hold.state !== 'held' && !isLate) return null;
    const fromHeld = isLate ? 0 : hold.amount;
    const owed = action === 'post' ? asked : 0;
    const paid = Math.min(owed, fromHeld + (this.available.get(hold.wallet) ?? 0));
    this.add(this.held, hold.wallet, -fromHeld);
    this.add(this.available, hold.wallet, fromHeld - paid);
    this.add(this.spent, hold.wallet, paid);
    hold.state = action === 'post' ? 'posted' : action === 'void' ? 'voided' : 'expired';
    return paid;
  }
}

describe.each(databaseKinds())('random histories of the ledger on %s', (kind) => {
  let ledger: TestLedger;

  beforeAll(async () => {
    ledger = await TestLedger.open(kind);
  });

  afterAll(() => ledger.close());

  it.each(SEEDS)('agree with the model at every step (seed %i)', async (seed) => {
    const random = makeRandom(seed);
    const model = new Model();
    const wallets = await Promise.all(Array.from({ length: WALLETS }, () => ledger.makeWallet()));
    for (let step = 0; step < STEPS; step += 1) {
      const members = 1 + random(MEMBERS_MAX);
      const kindOfStep = random(5);
      if (kindOfStep === 0) await grantSome(random, model, wallets);
      else if (kindOfStep <= 2) await holdSome(random, model, wallets, members);
      else await settleSome(random, model, members);
      for (const { id } of wallets) {
        expect(await ledger.balances(id)).toEqual([
          model.available.get(id) ?? 0,
          model.held.get(id) ?? 0,
          model.spent.get(id) ?? 0,
        ]);
      }
    }
    expect(await ledger.upkeep.listDifferences(10)).toEqual([]);
    expect(await ledger.count('usage_records')).toBe(
      await ledger.count('holds', `state <> 'held'`),
    );
  });

  async function grantSome(random: Random, model: Model, wallets: readonly { id: string }[]) {
    const { id } = wallets[random(wallets.length)]!;
    const amount = 1 + random(5_000);
    const transactionId = newId();
    expect(await ledger.grant(id, amount, { transactionId })).toBe('granted');
    expect(await ledger.grant(id, amount, { transactionId })).toBe('replayed');
    model.add(model.available, id, amount);
  }

  /** Submitted in one turn, so that they share a batch and are admitted in this order. */
  async function holdSome(
    random: Random,
    model: Model,
    wallets: readonly { id: string }[],
    members: number,
  ) {
    const holds = Array.from({ length: members }, () => {
      const { id } = wallets[random(wallets.length)]!;
      const expiry = random(2) === 0 ? { expires_in_s: undefined, expires_at: EXPIRED_AT } : {};
      return makeHold(id, random(900), expiry);
    });
    const verdicts = await Promise.all(holds.map((hold) => ledger.hold(hold)));
    holds.forEach((hold, index) => {
      const isAdmitted = model.hold(hold.id, hold.account_id, hold.amount_micros);
      expect(verdicts[index] === null).toBe(isAdmitted);
    });
  }

  async function settleSome(random: Random, model: Model, members: number) {
    const known = [...model.holds.keys()];
    if (known.length === 0) return;
    const settles = Array.from({ length: members }, () => {
      const id = known[random(known.length)]!;
      const action = (['post', 'post', 'void', 'expire'] as const)[random(4)]!;
      return makeSettle(id, action, random(1_200));
    });
    const results = await Promise.all(
      settles.map((settle) => ledger.settle(settle, makeUsage(newId(), { id: settle.hold_id }))),
    );
    settles.forEach((settle, index) => {
      if (results[index] && 'code' in results[index] && results[index].code === NOT_DUE) return;
      const paid = model.settle(settle.hold_id, settle.action, settle.amount_micros ?? 0);
      const expected = paid === null ? { code: 'already' } : { ok: true, posted_micros: paid };
      expect(results[index]).toMatchObject(expected);
    });
  }
});

const NOT_DUE = 'billing.hold_not_due';

type Random = ReturnType<typeof makeRandom>;
