import type { EntityManager } from 'typeorm';
import { DomainError } from '../../common/domain-error.js';
import { findConstraint } from '../../persistence/sql-error.js';
import type { ConnectionRecord, ModelRecord } from '../domain/connection-record.js';
import {
  type ConnectionHolder,
  ConnectionsRepository,
} from '../domain/connections.repository.port.js';
import { type ModelPreference, NO_PREFERENCE } from '../domain/model-preference.js';
import {
  type ConnectionRow,
  type ModelRow,
  toConnectionRecord,
  toConnectionRow,
  toModelRecord,
  toModelRow,
} from './connection-row.js';

const SAVE = `
  INSERT INTO connections AS c
  SELECT (jsonb_populate_record(NULL::connections, $1::jsonb)).*
  ON CONFLICT (id) DO UPDATE SET name = excluded.name, base_url = excluded.base_url,
    api_key_sealed = excluded.api_key_sealed, api_key_hint = excluded.api_key_hint, extra = excluded.extra,
    is_enabled = excluded.is_enabled, priority = excluded.priority, load_factor = excluded.load_factor,
    slots_max = excluded.slots_max, is_pool = excluded.is_pool, expires_at = excluded.expires_at,
    serves_catalog = excluded.serves_catalog, updated_at = excluded.updated_at`;

const SAVE_MODELS = `
  INSERT INTO connection_models AS m
  SELECT (jsonb_populate_record(NULL::connection_models, x.line)).*
    FROM jsonb_array_elements($1::jsonb) AS x (line)
  ON CONFLICT (connection_id, name) DO UPDATE SET vendor_model = excluded.vendor_model, base_model = excluded.base_model,
    capabilities = excluded.capabilities, title = excluded.title, quality = excluded.quality,
    is_enabled = excluded.is_enabled, updated_at = excluded.updated_at`;

const SAVE_PREFERENCE = `
  INSERT INTO model_preferences (search_space_id, image_model, chat_model, embedding_model,
    fails_over_refusals, response_cache_ttl_s, updated_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7)
  ON CONFLICT (search_space_id) DO UPDATE SET image_model = $2, chat_model = $3, embedding_model = $4,
    fails_over_refusals = $5, response_cache_ttl_s = $6, updated_at = $7,
    response_cache_edition = model_preferences.response_cache_edition
      + (model_preferences.response_cache_ttl_s IS DISTINCT FROM $6)::integer`;

interface PreferenceRow {
  image_model: string | null;
  chat_model: string | null;
  embedding_model: string | null;
  fails_over_refusals: boolean;
  response_cache_ttl_s: number | null;
}

export class TypeormConnectionsRepository extends ConnectionsRepository {
  constructor(private readonly manager: EntityManager) {
    super();
  }

  async lockAll(): Promise<void> {
    await this.manager.query(`SELECT pg_advisory_xact_lock(hashtext('atelier connections'))`);
  }

  async count({ scope, searchSpaceId, userId }: ConnectionHolder): Promise<number> {
    const [row] = await this.manager.query<{ count: number }[]>(
      `SELECT count(*)::int AS count FROM connections WHERE scope = $1
         AND search_space_id IS NOT DISTINCT FROM $2 AND user_id IS NOT DISTINCT FROM $3`,
      [scope, searchSpaceId, userId],
    );
    return row?.count ?? 0;
  }

  async lock(id: string): Promise<ConnectionRecord | null> {
    const [row] = await this.manager.query<ConnectionRow[]>(
      'SELECT c.* FROM connections c WHERE c.id = $1 FOR UPDATE',
      [id],
    );
    return row ? toConnectionRecord(row) : null;
  }

  async save(record: ConnectionRecord): Promise<void> {
    await this.manager
      .query(SAVE, [JSON.stringify(toConnectionRow(record))])
      .catch(refuseClosedSpace);
  }

  async remove(id: string): Promise<void> {
    await this.manager.query('DELETE FROM connections WHERE id = $1', [id]);
  }

  async countModels(connectionId: string): Promise<number> {
    const [row] = await this.manager.query<{ count: number }[]>(
      'SELECT count(*)::int AS count FROM connection_models WHERE connection_id = $1',
      [connectionId],
    );
    return row?.count ?? 0;
  }

  async lockModel(connectionId: string, name: string): Promise<ModelRecord | null> {
    const [model] = await this.lockModels(connectionId, [name]);
    return model ?? null;
  }

  async lockModels(connectionId: string, names: readonly string[]): Promise<ModelRecord[]> {
    const rows = await this.manager.query<ModelRow[]>(
      `SELECT m.* FROM connection_models m WHERE m.connection_id = $1 AND m.name = ANY ($2::text[])
        ORDER BY m.name FOR UPDATE`,
      [connectionId, names],
    );
    return rows.map(toModelRecord);
  }

  async saveModels(models: readonly ModelRecord[]): Promise<void> {
    if (models.length === 0) return;
    await this.manager.query(SAVE_MODELS, [JSON.stringify(models.map(toModelRow))]);
  }

  async removeModel(connectionId: string, name: string): Promise<void> {
    await this.manager.query(
      'DELETE FROM connection_models WHERE connection_id = $1 AND name = $2',
      [connectionId, name],
    );
  }

  async findPreference(searchSpaceId: string): Promise<ModelPreference> {
    const [row] = await this.manager.query<PreferenceRow[]>(
      `SELECT image_model, chat_model, embedding_model, fails_over_refusals, response_cache_ttl_s
        FROM model_preferences WHERE search_space_id = $1 FOR UPDATE`,
      [searchSpaceId],
    );
    if (!row) return NO_PREFERENCE;
    return {
      image: row.image_model,
      chat: row.chat_model,
      embedding: row.embedding_model,
      failsOverRefusals: row.fails_over_refusals,
      responseCacheTtlS: row.response_cache_ttl_s,
    };
  }

  async savePreference(
    searchSpaceId: string,
    { image, chat, embedding, failsOverRefusals, responseCacheTtlS }: ModelPreference,
    updatedAt: Date,
  ): Promise<void> {
    const models = [image, chat, embedding];
    const values = [searchSpaceId, ...models, failsOverRefusals, responseCacheTtlS, updatedAt];
    await this.manager.query(SAVE_PREFERENCE, values).catch(refuseClosedSpace);
  }
}

function refuseClosedSpace(error: unknown): never {
  if (findConstraint(error) === 'search_space_is_active')
    throw DomainError.notFound('search space');
  throw error;
}
