import type { Micros } from '../../common/micros.js';
import type { Grant, GrantOutcome, Transfer } from './ledger.js';
import type { Wallet } from './wallet.js';

/** Wallets inside a unit of work: `scope.get(WalletsRepository)`. */
export abstract class WalletsRepository {
  /** The space's wallet, made empty when there is none. May be repeated. */
  abstract createFor(searchSpaceId: string): Promise<Wallet>;

  /** Null = there is no such wallet. */
  abstract findSpaceId(walletId: string): Promise<string | null>;

  /**
   * Moves money into a wallet, or out of it. May be repeated with the same transaction id.
   * @throws DomainError when what it corrects is none of the wallet's, or was credited already
   */
  abstract grant(grant: Grant): Promise<GrantOutcome>;

  /**
   * Moves available money, lot by lot. May be repeated with the same transaction id.
   * @throws DomainError `request.conflict` when there is less than is to be moved
   */
  abstract transfer(transfer: Transfer): Promise<GrantOutcome>;

  /**
   * Sets how far below 0 posts may take the wallet; answers what it was, null when there is no such wallet.
   * @throws DomainError `request.conflict` when the wallet is further below 0
   */
  abstract setOverdraft(walletId: string, overdraftMicros: Micros): Promise<Micros | null>;
}
