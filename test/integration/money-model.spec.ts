/**
 * Proves by random histories that wallets, grants and budgets do what a model of them does that knows nothing of their
 * SQL: every verdict, balance, counter, lot and event is the same. `npm run proof` plays 10,000.
 */
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestLedger } from '../factories/ledger.factory.js';
import { proofShare } from '../setup/proof-rounds.js';
import { databaseKinds } from '../setup/services.js';
import { MoneyBooks } from './money-model/books.js';
import { world } from './money-model/operations.js';
import { playWorld } from './money-model/play.js';

/** The embedded engine is a tenth as fast. */
const WORLDS_LEAST = { postgres: 300, embedded: 100 };
const WORLD_TIMEOUT_MS = 1_000;
/** The rest is for making a counterexample small. */
const SHRINK_MS = 60_000;

describe.each(databaseKinds())('money on %s against its model', (kind) => {
  const worlds = proofShare({ whole: 10_000, least: WORLDS_LEAST[kind] });
  let ledger: TestLedger;
  let books: MoneyBooks;

  beforeAll(async () => {
    ledger = await TestLedger.open(kind);
    books = await MoneyBooks.open(ledger.dataSource);
  });

  afterAll(() => ledger.close());

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
