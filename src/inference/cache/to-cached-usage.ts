import type { UsageEntry } from '../../billing/domain/settlement.js';
import type { CacheRoute } from './to-cache-key.js';

export interface CachedCall {
  /** UUIDv7, by `newId()`: there is no attempt. */
  id: string;
  searchSpaceId: string;
  userId: string;
  apiKeyId: string | null;
  route: CacheRoute;
  provider: string;
  /** Whose answer it was. */
  model: string;
  /** What the caller asked for, where that is another name. */
  requestedModel: string | null;
  latencyMs: number;
}

/**
 * The usage row of a call that was answered from the cache, for `SettlementWriter.conclude({ usage })`: it counts as a
 * call, nobody is charged, and no tokens are counted, for no vendor read or wrote any.
 */
export function toCachedUsage(call: CachedCall): UsageEntry {
  return {
    id: call.id,
    search_space_id: call.searchSpaceId,
    user_id: call.userId,
    api_key_id: call.apiKeyId,
    provider: call.provider,
    model: call.model,
    requested_model: call.requestedModel,
    operation: call.route,
    kind: call.route,
    tier: 'free',
    outcome: 'cached',
    list_cost_micros: 0,
    latency_ms: call.latencyMs,
  };
}
