/** Proves what the database itself refuses: unbalanced, changed or erased money, and balances out of range. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TypeormWalletClosings } from '../../src/billing/adapters/typeorm-wallet-closings.js';
import { newId } from '../../src/common/ids.js';
import { toMicros } from '../../src/common/micros.js';
import type { Wallet } from '../../src/billing/domain/wallet.js';
import { migrate } from '../../src/persistence/migrate.js';
import { makeHold, makeSettle, TestLedger } from '../factories/ledger.factory.js';
import { databaseKinds } from '../setup/services.js';

describe.each(databaseKinds())('guards of the money tables on %s', (kind) => {
  let ledger: TestLedger;
  let wallet: Wallet;

  beforeAll(async () => {
    ledger = await TestLedger.open(kind);
  });

  beforeEach(async () => {
    wallet = await ledger.makeWallet(100);
  });

  afterAll(() => ledger.close());

  const run = (statement: string, values: unknown[] = []) =>
    ledger.dataSource.query(statement, values);

  async function note(): Promise<string> {
    const id = newId();
    await run(`INSERT INTO ledger_transactions (id, kind) VALUES ($1, 'adjust')`, [id]);
    return id;
  }

  const insertEntries = (transactionId: string, available: number, spent: number) =>
    run(
      `INSERT INTO ledger_entries (account_id, transaction_id, bucket, amount_micros)
       VALUES ($1, $2, 'available', $3), ($1, $2, 'spent', $4)`,
      [wallet.id, transactionId, available, spent],
    );

  it('refuses a transaction that does not sum to zero', async () => {
    const id = await note();
    await expect(insertEntries(id, -10, 9)).rejects.toThrow('does not sum to zero');
    await expect(insertEntries(id, -10, 10)).resolves.toBeDefined();
    // It would be out of balance for the audit below.
    await run('UPDATE accounts SET available_micros = 90, spent_micros = 10 WHERE id = $1', [
      wallet.id,
    ]);
  });

  it('refuses entries of a transaction that is not there, and entries of nothing', async () => {
    await expect(insertEntries(newId(), -10, 10)).rejects.toThrow('is missing');
    await expect(insertEntries(await note(), 0, 0)).rejects.toThrow('amount_micros');
  });

  it.each([
    ['UPDATE ledger_entries SET amount_micros = amount_micros + 1'],
    ['DELETE FROM ledger_entries'],
    ['TRUNCATE ledger_entries'],
    [`UPDATE ledger_transactions SET kind = 'grant'`],
    ['DELETE FROM ledger_transactions'],
    ['TRUNCATE ledger_transactions'],
    ['DELETE FROM accounts'],
    ['TRUNCATE accounts'],
  ])('refuses %s', async (statement) => {
    await expect(run(statement)).rejects.toThrow('money is never erased');
  });

  it.each(['available_micros', 'held_micros', 'spent_micros'])(
    'keeps %s at 0 or more',
    async (column) => {
      const lower = `UPDATE accounts SET ${column} = -1 WHERE id = $1`;
      await expect(run(lower, [wallet.id])).rejects.toThrow('accounts_');
      const beyond = `UPDATE accounts SET ${column} = 9007199254740992 WHERE id = $1`;
      await expect(run(beyond, [wallet.id])).rejects.toThrow('accounts_');
    },
  );

  it('has one platform account and one wallet a space', async () => {
    await expect(
      run(`INSERT INTO accounts (id, kind) VALUES ($1, 'platform')`, [newId()]),
    ).rejects.toThrow('accounts_one_platform');
    const twin = `INSERT INTO accounts (id, kind, search_space_id) VALUES ($1, 'wallet', $2)`;
    await expect(run(twin, [newId(), wallet.searchSpaceId])).rejects.toThrow(
      'accounts_wallet_of_space',
    );
  });

  it('finds a balance that is not the sum of its entries', async () => {
    expect(await ledger.upkeep.listDifferences(10)).toEqual([]);
    await run('UPDATE accounts SET available_micros = 99 WHERE id = $1', [wallet.id]);
    expect(await ledger.upkeep.listDifferences(10)).toEqual([
      {
        accountId: '00000000-0000-7000-8000-000000000000',
        bucket: 'all_accounts',
        balanceMicros: '-1',
        entriesMicros: '0',
      },
      { accountId: wallet.id, bucket: 'available', balanceMicros: '99', entriesMicros: '100' },
      { accountId: wallet.id, bucket: 'lots', balanceMicros: '99', entriesMicros: '100' },
    ]);
    await run('UPDATE accounts SET available_micros = 100 WHERE id = $1', [wallet.id]);
  });

  it('puts usage of a month that nobody prepared aside, and never loses it', async () => {
    const id = '01000000-0000-7000-8000-000000000001';
    await run(
      `INSERT INTO usage_records (id, search_space_id, provider, model, operation, kind, tier, outcome)
       VALUES ($1, $2, 'p', 'm', 'o', 'image', 'free', 'succeeded')`,
      [id, wallet.searchSpaceId],
    );
    expect(await ledger.count('usage_records_unplaced', `id = '${id}'`)).toBe(1);
  });
});

describe.each(databaseKinds())('a wallet of a deleted space on %s', (kind) => {
  it('has no overdraft left for a call that comes too late', async () => {
    const ledger = await TestLedger.open(kind);
    try {
      const wallet = await ledger.makeWallet(100);
      await ledger.work((wallets) => wallets.setOverdraft(wallet.id, toMicros(500)));
      const hold = makeHold(wallet.id, 100);
      await ledger.hold(hold);
      await ledger.dataSource.query(`UPDATE holds SET expires_at = now() WHERE id = $1`, [hold.id]);
      await ledger.settle(makeSettle(hold.id, 'expire'));
      await ledger.dataSource.transaction((manager) =>
        new TypeormWalletClosings(manager).close(wallet.searchSpaceId, newId(), 'system:test'),
      );
      expect(await ledger.settle(makeSettle(hold.id, 'post', 100))).toMatchObject({
        posted_micros: 0,
        shortfall_micros: 100,
      });
    } finally {
      await ledger.close();
    }
  });
});

describe.each(databaseKinds())('wallets from before there were lots on %s', (kind) => {
  it('get one paid lot of what they hold, and nothing that was spent', async () => {
    const ledger = await TestLedger.open(kind);
    try {
      const [full, empty] = [await ledger.makeWallet(100), await ledger.makeWallet()];
      const [open, done] = [makeHold(full.id, 30), makeHold(full.id, 20)];
      await ledger.hold(open);
      await ledger.hold(done);
      await ledger.settle(makeSettle(done.id, 'post', 15));
      for (let isThere = true; isThere;) {
        await ledger.dataSource.undoLastMigration({ transaction: 'all' });
        const [row] = await ledger.dataSource.query<{ name: string | null }[]>(
          `SELECT to_regclass('grants')::text AS name`,
        );
        isThere = row?.name !== null;
      }
      await migrate(ledger.dataSource);
      expect(await ledger.lots.list(full.id, null, 5)).toMatchObject([
        { kind: 'paid', priority: 500, amountMicros: 85, remainingMicros: 85, state: 'active' },
      ]);
      expect(await ledger.lots.list(empty.id, null, 5)).toEqual([]);
      expect(await ledger.upkeep.listDifferences(10)).toEqual([]);
      await ledger.settle(makeSettle(open.id, 'post', 30));
      expect(await ledger.balances(full.id)).toEqual([55, 0, 45]);
      expect(await ledger.upkeep.listDifferences(10)).toEqual([]);
    } finally {
      await ledger.close();
    }
  });
});
