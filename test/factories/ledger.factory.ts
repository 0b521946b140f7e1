/** A ledger on a fresh database, with the words that the money tests use. */
import { newId } from '../../src/common/ids.js';
import { toMicros } from '../../src/common/micros.js';
import { SqlHoldsReader } from '../../src/billing/adapters/sql-holds.reader.js';
import { SqlLedgerBooks } from '../../src/billing/adapters/sql-ledger-books.js';
import { SqlLotsReader } from '../../src/billing/adapters/sql-lots.reader.js';
import { SqlMoneyUpkeep } from '../../src/billing/adapters/sql-money-upkeep.js';
import { SqlSettlementStore } from '../../src/billing/adapters/sql-settlement.store.js';
import { SqlStatementsReader } from '../../src/billing/adapters/sql-statements.reader.js';
import { SqlUsageReader } from '../../src/billing/adapters/sql-usage.reader.js';
import { SqlWalletsReader } from '../../src/billing/adapters/sql-wallets.reader.js';
import { TypeormWalletsRepository } from '../../src/billing/adapters/typeorm-wallets.repository.js';
import type { Grant, GrantOutcome, Transfer } from '../../src/billing/domain/ledger.js';
import type {
  ConcludeResult,
  HoldRequest,
  Refusal,
  SettleRequest,
  UsageEntry,
} from '../../src/billing/domain/settlement.js';
import type { Wallet } from '../../src/billing/domain/wallet.js';
import { SettlementRiders } from '../../src/billing/settlement-riders.js';
import { SettlementWriter } from '../../src/billing/settlement-writer.js';
import type { ManagedDataSource } from '../../src/persistence/managed-data-source.js';
import { PgSql } from '../../src/persistence/pg-sql.js';
import { createTestDatabase, type TestDatabase } from '../setup/database.js';
import type { DatabaseKind } from '../setup/services.js';

const NO_ID = '00000000-0000-0000-0000-000000000000';

/** A ledger, and what a test asks of it. */
export class TestLedger {
  readonly riders = new SettlementRiders();
  readonly sql: PgSql;
  readonly store: SqlSettlementStore;
  readonly writer: SettlementWriter;
  readonly wallets: SqlWalletsReader;
  readonly holds: SqlHoldsReader;
  readonly usage: SqlUsageReader;
  readonly upkeep: SqlMoneyUpkeep;
  readonly lots: SqlLotsReader;
  readonly statements: SqlStatementsReader;
  readonly books: SqlLedgerBooks;

  private constructor(
    private readonly database: TestDatabase,
    readonly dataSource: ManagedDataSource,
  ) {
    this.sql = new PgSql(dataSource);
    this.store = new SqlSettlementStore(this.sql);
    this.writer = new SettlementWriter(this.store, this.riders);
    this.wallets = new SqlWalletsReader(this.sql);
    this.holds = new SqlHoldsReader(this.sql);
    this.usage = new SqlUsageReader(this.sql);
    this.upkeep = new SqlMoneyUpkeep(this.sql);
    this.lots = new SqlLotsReader(this.sql);
    this.statements = new SqlStatementsReader(this.sql);
    this.books = new SqlLedgerBooks(this.sql);
  }

  static async open(kind: DatabaseKind): Promise<TestLedger> {
    const database = await createTestDatabase(kind);
    return new TestLedger(database, await database.open());
  }

  async close(): Promise<void> {
    await this.writer.drain();
    await this.database.drop();
  }

  /** A wallet of a new space, with this much in it. */
  async makeWallet(amountMicros = 0): Promise<Wallet> {
    const wallet = await this.dataSource.transaction((manager) =>
      new TypeormWalletsRepository(manager).createFor(newId()),
    );
    if (amountMicros > 0) await this.grant(wallet.id, amountMicros);
    return wallet;
  }

  grant(walletId: string, amountMicros: number, more: Partial<Grant> = {}): Promise<GrantOutcome> {
    const grant: Grant = {
      transactionId: newId(),
      walletId,
      amountMicros: toMicros(amountMicros),
      kind: 'grant',
      reason: 'a test',
      actor: 'system:test',
      ...more,
    };
    return this.dataSource.transaction((manager) =>
      new TypeormWalletsRepository(manager).grant(grant),
    );
  }

  transfer(
    fromWalletId: string,
    toWalletId: string,
    amountMicros: number,
    transactionId = newId(),
  ): Promise<GrantOutcome> {
    const transfer: Transfer = {
      transactionId,
      fromWalletId,
      toWalletId,
      amountMicros: toMicros(amountMicros),
      reason: 'a test',
      actor: 'system:test',
    };
    return this.work((wallets) => wallets.transfer(transfer));
  }

  /** Work on wallets in a transaction of its own. */
  work<T>(work: (wallets: TypeormWalletsRepository) => Promise<T>): Promise<T> {
    return this.dataSource.transaction((manager) => work(new TypeormWalletsRepository(manager)));
  }

  /** Turns the lots of all wallets that are due, as the job does. */
  async turnDue(): Promise<void> {
    for (let after: string | null = NO_ID; after !== null;)
      after = await this.upkeep.turnDueLots(after, 10);
  }

  hold(hold: HoldRequest): Promise<Refusal | null> {
    return this.writer.admit({ hold });
  }

  settle(settle: SettleRequest, usage?: UsageEntry): Promise<ConcludeResult> {
    return this.writer.conclude({ settle, usage });
  }

  /** The three balances that matter: `[available, held, spent]`. */
  async balances(walletId: string): Promise<[number, number, number]> {
    const wallet = await this.wallets.find(walletId);
    if (!wallet) throw new Error(`no wallet ${walletId}`);
    return [wallet.availableMicros, wallet.heldMicros, wallet.spentMicros];
  }

  async count(table: string, where = 'true'): Promise<number> {
    const [row] = await this.dataSource.query<{ count: string }[]>(
      `SELECT count(*) AS count FROM ${table} WHERE ${where}`,
    );
    return Number(row?.count);
  }
}

export function makeHold(walletId: string, amountMicros: number, more: Partial<HoldRequest> = {}) {
  return {
    id: newId(),
    transaction_id: newId(),
    account_id: walletId,
    amount_micros: amountMicros,
    reference: newId(),
    actor: 'user:test',
    expires_in_s: 3_600,
    ...more,
  } satisfies HoldRequest;
}

export function makeSettle(
  holdId: string,
  action: SettleRequest['action'],
  amountMicros?: number,
  more: Partial<SettleRequest> = {},
): SettleRequest {
  const settle = { hold_id: holdId, transaction_id: newId(), action, ...more };
  return amountMicros === undefined ? settle : { ...settle, amount_micros: amountMicros };
}

export function makeUsage(searchSpaceId: string, more: Partial<UsageEntry> = {}): UsageEntry {
  return {
    id: newId(),
    search_space_id: searchSpaceId,
    provider: 'embedded',
    model: 'embedded-image',
    operation: 'generate',
    kind: 'image',
    tier: 'platform',
    outcome: 'succeeded',
    images_requested: 1,
    images_delivered: 1,
    ...more,
  };
}
