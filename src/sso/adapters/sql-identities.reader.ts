import { Injectable } from '@nestjs/common';
import { Sql } from '../../persistence/sql.port.js';
import { IdentitiesReader, type LinkedUser } from '../domain/identities.reader.port.js';

interface LinkedRow {
  user_id: string;
  email: string;
  status: string;
  last_login_at: Date;
}

@Injectable()
export class SqlIdentitiesReader extends IdentitiesReader {
  constructor(private readonly sql: Sql) {
    super();
  }

  async find(providerId: string, issuer: string, subject: string): Promise<LinkedUser | null> {
    const [row] = await this.sql.query<LinkedRow>(
      'sso_find_linked_user',
      `SELECT i.user_id, u.email, u.status, i.last_login_at
       FROM user_identities i JOIN users u ON u.id = i.user_id
       WHERE i.provider_id = $1 AND i.issuer = $2 AND i.subject = $3`,
      [providerId, issuer, subject],
    );
    if (!row) return null;
    const { user_id: userId, email, status, last_login_at: lastLoginAt } = row;
    return { userId, email, isActive: status === 'active', lastLoginAt };
  }
}
