import { Injectable } from '@nestjs/common';
import type { PageRequest } from '../../common/page.js';
import { Sql } from '../../persistence/sql.port.js';
import type { Session } from '../domain/session.js';
import { SessionsReader } from '../domain/sessions.reader.port.js';

interface SessionRow {
  id: string;
  user_id: string;
  created_at: Date;
  last_used_at: Date;
  expires_at: Date;
  address: string | null;
  user_agent: string | null;
}

@Injectable()
export class SqlSessionsReader extends SessionsReader {
  constructor(private readonly sql: Sql) {
    super();
  }

  async listOpen(userId: string, { limit, after }: PageRequest, now: Date): Promise<Session[]> {
    const rows = await this.sql.query<SessionRow>(
      'auth_list_open_sessions',
      `SELECT id, user_id, created_at, last_used_at, expires_at, address, user_agent FROM sessions
       WHERE user_id = $1 AND ($2::uuid IS NULL OR id < $2) AND revoked_at IS NULL AND expires_at > $4
       ORDER BY id DESC LIMIT $3`,
      [userId, after, limit + 1, now],
    );
    return rows.map((row) => ({
      id: row.id,
      userId: row.user_id,
      createdAt: row.created_at,
      lastUsedAt: row.last_used_at,
      expiresAt: row.expires_at,
      address: row.address,
      userAgent: row.user_agent,
    }));
  }
}
