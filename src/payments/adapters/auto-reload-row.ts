import { toMicros } from '../../common/micros.js';
import type { AutoReloadRule } from '../domain/auto-reload.js';

export interface AutoReloadRow {
  wallet_id: string;
  search_space_id: string;
  user_id: string;
  provider: string;
  customer_id: string;
  method_id: string;
  threshold_micros: string;
  quantity: number;
  is_enabled: boolean;
  last_attempt_at: Date | null;
  failed_at: Date | null;
  failure: string | null;
}

const NAMES = [
  'wallet_id',
  'search_space_id',
  'user_id',
  'provider',
  'customer_id',
  'method_id',
  'threshold_micros',
  'quantity',
  'is_enabled',
  'last_attempt_at',
  'failed_at',
  'failure',
] as const satisfies readonly (keyof AutoReloadRow)[];

export const AUTO_RELOAD_COLUMNS = NAMES.map((name) => `r.${name}`).join(', ');

export function toAutoReloadRule(row: AutoReloadRow): AutoReloadRule {
  return {
    walletId: row.wallet_id,
    searchSpaceId: row.search_space_id,
    userId: row.user_id,
    provider: row.provider,
    customerId: row.customer_id,
    methodId: row.method_id,
    thresholdMicros: toMicros(row.threshold_micros),
    quantity: row.quantity,
    isEnabled: row.is_enabled,
    lastAttemptAt: row.last_attempt_at,
    failedAt: row.failed_at,
    failure: row.failure,
  };
}
