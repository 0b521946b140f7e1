import type { EntityManager } from 'typeorm';
import type { CacheEpoch } from '../../persistence/cache-epoch.js';
import type { ApiKey } from '../domain/api-key.js';
import { ApiKeysRepository } from '../domain/api-keys.repository.port.js';
import { ApiKeyEntity } from './api-key.entity.js';

export class TypeormApiKeysRepository extends ApiKeysRepository {
  constructor(
    private readonly manager: EntityManager,
    private readonly epoch: CacheEpoch,
  ) {
    super();
  }

  async add(key: ApiKey): Promise<void> {
    await this.manager.insert(ApiKeyEntity, { ...key, scopes: [...key.scopes] });
    await this.epoch.bump(this.manager);
  }

  async revoke(id: string, now: Date): Promise<void> {
    const { affected } = await this.manager
      .createQueryBuilder()
      .update(ApiKeyEntity)
      .set({ revokedAt: now })
      .where('id = :id AND revoked_at IS NULL', { id })
      .execute();
    if (affected === 1) await this.epoch.bump(this.manager);
  }
}
