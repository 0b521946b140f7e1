import { Injectable } from '@nestjs/common';
import type { PageRequest } from '../../common/page.js';
import { Sql } from '../../persistence/sql.port.js';
import type { User, UserCredentials, UserFilter, UserStatus } from '../domain/user.js';
import { UsersReader } from '../domain/users.reader.port.js';

interface UserRow {
  id: string;
  email: string;
  name: string;
  is_operator: boolean;
  status: UserStatus;
  version: number;
  created_at: Date;
}

const COLUMNS = 'id, email, name, is_operator, status, version, created_at';

/** Service accounts are found by none of these but by their ids among the members of a space. */
const IS_PERSON = `kind = 'person'`;

@Injectable()
export class SqlUsersReader extends UsersReader {
  constructor(private readonly sql: Sql) {
    super();
  }

  async findCredentials(email: string): Promise<UserCredentials | null> {
    const [row] = await this.sql.query<UserRow & { password_hash: string }>(
      'auth_find_credentials',
      `SELECT ${COLUMNS}, password_hash FROM users WHERE email = $1 AND ${IS_PERSON}`,
      [email],
    );
    return row ? { ...toUser(row), passwordHash: row.password_hash } : null;
  }

  async findCredentialsById(id: string): Promise<UserCredentials | null> {
    const [row] = await this.sql.query<UserRow & { password_hash: string | null }>(
      'auth_find_credentials_by_id',
      `SELECT ${COLUMNS}, password_hash FROM users WHERE id = $1 AND ${IS_PERSON}`,
      [id],
    );
    return row ? { ...toUser(row), passwordHash: row.password_hash } : null;
  }

  async isKnownNetwork(email: string, network: string): Promise<boolean> {
    const [row] = await this.sql.query<{ found: boolean }>(
      'auth_is_known_network',
      `SELECT EXISTS (SELECT FROM login_networks n JOIN users u ON u.id = n.user_id
         WHERE u.email = $1 AND n.network = $2) AS found`,
      [email, network],
    );
    return row?.found === true;
  }

  async findByResetToken(tokenHash: Buffer, now: Date): Promise<User | null> {
    const [row] = await this.sql.query<UserRow>(
      'auth_find_user_by_reset_token',
      `SELECT ${COLUMNS} FROM users WHERE status = 'active' AND id = (
         SELECT user_id FROM password_resets WHERE token_hash = $1 AND expires_at > $2)`,
      [tokenHash, now],
    );
    return row ? toUser(row) : null;
  }

  async findById(id: string): Promise<User | null> {
    const [row] = await this.sql.query<UserRow>(
      'auth_find_user_by_id',
      `SELECT ${COLUMNS} FROM users WHERE id = $1 AND ${IS_PERSON}`,
      [id],
    );
    return row ? toUser(row) : null;
  }

  async findByEmail(email: string): Promise<User | null> {
    const [row] = await this.sql.query<UserRow>(
      'auth_find_user_by_email',
      `SELECT ${COLUMNS} FROM users WHERE email = $1 AND ${IS_PERSON}`,
      [email],
    );
    return row ? toUser(row) : null;
  }

  async listByIds(ids: readonly string[]): Promise<User[]> {
    const rows = await this.sql.query<UserRow>(
      'auth_list_users_by_ids',
      `SELECT ${COLUMNS} FROM users WHERE id = ANY ($1::uuid[])`,
      [ids],
    );
    return rows.map(toUser);
  }

  async list(filter: UserFilter, { limit, after }: PageRequest): Promise<User[]> {
    const pattern = filter.emailPrefix === null ? null : toPattern(filter.emailPrefix);
    const rows = await this.sql.query<UserRow>(
      'auth_list_users',
      `SELECT ${COLUMNS} FROM users
       WHERE ($1::uuid IS NULL OR id < $1) AND ($3::text IS NULL OR status = $3)
         AND ($4::text IS NULL OR email LIKE $4) AND ${IS_PERSON}
       ORDER BY id DESC LIMIT $2`,
      [after, limit + 1, filter.status, pattern],
    );
    return rows.map(toUser);
  }

  async hasAny(): Promise<boolean> {
    const [row] = await this.sql.query<{ found: boolean }>(
      'auth_has_any_user',
      'SELECT EXISTS (SELECT FROM users) AS found',
      [],
    );
    return row?.found === true;
  }
}

/** What begins with the text, whose own wildcards mean themselves. */
function toPattern(prefix: string): string {
  return `${prefix.replaceAll(/[\\%_]/g, '\\$&')}%`;
}

function toUser(row: UserRow): User {
  return {
    id: row.id,
    email: row.email,
    name: row.name,
    isOperator: row.is_operator,
    status: row.status,
    version: row.version,
    createdAt: row.created_at,
  };
}
