import type { EntityManager } from 'typeorm';
import type { CacheEpoch } from '../../persistence/cache-epoch.js';
import type { UserCredentials } from '../domain/user.js';
import { UsersRepository } from '../domain/users.repository.port.js';
import { UserEntity } from './user.entity.js';

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

  async hasAny(): Promise<boolean> {
    return this.manager.createQueryBuilder(UserEntity, 'user').getExists();
  }
}
