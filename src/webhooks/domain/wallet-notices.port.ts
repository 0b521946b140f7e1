/** A wallet that ran low since it was last looked at. */
export interface LowWallet {
  searchSpaceId: string;
  walletId: string;
  status: 'warning' | 'blocked';
  availableMicros: number;
}

/** Which wallets are low and were told of, inside a unit of work. */
export abstract class WalletNotices {
  /**
   * Notes the wallets that are lower than they were told of, in spaces with an endpoint that asked for it; and forgets
   * those that are filled again.
   * @param warningBelowMicros `warning` is below it, `blocked` has nothing left
   */
  abstract note(warningBelowMicros: number, limit: number): Promise<LowWallet[]>;
}
