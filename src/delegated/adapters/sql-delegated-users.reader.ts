import { Injectable } from '@nestjs/common';
import { Sql } from '../../persistence/sql.port.js';
import {
  DelegatedUsersReader,
  type FoundDelegatedUser,
} from '../domain/delegated-users.reader.port.js';

@Injectable()
export class SqlDelegatedUsersReader extends DelegatedUsersReader {
  constructor(private readonly sql: Sql) {
    super();
  }

  async find(searchSpaceId: string, externalId: string): Promise<FoundDelegatedUser | null> {
    const [row] = await this.sql.query<{ user_id: string; is_active: boolean }>(
      'delegated_find_user',
      `SELECT d.user_id, u.status = 'active' AS is_active
       FROM delegated_users d JOIN users u ON u.id = d.user_id
       WHERE d.search_space_id = $1 AND d.external_id = $2`,
      [searchSpaceId, externalId],
    );
    return row ? { userId: row.user_id, isActive: row.is_active } : null;
  }

  async findExternalId(userId: string): Promise<string | null> {
    const [row] = await this.sql.query<{ external_id: string }>(
      'delegated_find_external_id',
      'SELECT external_id FROM delegated_users WHERE user_id = $1',
      [userId],
    );
    return row?.external_id ?? null;
  }
}
