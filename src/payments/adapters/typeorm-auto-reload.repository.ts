import type { EntityManager } from 'typeorm';
import { type AutoReloadRule, COOL_DOWN_MINUTES, type SavedMethod } from '../domain/auto-reload.js';
import { AutoReloadRepository } from '../domain/auto-reload.repository.port.js';
import { AUTO_RELOAD_COLUMNS, type AutoReloadRow, toAutoReloadRule } from './auto-reload-row.js';

const LOCK = `
  SELECT ${AUTO_RELOAD_COLUMNS} FROM auto_reload_rules r WHERE r.wallet_id = $1 FOR NO KEY UPDATE`;

const SAVE = `
  INSERT INTO auto_reload_rules (wallet_id, search_space_id, user_id, provider, customer_id, method_id,
                                 threshold_micros, quantity, is_enabled)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
  ON CONFLICT (wallet_id) DO UPDATE
    SET user_id = excluded.user_id, provider = excluded.provider, customer_id = excluded.customer_id,
        method_id = excluded.method_id, threshold_micros = excluded.threshold_micros,
        quantity = excluded.quantity, is_enabled = excluded.is_enabled, failed_at = NULL, failure = NULL,
        updated_at = now()`;

/** The rule is locked and read anew, so that of two processes that look at the same moment one finds it taken. */
const CLAIM = `
  UPDATE auto_reload_rules r SET last_attempt_at = now()
   WHERE r.wallet_id = (
           SELECT d.wallet_id FROM auto_reload_rules d
             JOIN accounts a ON a.id = d.wallet_id
             JOIN search_spaces s ON s.id = d.search_space_id
            WHERE d.is_enabled AND d.provider = $1
              AND (d.last_attempt_at IS NULL OR d.last_attempt_at <= now() - interval '${COOL_DOWN_MINUTES} minutes')
              AND a.available_micros < d.threshold_micros AND a.closed_at IS NULL AND s.state = 'active'
              AND NOT EXISTS (SELECT FROM credit_purchases p WHERE p.wallet_id = d.wallet_id
                                 AND p.source = 'auto_reload' AND p.status = 'pending')
            ORDER BY d.last_attempt_at NULLS FIRST LIMIT 1
              FOR NO KEY UPDATE OF d SKIP LOCKED)
  RETURNING ${AUTO_RELOAD_COLUMNS}`;

const SWITCH_OFF = `
  UPDATE auto_reload_rules SET is_enabled = false, failed_at = now(), failure = $2, updated_at = now()
   WHERE wallet_id = $1 AND is_enabled RETURNING wallet_id`;

const REPLACE_METHOD = `
  UPDATE auto_reload_rules SET customer_id = $3, method_id = $4, updated_at = now()
   WHERE wallet_id = $1 AND provider = $2`;

export class TypeormAutoReloadRepository extends AutoReloadRepository {
  constructor(private readonly manager: EntityManager) {
    super();
  }

  async lock(walletId: string): Promise<AutoReloadRule | null> {
    const [row] = await this.manager.query<AutoReloadRow[]>(LOCK, [walletId]);
    return row ? toAutoReloadRule(row) : null;
  }

  async save(rule: AutoReloadRule): Promise<void> {
    await this.manager.query(SAVE, [
      rule.walletId,
      rule.searchSpaceId,
      rule.userId,
      rule.provider,
      rule.customerId,
      rule.methodId,
      rule.thresholdMicros,
      rule.quantity,
      rule.isEnabled,
    ]);
  }

  async claimDue(provider: string): Promise<AutoReloadRule | null> {
    const [[row]] = await this.manager.query<[AutoReloadRow[], number]>(CLAIM, [provider]);
    return row ? toAutoReloadRule(row) : null;
  }

  async switchOff(walletId: string, failure: string): Promise<boolean> {
    const values = [walletId, failure];
    const [rows] = await this.manager.query<[object[], number]>(SWITCH_OFF, values);
    return rows.length === 1;
  }

  async replaceMethod(walletId: string, provider: string, method: SavedMethod): Promise<void> {
    const values = [walletId, provider, method.customerId, method.methodId];
    await this.manager.query(REPLACE_METHOD, values);
  }
}
