import type { ConnectionRecord, ModelRecord } from './connection-record.js';

/** For the trail: named as in the answers of the API, without the secret. */
export type StateForAudit = Readonly<Record<string, unknown>>;

export function toConnectionState(record: ConnectionRecord): StateForAudit {
  return {
    provider: record.provider,
    name: record.name,
    base_url: record.baseUrl,
    has_api_key: record.apiKeySealed !== null,
    extra: {
      header: record.extra.keyHeader ?? null,
      organization: record.extra.organization ?? null,
      project: record.extra.project ?? null,
      query_names: Object.keys(record.extra.query ?? {}),
    },
    scope: record.scope,
    user_id: record.userId,
    is_enabled: record.isEnabled,
    priority: record.priority,
    load_factor: record.loadFactor,
    slots_max: record.slotsMax,
    is_pool: record.isPool,
    expires_at: record.expiresAt?.toISOString() ?? null,
    serves_catalog: record.servesCatalog,
  };
}

/** What of the connection is another thing than before. */
export function toChangedStates(before: ConnectionRecord, after: ConnectionRecord) {
  const isNewKey = after.apiKeySealed !== before.apiKeySealed && after.apiKeySealed !== null;
  const changed = pickChanged(toConnectionState(before), toConnectionState(after));
  return {
    before: changed.before,
    after: { ...changed.after, ...(isNewKey && { is_api_key_replaced: true }) },
  };
}

export function toModelState(model: ModelRecord): StateForAudit {
  return {
    name: model.name,
    kind: model.kind,
    vendor_model: model.vendorModel,
    base_model: model.baseModel,
    capabilities: model.capabilities,
    title: model.title,
    quality: model.quality,
    is_enabled: model.isEnabled,
    source: model.source,
  };
}

export function pickChanged(before: StateForAudit, after: StateForAudit) {
  const names = Object.keys(after).filter(
    (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );
  const pick = (state: StateForAudit) =>
    Object.fromEntries(names.map((name) => [name, state[name]]));
  return { before: pick(before), after: pick(after) };
}
