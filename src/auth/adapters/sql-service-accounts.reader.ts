import { Injectable } from '@nestjs/common';
import type { PageRequest } from '../../common/page.js';
import { Sql } from '../../persistence/sql.port.js';
import type { ServiceAccount } from '../domain/service-account.js';
import { ServiceAccountsReader } from '../domain/service-accounts.reader.port.js';
import {
  SELECT_SERVICE_ACCOUNTS,
  type ServiceAccountRow,
  toServiceAccount,
} from './service-account-row.js';

@Injectable()
export class SqlServiceAccountsReader extends ServiceAccountsReader {
  constructor(private readonly sql: Sql) {
    super();
  }

  async find(id: string, searchSpaceId: string): Promise<ServiceAccount | null> {
    const [row] = await this.sql.query<ServiceAccountRow>(
      'auth_find_service_account',
      `${SELECT_SERVICE_ACCOUNTS} AND id = $2`,
      [searchSpaceId, id],
    );
    return row ? toServiceAccount(row) : null;
  }

  async list(searchSpaceId: string, { limit, after }: PageRequest): Promise<ServiceAccount[]> {
    const rows = await this.sql.query<ServiceAccountRow>(
      'auth_list_service_accounts',
      `${SELECT_SERVICE_ACCOUNTS} AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3`,
      [searchSpaceId, after, limit + 1],
    );
    return rows.map(toServiceAccount);
  }
}
