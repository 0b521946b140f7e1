import { Injectable } from '@nestjs/common';
import { toMicros } from '../../common/micros.js';
import { Sql } from '../../persistence/sql.port.js';
import type { LedgerBucket, LedgerKind, LedgerTransaction } from '../domain/ledger.js';
import type { Wallet } from '../domain/wallet.js';
import { WalletsReader } from '../domain/wallets.reader.port.js';
import { toWallet, WALLET_COLUMNS, type WalletRow } from './wallet-row.js';

const FIND = `SELECT ${WALLET_COLUMNS} FROM accounts WHERE kind = 'wallet' AND id = $1`;

const FIND_BY_SPACE = `
  SELECT ${WALLET_COLUMNS} FROM accounts WHERE kind = 'wallet' AND search_space_id = $1`;

/** Walks the account's entries backwards along their primary key and stops after `limit` transactions. */
const LIST = `
  SELECT t.id, t.kind, t.hold_id, t.reference, t.actor, t.corrects_id, t.created_at, e.entries
    FROM (SELECT transaction_id,
                 jsonb_agg(jsonb_build_array(bucket, amount_micros) ORDER BY bucket) AS entries
            FROM ledger_entries
           WHERE account_id = $1
             AND transaction_id < coalesce($2::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
           GROUP BY transaction_id ORDER BY transaction_id DESC LIMIT $3) e
    JOIN ledger_transactions t ON t.id = e.transaction_id
   ORDER BY t.id DESC`;

interface TransactionRow {
  id: string;
  kind: LedgerKind;
  hold_id: string | null;
  reference: string | null;
  actor: string | null;
  corrects_id: string | null;
  created_at: Date;
  entries: [LedgerBucket, number][];
}

@Injectable()
export class SqlWalletsReader extends WalletsReader {
  constructor(private readonly sql: Sql) {
    super();
  }

  async find(walletId: string): Promise<Wallet | null> {
    const [row] = await this.sql.query<WalletRow>('wallet_find', FIND, [walletId]);
    return row ? toWallet(row) : null;
  }

  async findBySpace(searchSpaceId: string): Promise<Wallet | null> {
    const [row] = await this.sql.query<WalletRow>('wallet_find_by_space', FIND_BY_SPACE, [
      searchSpaceId,
    ]);
    return row ? toWallet(row) : null;
  }

  async listTransactions(
    walletId: string,
    before: string | null,
    limit: number,
  ): Promise<LedgerTransaction[]> {
    const values = [walletId, before, limit];
    const rows = await this.sql.query<TransactionRow>('wallet_transactions', LIST, values);
    return rows.map(toTransaction);
  }
}

function toTransaction(row: TransactionRow): LedgerTransaction {
  return {
    id: row.id,
    kind: row.kind,
    holdId: row.hold_id,
    reference: row.reference,
    actor: row.actor,
    correctsId: row.corrects_id,
    createdAt: row.created_at,
    entries: row.entries.map(([bucket, amount]) => ({ bucket, amountMicros: toMicros(amount) })),
  };
}
