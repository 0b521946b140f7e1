/** Proves the ledger under many callers, several processes and lost connections: never overdrawn, concluded once. */
import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SqlSettlementStore } from '../../src/billing/adapters/sql-settlement.store.js';
import { isSettled } from '../../src/billing/domain/settlement.js';
import { SettlementRiders } from '../../src/billing/settlement-riders.js';
import { SettlementWriter } from '../../src/billing/settlement-writer.js';
import type { ConcludeResult, Refusal } from '../../src/billing/domain/settlement.js';
import { DomainError } from '../../src/common/domain-error.js';
import { makeHold, makeSettle, TestLedger } from '../factories/ledger.factory.js';
import { databaseKinds } from '../setup/services.js';

const PROCESSES = 4;
const PRICE_MICROS = 7;

describe.each(databaseKinds())('the ledger under load on %s', (kind) => {
  let ledger: TestLedger;
  /** One a process: each has lanes of its own. */
  let writers: SettlementWriter[];

  beforeAll(async () => {
    ledger = await TestLedger.open(kind);
    writers = Array.from(
      { length: PROCESSES },
      () => new SettlementWriter(new SqlSettlementStore(ledger.sql), new SettlementRiders()),
    );
  });

  afterAll(() => ledger.close());

  const writerOf = (index: number) => writers[index % writers.length]!;

  it('admits exactly 10 of 100 parallel holds on funds for 10', async () => {
    const wallet = await ledger.makeWallet(10 * PRICE_MICROS);
    const verdicts = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        writerOf(index).admit({ hold: makeHold(wallet.id, PRICE_MICROS) }),
      ),
    );
    expect(verdicts.filter((verdict) => verdict === null)).toHaveLength(10);
    expect(
      verdicts.filter((verdict) => verdict?.code === 'billing.insufficient_balance'),
    ).toHaveLength(90);
    expect(await ledger.balances(wallet.id)).toEqual([0, 10 * PRICE_MICROS, 0]);
  });

  it('concludes each hold once when processes race to post and to void it', async () => {
    const wallet = await ledger.makeWallet(40 * PRICE_MICROS);
    const holds = Array.from({ length: 40 }, () => makeHold(wallet.id, PRICE_MICROS));
    await Promise.all(holds.map((hold, index) => writerOf(index).admit({ hold })));
    const races = holds.flatMap((hold) =>
      writers.map((writer, index) =>
        writer.conclude({ settle: makeSettle(hold.id, index % 2 === 0 ? 'post' : 'void') }),
      ),
    );
    const results = await Promise.all(races);
    expect(results.filter(isSettled)).toHaveLength(40);
    const posted = await ledger.count('holds', `account_id = '${wallet.id}' AND state = 'posted'`);
    const spent = posted * PRICE_MICROS;
    expect(await ledger.balances(wallet.id)).toEqual([40 * PRICE_MICROS - spent, 0, spent]);
  });

  it('lets processes work on the same wallets in any order without a deadlock', async () => {
    const wallets = await Promise.all(Array.from({ length: 12 }, () => ledger.makeWallet(10_000)));
    const pairs = Array.from({ length: 600 }, async (_, index) => {
      const writer = writerOf(index);
      // Each process meets the wallets in another order.
      const wallet = wallets[(index * (1 + (index % PROCESSES) * 2)) % wallets.length]!;
      const hold = makeHold(wallet.id, 10);
      expect(await writer.admit({ hold })).toBeNull();
      return writer.conclude({ settle: makeSettle(hold.id, 'post', 10) });
    });
    const results = await Promise.all(pairs);
    expect(results.every(isSettled)).toBe(true);
    const balances = await Promise.all(wallets.map(({ id }) => ledger.balances(id)));
    expect(balances.reduce((sum, [, , spent]) => sum + spent, 0)).toBe(600 * 10);
    expect(balances.every(([, held]) => held === 0)).toBe(true);
  });

  it('grants beside holds and posts without losing either', async () => {
    const wallet = await ledger.makeWallet(1_000);
    await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        if (index % 3 === 0) return ledger.grant(wallet.id, 5);
        const hold = makeHold(wallet.id, 3);
        await writerOf(index).admit({ hold });
        return writerOf(index).conclude({ settle: makeSettle(hold.id, 'post', 2) });
      }),
    );
    expect(await ledger.balances(wallet.id)).toEqual([1_000 + 20 * 5 - 40 * 2, 0, 80]);
  });

  it('transfers in both directions and lets grants end beside calls, without a deadlock', async () => {
    const wallets = await Promise.all(Array.from({ length: 4 }, () => ledger.makeWallet(1_000)));
    const soon = () => new Date(Date.now() + 2_000);
    // Under load it may be over before it begins.
    const late = (error: { code: string }) => expect(error.code).toBe('request.invalid');
    const ends = await Promise.all(
      Array.from({ length: 120 }, async (_, index) => {
        const [from, to] = [wallets[index % 4]!, wallets[(index * 3 + 1) % 4]!];
        if (index % 4 === 0 && from !== to) return ledger.transfer(from.id, to.id, 7);
        if (index % 4 === 1) {
          const lot = { kind: 'promotional', expiresAt: soon() } as const;
          return ledger.grant(from.id, 11, { lot }).catch(late);
        }
        if (index % 8 === 2) return ledger.turnDue();
        const hold = makeHold(from.id, 9);
        await writerOf(index).admit({ hold });
        return writerOf(index).conclude({ settle: makeSettle(hold.id, 'post', 6) });
      }),
    );
    expect(ends).toHaveLength(120);
    await expect
      .poll(
        async () => {
          await ledger.turnDue();
          return ledger.count('grants', `kind = 'promotional' AND remaining_micros > 0`);
        },
        { timeout: 30_000, interval: 200 },
      )
      .toBe(0);
  });

  it('has books that add up after all of it', async () => {
    expect(await ledger.upkeep.listDifferences(10)).toEqual([]);
  });
});

