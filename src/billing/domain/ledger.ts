import type { Micros } from '../../common/micros.js';

export type LedgerKind = 'grant' | 'hold' | 'post' | 'void' | 'expire' | 'adjust';
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
  /** A hold's generation, a grant's reason. */
  reference: string | null;
  actor: string | null;
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
}

/** `conflict`: the transaction id stands for another movement. `insufficient`: an adjustment below 0. */
export type GrantOutcome = 'granted' | 'replayed' | 'conflict' | 'wallet_missing' | 'insufficient';

/** A bucket whose balance is not the sum of its entries: a fault of this program. */
export interface LedgerDifference {
  accountId: string;
  bucket: LedgerBucket | 'open_holds';
  balanceMicros: string;
  entriesMicros: string;
}
