import type { EntityManager } from 'typeorm';
import type { CacheEpoch } from '../../persistence/cache-epoch.js';
import type { User, UserCredentials } from '../domain/user.js';
import { UsersRepository } from '../domain/users.repository.port.js';
import { UserEntity } from './user.entity.js';

/** In the order of their ids, so that two changes wait for one another and neither for ever. */
const LOCK_WITH_OPERATORS = `SELECT id FROM users
  WHERE id = $1 OR (is_operator AND status = 'active') ORDER BY id FOR NO KEY UPDATE`;

/** Those with a way in: an operator whom nobody can be would leave the service without one. */
const COUNT_OTHER_OPERATORS = `SELECT count(*)::integer AS count FROM users u
  WHERE is_operator AND status = 'active' AND id <> $1
    AND (password_hash IS NOT NULL OR EXISTS (
      SELECT FROM user_identities i JOIN identity_providers p ON p.id = i.provider_id AND p.is_enabled
       WHERE i.user_id = u.id))`;

const LOCK = `SELECT id FROM users WHERE id = $1 FOR NO KEY UPDATE`;

export class TypeormUsersRepository extends UsersRepository {
  constructor(
    private readonly manager: EntityManager,
    private readonly epoch: CacheEpoch,
  ) {
    super();
  }

  async add(user: UserCredentials): Promise<boolean> {
    const { raw } = await this.manager
      .createQueryBuilder()
      .insert()
      .into(UserEntity)
      .values({ ...user })
      .orIgnore()
      .returning('id')
      .execute();
    const isAdded = (raw as unknown[]).length === 1;
    if (isAdded) await this.epoch.bump(this.manager);
    return isAdded;
  }

  async lock(id: string): Promise<User | null> {
    await this.manager.query(LOCK, [id]);
    return this.find(id);
  }

  async lockWithOperators(id: string): Promise<{ user: User; otherOperators: number } | null> {
    // Three statements: the later ones see what the holder of a lock committed, the first would not.
    await this.manager.query(LOCK_WITH_OPERATORS, [id]);
    const user = await this.find(id);
    if (!user) return null;
    const [row] = await this.manager.query<{ count: number }[]>(COUNT_OTHER_OPERATORS, [id]);
    return { user, otherOperators: row?.count ?? 0 };
  }

  async update({ id, name, isOperator, status, version }: User): Promise<void> {
    await this.manager.update(UserEntity, { id }, { name, isOperator, status, version });
    await this.epoch.bump(this.manager);
  }

  async setPassword({ id, version }: User, passwordHash: string): Promise<void> {
    await this.manager.update(UserEntity, { id }, { passwordHash, version });
    await this.epoch.bump(this.manager);
  }

  async hasAny(): Promise<boolean> {
    return this.manager.createQueryBuilder(UserEntity, 'user').getExists();
  }

  private async find(id: string): Promise<User | null> {
    const found = await this.manager.findOneBy(UserEntity, { id, kind: 'person' });
    if (!found) return null;
    const { email, name, isOperator, status, version, createdAt } = found;
    return { id, email, name, isOperator, status, version, createdAt };
  }
}
