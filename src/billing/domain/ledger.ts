import type { Micros } from '../../common/micros.js';
import type { LotTerms } from './lot.js';

export const LEDGER_KINDS = [
  'grant',
  'hold',
  'post',
  'void',
  'expire',
  'adjust',
  'lapse',
  'transfer',
] as const;
export type LedgerKind = (typeof LEDGER_KINDS)[number];
export type LedgerBucket = 'available' | 'held' | 'spent' | 'issued' | 'breakage';

export interface LedgerEntry {
  bucket: LedgerBucket;
  /** Signed; never 0. */
  amountMicros: Micros;
}

/** One movement of money, with the entries of the wallet it is listed for. */
export interface LedgerTransaction {
  id: string;
  kind: LedgerKind;
  holdId: string | null;
  /** A hold's generation, a grant's reason, a lapse's grant. */
  reference: string | null;
  actor: string | null;
  /** The transaction that an adjustment puts right. */
  correctsId: string | null;
  createdAt: Date;
  entries: readonly LedgerEntry[];
}

/** Money given to a wallet, or a correction of either sign. */
export interface Grant {
  /** UUIDv7; the same one again changes nothing. */
  transactionId: string;
  walletId: string;
  amountMicros: Micros;
  kind: 'grant' | 'adjust';
  reason: string;
  /** Who did it: `user:…` or `system:…`. */
  actor: string;
  /** What the grant's money is; paid, at once and for ever when left out. */
  lot?: LotTerms;
  /** For an adjustment: the transaction of this wallet that it puts right. */
  correctsId?: string;
}

/** Money moved between two wallets; it stays what it was. */
export interface Transfer {
  /** UUIDv7; the same one again changes nothing. */
  transactionId: string;
  fromWalletId: string;
  toWalletId: string;
  amountMicros: Micros;
  reason: string;
  actor: string;
}

/** `conflict`: the transaction id stands for another movement. `insufficient`: an adjustment below 0. */
export type GrantOutcome = 'granted' | 'replayed' | 'conflict' | 'wallet_missing' | 'insufficient';

/**
 * What does not add up: a fault of this program. A bucket against its entries, or what is held against the open holds,
 * the money of a wallet against its lots, all accounts against zero, a month's sum against its entries.
 */
export interface LedgerDifference {
  accountId: string;
  bucket: LedgerBucket | 'open_holds' | 'lots' | 'all_accounts' | 'closed_month';
  balanceMicros: string;
  entriesMicros: string;
}
