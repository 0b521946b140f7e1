/**
 * Proves by random histories that wallets, grants and budgets do what a model of them does that knows nothing of their
 * SQL: every verdict, balance, counter, lot and event is the same. `npm run proof` plays 10,000.
 */
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestLedger } from '../factories/ledger.factory.js';
import { proofShare, toSeed } from '../setup/proof-rounds.js';
import { databaseKinds } from '../setup/services.js';
import { MoneyBooks } from './money-model/books.js';
import { type Operation, world } from './money-model/operations.js';
import { playWorld } from './money-model/play.js';

/** The embedded engine is a tenth as fast. */
const WORLDS_LEAST = { postgres: 300, embedded: 100 };
const WORLD_TIMEOUT_MS = 1_000;
/** The rest is for making a counterexample small. */
const SHRINK_MS = 60_000;
const HOUR_MS = 3_600_000;

describe.each(databaseKinds())('money on %s against its model', (kind) => {
  const worlds = proofShare({ whole: 10_000, least: WORLDS_LEAST[kind] });
  let ledger: TestLedger;
  let books: MoneyBooks;

  beforeAll(async () => {
    ledger = await TestLedger.open(kind);
    books = await MoneyBooks.open(ledger.dataSource);
  });

  afterAll(() => ledger.close());

  it('agrees when a grant ends before a call whose money an earlier grant keeps', async () => {
    const hold = (amount: number): Operation => ({
      kind: 'hold',
      members: [
        {
          wallet: 0,
          amount,
          funding: 'wallet',
          user: null,
          key: false,
          lastsMs: 48 * HOUR_MS,
          repeats: null,
        },
      ],
    });
    const nothing = { amount: 0, overdraft: 0 };
    await playWorld(books, {
      startsAt: Date.UTC(2028, 2, 1),
      wallets: [nothing, nothing],
      budgets: [],
      operations: [
        { kind: 'grant', wallet: 0, amount: 60, rank: 1, begins: 0, lasts: null },
        { kind: 'grant', wallet: 0, amount: 100, rank: 2, begins: 0, lasts: 6 * HOUR_MS },
        hold(60),
        hold(100),
        { kind: 'wait', ms: 7 * HOUR_MS },
        { kind: 'turn' },
        { kind: 'grant', wallet: 0, amount: 100, rank: 0, begins: 0, lasts: 6 * HOUR_MS },
        { kind: 'wait', ms: 7 * HOUR_MS },
        { kind: 'turn' },
        { kind: 'settle', members: [{ hold: 0, action: 'post', amount: 50 }] },
        { kind: 'settle', members: [{ hold: 1, action: 'post', amount: 60 }] },
        { kind: 'turn' },
      ],
    });
  });

  it(
    `agrees in ${worlds} random histories`,
    { timeout: worlds * WORLD_TIMEOUT_MS + SHRINK_MS + 10_000 },
    async ({ task }) => {
      const startedAtMs = performance.now();
      let operations = 0;
      await fc.assert(
        fc.asyncProperty(world, async (one) => {
          operations += one.operations.length;
          await playWorld(books, one);
        }),
        {
          ...toSeed(),
          numRuns: worlds,
          interruptAfterTimeLimit: worlds * WORLD_TIMEOUT_MS + SHRINK_MS,
          markInterruptAsFailure: true,
        },
      );
      const row = {
        database: kind,
        histories: worlds,
        operations,
        took_ms: Math.round(performance.now() - startedAtMs),
      };
      task.meta.proof = { name: 'money against its model', row };
      expect(operations).toBeGreaterThanOrEqual(worlds);
    },
  );
});
