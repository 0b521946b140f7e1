/**
 * The bank test: workers hold, post, void, expire, grant, correct and transfer at random on a few wallets under budgets,
 * while readers look. Every snapshot adds up, nothing is overdrawn, and no deadlock comes out.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import type { ManagedDataSource } from '../../src/persistence/managed-data-source.js';
import { insertBudget } from '../factories/budget.factory.js';
import { createTestDatabase, type TestDatabase } from '../setup/database.js';
import { proofShare } from '../setup/proof-rounds.js';
import { databaseKinds } from '../setup/services.js';
import { type Bank, BankWorker } from './bank.js';
import { MONEY_FAULTS } from './money-faults.js';

const WALLETS = 20;
const WORKERS = 16;
/** Each has ten connections. */
const POOLS = 2;
const READERS = 2;
const READ_EVERY_MS = 50;
const WORK_S = {
  postgres: proofShare({ whole: 60, least: 8 }),
  embedded: proofShare({ whole: 20, least: 4 }),
};
const SPARE_MS = 90_000;

describe.each(databaseKinds())('the bank on %s', (kind) => {
  let database: TestDatabase;
  let pools: ManagedDataSource[];
  const bank: Bank = {
    wallets: ids(WALLETS),
    people: ids(3),
    keys: ids(3),
    holds: [],
    counts: {},
    faults: [],
  };

  beforeAll(async () => {
    database = await createTestDatabase(kind);
    const count = kind === 'postgres' ? POOLS : 1;
    pools = await Promise.all(Array.from({ length: count }, () => database.open()));
    await fill(pools[0]!);
  });

  afterAll(() => database.drop());

  it(
    `adds up in every snapshot of ${WORK_S[kind]} s`,
    { timeout: WORK_S[kind] * 1_000 + SPARE_MS },
    async ({ task }) => {
      const endsAtMs = performance.now() + WORK_S[kind] * 1_000;
      const isOver = (): boolean => performance.now() > endsAtMs || bank.faults.length > 0;
      const workers = Array.from(
        { length: WORKERS },
        (_, index) => new BankWorker(pools[index % pools.length]!, bank),
      );
      const readers = Array.from({ length: READERS }, () => readUntil(isOver));
      await Promise.all(workers.map((worker) => worker.workUntil(isOver)));
      const snapshots = await Promise.all(readers);
      await workers[0]!.endAll();
      expect([...bank.faults, ...(await look())]).toEqual([]);
      const [left] = await query<{ held: string }>(
        'SELECT (SELECT sum(held_micros) FROM accounts) + (SELECT sum(held_micros) FROM budgets) AS held',
      );
      expect(left).toEqual({ held: '0' });
      for (const what of [
        'admitted',
        'posted',
        'voided',
        'expired',
        'transfer',
        'grant',
        'adjust',
      ]) {
        expect(bank.counts[what], what).toBeGreaterThan(0);
      }
      const snapshotCount = snapshots.reduce((sum, count) => sum + count, 0);
      expect(snapshotCount).toBeGreaterThan(0);
      const row = { database: kind, seconds: WORK_S[kind], snapshots: snapshotCount };
      task.meta.proof = { name: 'bank', row: { ...row, ...bank.counts, ...(await deadlocks()) } };
    },
  );

  function query<R>(text: string, values: unknown[] = []): Promise<R[]> {
    return pools[0]!.query<R[]>(text, values);
  }

  /** Spaces with wallets that may go a little below zero, and caps of every scope, tight enough to bind. */
  async function fill(dataSource: ManagedDataSource): Promise<void> {
    await dataSource.query(
      `WITH space AS (INSERT INTO search_spaces (id, name, created_at)
         SELECT id, 'bank', now() FROM unnest($1::uuid[]) AS w (id))
       INSERT INTO accounts (id, kind, search_space_id, overdraft_micros)
       SELECT id, 'wallet', id, 500 FROM unnest($1::uuid[]) AS w (id)`,
      [bank.wallets],
    );
    const insert = (seed: Parameters<typeof insertBudget>[1]) => insertBudget(dataSource, seed);
    await insert({ scope: 'global', limitMicros: 1_000, mode: 'soft', period: 'month' });
    for (const subjectId of bank.people) {
      await insert({ scope: 'user', subjectId, limitMicros: 400_000, period: 'day' });
    }
    for (const [index, searchSpaceId] of bank.wallets.entries()) {
      const subjectId = searchSpaceId;
      if (index % 2 === 0)
        await insert({ scope: 'space', subjectId, searchSpaceId, limitMicros: 60_000 });
      await insert({
        scope: 'subscription',
        subjectId,
        searchSpaceId,
        limitMicros: 30_000,
        period: '5h',
      });
      await insert({
        scope: 'key',
        subjectId: bank.keys[index % bank.keys.length],
        searchSpaceId,
        limitMicros: 20_000,
        period: '1d',
      });
    }
  }

  async function readUntil(isOver: () => boolean): Promise<number> {
    let snapshots = 0;
    for (; !isOver(); await delay(READ_EVERY_MS)) {
      bank.faults.push(...(await look().catch((error: unknown) => [String(error)])));
      snapshots += 1;
    }
    return snapshots;
  }

  /** One moment, whatever is written meanwhile. */
  function look(): Promise<string[]> {
    return pools.at(-1)!.transaction('REPEATABLE READ', async (manager) => {
      const faults: string[] = [];
      for (const [what, text] of Object.entries(MONEY_FAULTS)) {
        const rows = await manager.query<object[]>(text);
        if (rows.length > 0) faults.push(`${what}: ${JSON.stringify(rows.slice(0, 3))}`);
      }
      return faults;
    });
  }

  /** Those that the product met with another try count too; none is expected. */
  async function deadlocks(): Promise<Record<string, number>> {
    if (kind === 'embedded') return {};
    const [row] = await query<{ deadlocks: string }>(
      'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
    );
    return { deadlocks: Number(row?.deadlocks) };
  }
});

function ids(count: number): string[] {
  return Array.from({ length: count }, () => newId()).toSorted();
}
