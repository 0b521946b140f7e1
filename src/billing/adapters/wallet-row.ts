import { toMicros } from '../../common/micros.js';
import type { Wallet } from '../domain/wallet.js';

export interface WalletRow {
  id: string;
  search_space_id: string;
  available_micros: string;
  held_micros: string;
  spent_micros: string;
  overdraft_micros: string;
}

export const WALLET_COLUMNS =
  'id, search_space_id, available_micros, held_micros, spent_micros, overdraft_micros';

export function toWallet(row: WalletRow): Wallet {
  return {
    id: row.id,
    searchSpaceId: row.search_space_id,
    availableMicros: toMicros(row.available_micros),
    heldMicros: toMicros(row.held_micros),
    spentMicros: toMicros(row.spent_micros),
    overdraftMicros: toMicros(row.overdraft_micros),
  };
}
