import type { Micros } from '../../common/micros.js';

/** The money of one search space. */
export interface Wallet {
  id: string;
  searchSpaceId: string;
  /** What can be spent now; below 0 when calls cost more than they held. */
  availableMicros: Micros;
  /** Set aside for calls under way. */
  heldMicros: Micros;
  /** Spent since the wallet was made. */
  spentMicros: Micros;
  /** How far below 0 a call that costs more than it held may take the wallet. */
  overdraftMicros: Micros;
}

export type WalletStatus = 'ok' | 'warning' | 'blocked';

export const WARNING_BELOW_MICROS = 500_000;

/** `blocked`: nothing left to spend. `warning`: less than half a dollar. */
export function toWalletStatus({ availableMicros }: Pick<Wallet, 'availableMicros'>): WalletStatus {
  if (availableMicros <= 0) return 'blocked';
  return availableMicros < WARNING_BELOW_MICROS ? 'warning' : 'ok';
}
