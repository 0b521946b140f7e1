import type { EntityManager } from 'typeorm';
import { DomainError } from '../../common/domain-error.js';
import { findConstraint } from '../../persistence/sql-error.js';
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
    const values = [userId, searchSpaceId, externalId, createdAt];
    const rows = await this.manager.query<object[]>(INSERT, values).catch(refuseMissing);
    return rows.length === 1;
  }
}

/** The space of these users was deleted while this process runs. */
function refuseMissing(error: unknown): never {
  if (findConstraint(error) === 'delegated_users_search_space_id_fkey') {
    throw DomainError.notFound('search space');
  }
  throw error;
}
