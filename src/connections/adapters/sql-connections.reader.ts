import { Injectable } from '@nestjs/common';
import type { PageRequest } from '../../common/page.js';
import { Sql } from '../../persistence/sql.port.js';
import {
  type ConnectionRecord,
  CONNECTIONS_MAX,
  type ModelRecord,
} from '../domain/connection-record.js';
import { ConnectionsReader } from '../domain/connections.reader.port.js';
import type { ConnectionHolder } from '../domain/connections.repository.port.js';
import {
  type ConnectionRow,
  type ModelRow,
  toConnectionRecord,
  toModelRecord,
} from './connection-row.js';

const CONNECTION = `SELECT c.id, c.provider, c.name, c.base_url, c.api_key_sealed, c.api_key_hint, c.extra, c.scope,
    c.search_space_id, c.user_id, c.is_enabled, c.priority, c.load_factor, c.slots_max, c.is_pool, c.expires_at,
    c.serves_catalog, c.created_by, c.created_at, c.updated_at
  FROM connections c`;

const MODEL = `SELECT m.id, m.connection_id, m.name, m.kind, m.vendor_model, m.base_model, m.capabilities, m.title,
    m.quality, m.is_enabled, m.source, m.created_at, m.updated_at
  FROM connection_models m`;

@Injectable()
export class SqlConnectionsReader extends ConnectionsReader {
  constructor(private readonly sql: Sql) {
    super();
  }

  async listOf({ scope, searchSpaceId, userId }: ConnectionHolder): Promise<ConnectionRecord[]> {
    // Rows of settings that are gone are not counted among those that may be made.
    const rows = await this.sql.query<ConnectionRow>(
      'connections_list',
      `${CONNECTION} WHERE c.scope = $1 AND c.search_space_id IS NOT DISTINCT FROM $2::uuid
         AND c.user_id IS NOT DISTINCT FROM $3::uuid ORDER BY c.id DESC LIMIT $4`,
      [scope, searchSpaceId, userId, 2 * CONNECTIONS_MAX[scope]],
    );
    return rows.map(toConnectionRecord);
  }

  async find(id: string): Promise<ConnectionRecord | null> {
    const [row] = await this.sql.query<ConnectionRow>(
      'connections_find',
      `${CONNECTION} WHERE c.id = $1`,
      [id],
    );
    return row ? toConnectionRecord(row) : null;
  }

  async listModels(connectionId: string, { limit, after }: PageRequest): Promise<ModelRecord[]> {
    const rows = await this.sql.query<ModelRow>(
      'connections_list_models',
      `${MODEL} WHERE m.connection_id = $1 AND ($2::uuid IS NULL OR m.id < $2)
        ORDER BY m.id DESC LIMIT $3`,
      [connectionId, after, limit + 1],
    );
    return rows.map(toModelRecord);
  }

  async findModel(connectionId: string, name: string): Promise<ModelRecord | null> {
    const [row] = await this.sql.query<ModelRow>(
      'connections_find_model',
      `${MODEL} WHERE m.connection_id = $1 AND m.name = $2`,
      [connectionId, name],
    );
    return row ? toModelRecord(row) : null;
  }
}
