import { Injectable } from '@nestjs/common';
import type { PageRequest } from '../../common/page.js';
import type { Scope } from '../../common/permission.js';
import { Sql } from '../../persistence/sql.port.js';
import type { ApiKey } from '../domain/api-key.js';
import { type ApiKeyFilter, ApiKeysReader } from '../domain/api-keys.reader.port.js';

interface ApiKeyRow {
  id: string;
  lookup_id: string;
  key_hash: Buffer;
  name: string;
  search_space_id: string;
  user_id: string;
  scopes: Scope[];
  expires_at: Date | null;
  revoked_at: Date | null;
  last_used_at: Date | null;
  created_at: Date;
}

const COLUMNS = `id, lookup_id, key_hash, name, search_space_id, user_id, scopes, expires_at,
  revoked_at, last_used_at, created_at`;

@Injectable()
export class SqlApiKeysReader extends ApiKeysReader {
  constructor(private readonly sql: Sql) {
    super();
  }

  async findById(id: string): Promise<ApiKey | null> {
    const [row] = await this.sql.query<ApiKeyRow>(
      'auth_find_api_key',
      `SELECT ${COLUMNS} FROM api_keys WHERE id = $1`,
      [id],
    );
    return row ? toApiKey(row) : null;
  }

  async list(filter: ApiKeyFilter, { limit, after }: PageRequest): Promise<ApiKey[]> {
    const rows = await this.sql.query<ApiKeyRow>(
      'auth_list_api_keys',
      `SELECT ${COLUMNS} FROM api_keys
       WHERE ($1::uuid IS NULL OR search_space_id = $1) AND ($2::uuid IS NULL OR user_id = $2)
         AND ($3::uuid IS NULL OR id < $3)
       ORDER BY id DESC LIMIT $4`,
      [filter.searchSpaceId, filter.userId, after, limit + 1],
    );
    return rows.map(toApiKey);
  }
}

function toApiKey(row: ApiKeyRow): ApiKey {
  return {
    id: row.id,
    lookupId: row.lookup_id,
    keyHash: row.key_hash,
    name: row.name,
    searchSpaceId: row.search_space_id,
    userId: row.user_id,
    scopes: row.scopes,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    lastUsedAt: row.last_used_at,
    createdAt: row.created_at,
  };
}