const KILL_EVERY_MS = 15;
const CALLERS = 20;
const ROUNDS_MIN = 20;
/** A look that finds no statement at work cuts nothing: the callers go on until this many were cut. */
const CUTS_MIN = 5;
const CUTTING_MAX_MS = 90_000;
const TRIES_MAX = 200;

/** Asks again, with the same ids, for as long as nobody knows what became of it. */
async function insist<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      const isUnknown = error instanceof DomainError && error.code === 'billing.unavailable';
      if (!isUnknown || tries === TRIES_MAX) throw error;
      await delay(5);
    }
  }
}

// The embedded engine has no connections that could be lost.
for (const kind of databaseKinds().filter((one) => one === 'postgres')) {
  describe(`the ledger on ${kind} while its connections are cut`, () => {
    let ledger: TestLedger;

    beforeAll(async () => {
      Logger.overrideLogger(false);
      ledger = await TestLedger.open(kind);
    });

    afterAll(async () => {
      await ledger.close();
      Logger.overrideLogger(['error', 'warn', 'log']);
    });

    it('holds and posts once what is asked again after every cut', async () => {
      const granted = 1_000_000_000;
      const wallet = await ledger.makeWallet(granted);
      const knife = ledger.dataSource.sidePool();
      let cuts = 0;
      const done = new AbortController();
      const cutting = (async () => {
        for (; !done.signal.aborted; await delay(KILL_EVERY_MS))
          cuts += (await knife.query(CUT)).rowCount ?? 0;
      })();
      const admissions: (Refusal | null)[] = [];
      const conclusions: ConcludeResult[] = [];
      const until = performance.now() + CUTTING_MAX_MS;
      const isOver = (round: number) =>
        round >= ROUNDS_MIN && (cuts >= CUTS_MIN || performance.now() > until);
      await Promise.all(
        Array.from({ length: CALLERS }, async () => {
          for (let round = 0; !isOver(round); round += 1) {
            const hold = makeHold(wallet.id, 10);
            const settle = makeSettle(hold.id, 'post', 7);
            admissions.push(await insist(() => ledger.hold(hold)));
            conclusions.push(await insist(() => ledger.settle(settle)));
          }
        }),
      );
      done.abort();
      await cutting;
      expect(cuts).toBeGreaterThanOrEqual(CUTS_MIN);
      const codes = admissions.map((verdict) => verdict?.code ?? 'admitted');
      expect(codes.every((code) => code === 'admitted' || code === 'billing.hold_exists')).toBe(
        true,
      );
      for (const result of conclusions)
        expect(result).toMatchObject({ ok: true, posted_micros: 7 });
      const posted = conclusions.length * 7;
      expect(conclusions.length).toBeGreaterThanOrEqual(CALLERS * ROUNDS_MIN);
      expect(await ledger.balances(wallet.id)).toEqual([granted - posted, 0, posted]);
      expect(await ledger.upkeep.listDifferences(10)).toEqual([]);
    }, 120_000);
  });
}

const CUT = `
  SELECT pg_terminate_backend(pid) FROM pg_stat_activity
   WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'active'`;
