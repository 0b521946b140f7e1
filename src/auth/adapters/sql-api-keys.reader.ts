import { Injectable } from '@nestjs/common';
import type { PageRequest } from '../../common/page.js';
import { Sql } from '../../persistence/sql.port.js';
import type { ApiKey } from '../domain/api-key.js';
import { type ApiKeyFilter, ApiKeysReader } from '../domain/api-keys.reader.port.js';
import { type ApiKeyRow, SELECT_API_KEYS, toApiKey } from './api-key-row.js';

@Injectable()
export class SqlApiKeysReader extends ApiKeysReader {
  constructor(private readonly sql: Sql) {
    super();
  }

  async findById(id: string): Promise<ApiKey | null> {
    const [row] = await this.sql.query<ApiKeyRow>(
      'auth_find_api_key',
      `${SELECT_API_KEYS} WHERE k.id = $1`,
      [id],
    );
    return row ? toApiKey(row) : null;
  }

  async list(filter: ApiKeyFilter, { limit, after }: PageRequest): Promise<ApiKey[]> {
    const rows = await this.sql.query<ApiKeyRow>(
      'auth_list_api_keys',
      `${SELECT_API_KEYS}
       WHERE ($1::uuid IS NULL OR k.search_space_id = $1) AND ($2::uuid IS NULL OR k.user_id = $2)
         AND ($3::uuid IS NULL OR k.id < $3)
       ORDER BY k.id DESC LIMIT $4`,
      [filter.searchSpaceId, filter.userId, after, limit + 1],
    );
    return rows.map(toApiKey);
  }
}
