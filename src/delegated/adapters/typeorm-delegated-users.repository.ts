import type { EntityManager } from 'typeorm';
import type { DelegatedUser } from '../domain/delegated-user.js';
import { DelegatedUsersRepository } from '../domain/delegated-users.repository.port.js';

const INSERT = `
  INSERT INTO delegated_users (user_id, search_space_id, external_id, created_at)
  VALUES ($1, $2, $3, $4)
  ON CONFLICT (search_space_id, external_id) DO NOTHING RETURNING user_id`;

export class TypeormDelegatedUsersRepository extends DelegatedUsersRepository {
  constructor(private readonly manager: EntityManager) {
    super();
  }

  async add({ userId, searchSpaceId, externalId, createdAt }: DelegatedUser): Promise<boolean> {
    const rows = await this.manager.query<object[]>(INSERT, [
      userId,
      searchSpaceId,
      externalId,
      createdAt,
    ]);
    return rows.length === 1;
  }
}
