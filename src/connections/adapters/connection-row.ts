import type {
  ConnectionExtra,
  ConnectionRecord,
  ConnectionScope,
  KeptConnection,
  ModelKind,
  ModelRecord,
  ModelSource,
} from '../domain/connection-record.js';

/** As `to_jsonb` gives it, times as texts; or as the driver does. */
export interface ConnectionRow {
  id: string;
  provider: string;
  name: string;
  base_url: string | null;
  api_key_sealed: string | null;
  api_key_hint: string | null;
  extra: ConnectionExtra;
  scope: ConnectionScope;
  search_space_id: string | null;
  user_id: string | null;
  is_enabled: boolean;
  priority: number;
  load_factor: number;
  slots_max: number | null;
  is_pool: boolean;
  expires_at: string | Date | null;
  serves_catalog: boolean;
  created_by: string | null;
  created_at: string | Date | null;
  updated_at: string | Date | null;
}

export interface ModelRow {
  id: string;
  connection_id: string;
  name: string;
  kind: ModelKind;
  vendor_model: string | null;
  base_model: string | null;
  capabilities: Record<string, unknown>;
  title: string | null;
  quality: number;
  is_enabled: boolean;
  source: ModelSource;
  created_at: string | Date;
  updated_at: string | Date;
}

export interface KeptRow {
  record: ConnectionRow;
  models: ModelRow[];
}

export function toConnectionRecord(row: ConnectionRow): ConnectionRecord {
  return {
    id: row.id,
    provider: row.provider,
    name: row.name,
    baseUrl: row.base_url,
    apiKeySealed: row.api_key_sealed,
    apiKeyHint: row.api_key_hint,
    extra: row.extra,
    scope: row.scope,
    searchSpaceId: row.search_space_id,
    userId: row.user_id,
    isEnabled: row.is_enabled,
    priority: row.priority,
    loadFactor: row.load_factor,
    slotsMax: row.slots_max,
    isPool: row.is_pool,
    expiresAt: toDate(row.expires_at),
    servesCatalog: row.serves_catalog,
    createdBy: row.created_by,
    createdAt: toDate(row.created_at),
    updatedAt: toDate(row.updated_at),
  };
}

function toDate(value: string | Date | null): Date | null {
  return value === null ? null : new Date(value);
}

export function toModelRecord(row: ModelRow): ModelRecord {
  return {
    id: row.id,
    connectionId: row.connection_id,
    name: row.name,
    kind: row.kind,
    vendorModel: row.vendor_model,
    baseModel: row.base_model,
    capabilities: row.capabilities,
    title: row.title,
    quality: row.quality,
    isEnabled: row.is_enabled,
    source: row.source,
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
  };
}

export function toKept({ record, models }: KeptRow): KeptConnection {
  return { record: toConnectionRecord(record), models: models.map(toModelRecord) };
}

export function toConnectionRow(record: ConnectionRecord): ConnectionRow {
  return {
    id: record.id,
    provider: record.provider,
    name: record.name,
    base_url: record.baseUrl,
    api_key_sealed: record.apiKeySealed,
    api_key_hint: record.apiKeyHint,
    extra: record.extra,
    scope: record.scope,
    search_space_id: record.searchSpaceId,
    user_id: record.userId,
    is_enabled: record.isEnabled,
    priority: record.priority,
    load_factor: record.loadFactor,
    slots_max: record.slotsMax,
    is_pool: record.isPool,
    expires_at: record.expiresAt,
    serves_catalog: record.servesCatalog,
    created_by: record.createdBy,
    created_at: record.createdAt,
    updated_at: record.updatedAt,
  };
}

export function toModelRow(model: ModelRecord): ModelRow {
  return {
    id: model.id,
    connection_id: model.connectionId,
    name: model.name,
    kind: model.kind,
    vendor_model: model.vendorModel,
    base_model: model.baseModel,
    capabilities: model.capabilities,
    title: model.title,
    quality: model.quality,
    is_enabled: model.isEnabled,
    source: model.source,
    created_at: model.createdAt,
    updated_at: model.updatedAt,
  };
}
