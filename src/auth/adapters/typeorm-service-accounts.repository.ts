import type { EntityManager } from 'typeorm';
import type { CacheEpoch } from '../../persistence/cache-epoch.js';
import type { ServiceAccount } from '../domain/service-account.js';
import { ServiceAccountsRepository } from '../domain/service-accounts.repository.port.js';
import {
  SELECT_SERVICE_ACCOUNTS,
  type ServiceAccountRow,
  toServiceAccount,
} from './service-account-row.js';

/** The address is of a domain that never exists (RFC 2606), and `!` is the hash of no password. */
const INSERT = `INSERT INTO users (id, email, name, password_hash, kind, home_space_id, created_at)
  VALUES ($1::uuid, 'service-account-' || $1::uuid || '@service.invalid', $2, '!', 'service_account', $3, $4)`;
const END = `UPDATE users SET status = 'disabled', version = version + 1 WHERE id = $1`;
const COUNT = `SELECT count(*)::int AS count FROM (${SELECT_SERVICE_ACCOUNTS}) AS accounts`;

export class TypeormServiceAccountsRepository extends ServiceAccountsRepository {
  constructor(
    private readonly manager: EntityManager,
    private readonly epoch: CacheEpoch,
  ) {
    super();
  }

  async add({ id, name, searchSpaceId, createdAt }: ServiceAccount): Promise<void> {
    await this.manager.query(INSERT, [id, name, searchSpaceId, createdAt]);
    await this.epoch.bump(this.manager);
  }

  async lock(id: string, searchSpaceId: string): Promise<ServiceAccount | null> {
    const text = `${SELECT_SERVICE_ACCOUNTS} AND id = $2 FOR UPDATE`;
    const [row] = await this.manager.query<ServiceAccountRow[]>(text, [searchSpaceId, id]);
    return row ? toServiceAccount(row) : null;
  }

  async end(id: string): Promise<void> {
    await this.manager.query(END, [id]);
    await this.epoch.bump(this.manager);
  }

  async count(searchSpaceId: string): Promise<number> {
    const [row] = await this.manager.query<{ count: number }[]>(COUNT, [searchSpaceId]);
    return row?.count ?? 0;
  }
}
