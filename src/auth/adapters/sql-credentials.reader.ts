import { Injectable } from '@nestjs/common';
import type { Scope } from '../../common/permission.js';
import { Sql } from '../../persistence/sql.port.js';
import type { StoredKey } from '../domain/api-key.js';
import { CredentialsReader } from '../domain/credentials.reader.port.js';
import type { LiveSession } from '../domain/session.js';
import { RESTRICTION_COLUMNS, type RestrictionsRow, toRestrictions } from './api-key-row.js';

interface SessionRow {
  user_id: string;
  version: number;
  is_operator: boolean;
}

interface KeyRow extends RestrictionsRow {
  id: string;
  key_hash: Buffer;
  user_id: string;
  search_space_id: string;
  scopes: Scope[];
  is_active: boolean;
  expires_at: Date | null;
  secret_expires_at: Date | null;
  is_operator: boolean;
}

@Injectable()
export class SqlCredentialsReader extends CredentialsReader {
  constructor(private readonly sql: Sql) {
    super();
  }

  async findLiveSession(sessionId: string): Promise<LiveSession | null> {
    const [row] = await this.sql.query<SessionRow>(
      'auth_find_live_session',
      `SELECT s.user_id, u.version, u.is_operator FROM sessions s JOIN users u ON u.id = s.user_id
       WHERE s.id = $1 AND s.revoked_at IS NULL AND u.status = 'active'`,
      [sessionId],
    );
    if (!row) return null;
    return { userId: row.user_id, userVersion: row.version, isOperator: row.is_operator };
  }

  async findKey(lookupId: string): Promise<StoredKey | null> {
    const [row] = await this.sql.query<KeyRow>(
      'auth_find_key',
      `SELECT k.id, secret.key_hash, secret.expires_at AS secret_expires_at, k.user_id,
         k.search_space_id, k.scopes, k.is_active, k.expires_at, u.is_operator, ${RESTRICTION_COLUMNS}
       FROM api_key_secrets secret
       JOIN api_keys k ON k.id = secret.api_key_id
       JOIN users u ON u.id = k.user_id
       JOIN search_spaces s ON s.id = k.search_space_id AND s.state = 'active'
       WHERE secret.lookup_id = $1 AND k.revoked_at IS NULL AND u.status = 'active'`,
      [lookupId],
    );
    if (!row) return null;
    return {
      id: row.id,
      keyHash: row.key_hash,
      userId: row.user_id,
      searchSpaceId: row.search_space_id,
      scopes: row.scopes,
      isActive: row.is_active,
      expiresAt: row.expires_at,
      secretExpiresAt: row.secret_expires_at,
      isOperators: row.is_operator,
      ...toRestrictions(row),
    };
  }
}
