import type { Micros } from '../../common/micros.js';

/** The money of one search space. */
export interface Wallet {
  id: string;
  searchSpaceId: string;
  /** What can be spent now. */
  availableMicros: Micros;
  /** Set aside for calls under way. */
  heldMicros: Micros;
  /** Spent since the wallet was made. */
  spentMicros: Micros;
}

export type WalletStatus = 'ok' | 'warning' | 'blocked';

export const WARNING_BELOW_MICROS = 500_000;

/** `blocked`: nothing left to spend. `warning`: less than half a dollar. */
export function toWalletStatus({ availableMicros }: Pick<Wallet, 'availableMicros'>): WalletStatus {
  if (availableMicros <= 0) return 'blocked';
  return availableMicros < WARNING_BELOW_MICROS ? 'warning' : 'ok';
}
