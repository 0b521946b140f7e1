import type { Micros } from '../../common/micros.js';

export type WalletClosing =
  /** No open wallet: there was none, or it was closed before. */
  | { outcome: 'none' }
  /** Money is set aside for work that has not been concluded. */
  | { outcome: 'held' }
  | { outcome: 'closed'; walletId: string; writtenOffMicros: Micros };

/** The end of a wallet, inside a unit of work. */
export abstract class WalletClosings {
  /** Writes off what is available, as breakage, and closes the wallet for all further money; in one step. */
  abstract close(
    searchSpaceId: string,
    transactionId: string,
    actor: string,
  ): Promise<WalletClosing>;
}
