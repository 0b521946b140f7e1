import type { Grant, GrantOutcome } from './ledger.js';
import type { Wallet } from './wallet.js';

/** Wallets inside a unit of work: `scope.get(WalletsRepository)`. */
export abstract class WalletsRepository {
  /** The space's wallet, made empty when there is none. May be repeated. */
  abstract createFor(searchSpaceId: string): Promise<Wallet>;

  /** Null = there is no such wallet. */
  abstract findSpaceId(walletId: string): Promise<string | null>;

  /** Moves money into a wallet. May be repeated with the same transaction id. */
  abstract grant(grant: Grant): Promise<GrantOutcome>;
}
