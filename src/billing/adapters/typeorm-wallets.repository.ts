import type { EntityManager } from 'typeorm';
import { assert } from '../../common/assert.js';
import { DomainError } from '../../common/domain-error.js';
import { newId } from '../../common/ids.js';
import { findConstraint } from '../../persistence/sql-error.js';
import { type Micros, toMicros } from '../../common/micros.js';
import {
  correctedMissing,
  correctionExceeds,
  overdraftInUse,
  transferExceeds,
  walletNotFound,
} from '../domain/billing.errors.js';
import type { Grant, GrantOutcome, Transfer } from '../domain/ledger.js';
import type { Verdict } from '../domain/settlement.js';
import type { Wallet } from '../domain/wallet.js';
import { WalletsRepository } from '../domain/wallets.repository.port.js';
import { toWallet, WALLET_COLUMNS, type WalletRow } from './wallet-row.js';

const INSERT = `
  INSERT INTO accounts (id, kind, search_space_id) VALUES ($1, 'wallet', $2)
  ON CONFLICT (search_space_id) WHERE kind = 'wallet' DO NOTHING`;

const SELECT = `SELECT ${WALLET_COLUMNS} FROM accounts WHERE kind = 'wallet' AND search_space_id = $1`;

const FIND_SPACE = `SELECT search_space_id FROM accounts WHERE kind = 'wallet' AND id = $1`;

const GRANT = 'SELECT to_jsonb(billing_grant($1::jsonb, ARRAY[NULL]::jsonb[])) AS verdicts';

const TRANSFER = 'SELECT billing_transfer($1, $2, $3::bigint, $4, $5, $6) AS verdict';

const SET_OVERDRAFT = `
  UPDATE accounts a SET overdraft_micros = $2
    FROM (SELECT id, overdraft_micros FROM accounts
           WHERE id = $1 AND kind = 'wallet' AND closed_at IS NULL FOR NO KEY UPDATE) b
   WHERE a.id = b.id RETURNING b.overdraft_micros AS before_micros`;

const OUTCOMES: Readonly<Record<string, GrantOutcome>> = {
  'billing.transaction_conflict': 'conflict',
  'billing.wallet_missing': 'wallet_missing',
  'billing.insufficient_balance': 'insufficient',
};

/** Balances move in the database's own functions, so there is no entity to save. */
export class TypeormWalletsRepository extends WalletsRepository {
  constructor(private readonly manager: EntityManager) {
    super();
  }

  async createFor(searchSpaceId: string): Promise<Wallet> {
    await this.manager.query(INSERT, [newId(), searchSpaceId]);
    const [row] = await this.manager.query<WalletRow[]>(SELECT, [searchSpaceId]);
    assert(row, 'a wallet that was just made is not there');
    return toWallet(row);
  }

  async findSpaceId(walletId: string): Promise<string | null> {
    const [row] = await this.manager.query<{ search_space_id: string }[]>(FIND_SPACE, [walletId]);
    return row?.search_space_id ?? null;
  }

  async grant(grant: Grant): Promise<GrantOutcome> {
    const member = {
      grant: {
        transaction_id: grant.transactionId,
        account_id: grant.walletId,
        amount_micros: grant.amountMicros,
        kind: grant.kind,
        reference: grant.reason,
        actor: grant.actor,
        corrects_id: grant.correctsId,
        lot_kind: grant.lot?.kind,
        priority: grant.lot?.priority,
        effective_at: grant.lot?.effectiveAt,
        expires_at: grant.lot?.expiresAt,
      },
    };
    const [row] = await this.manager
      .query<{ verdicts: Verdict[] }[]>(GRANT, [JSON.stringify([member])])
      .catch(refuseLate);
    return toOutcome(row?.verdicts[0] as Record<string, unknown> | null | undefined);
  }

  async transfer(transfer: Transfer): Promise<GrantOutcome> {
    const [row] = await this.manager.query<{ verdict: Record<string, unknown> }[]>(TRANSFER, [
      transfer.fromWalletId,
      transfer.toWalletId,
      transfer.amountMicros,
      transfer.transactionId,
      transfer.reason,
      transfer.actor,
    ]);
    if (row?.verdict.code === 'billing.insufficient_balance')
      throw transferExceeds(toMicros(Number(row.verdict.remaining_micros)));
    return toOutcome(row?.verdict);
  }

  async setOverdraft(walletId: string, overdraftMicros: Micros): Promise<Micros | null> {
    const [rows] = await this.manager
      .query<[{ before_micros: string }[], number]>(SET_OVERDRAFT, [walletId, overdraftMicros])
      .catch(refuseOverdraft);
    const [row] = rows;
    return row ? toMicros(row.before_micros) : null;
  }
}

/** What became true while the grant waited for its turn. */
function refuseLate(error: unknown): never {
  // The wallet of a deleted space stays in the books, and is nobody's any more.
  if (findConstraint(error) === 'accounts_closed_empty') throw walletNotFound();
  if (findConstraint(error) === 'grants_expire_later')
    throw DomainError.invalid('expires_at', 'must be in the future');
  throw error;
}

function refuseOverdraft(error: unknown): never {
  if (findConstraint(error) === 'accounts_available_range') throw overdraftInUse();
  throw error;
}

function toOutcome(verdict: Record<string, unknown> | null | undefined): GrantOutcome {
  assert(verdict, 'a grant without a verdict');
  if (verdict.ok === true) return verdict.replayed === true ? 'replayed' : 'granted';
  if (verdict.code === 'billing.corrected_missing') throw correctedMissing();
  if (verdict.code === 'billing.correction_exceeds')
    throw correctionExceeds(toMicros(Number(verdict.remaining_micros)));
  const outcome = OUTCOMES[String(verdict.code)];
  assert(outcome, `an unknown verdict on a grant: ${String(verdict.code)}`);
  return outcome;
}
