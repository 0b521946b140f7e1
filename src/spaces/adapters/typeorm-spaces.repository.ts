import type { EntityManager } from 'typeorm';
import type { CacheEpoch } from '../../persistence/cache-epoch.js';
import type { Space, SpaceChanges } from '../domain/space.js';
import { SpacesRepository } from '../domain/spaces.repository.port.js';
import { SearchSpaceEntity } from './search-space.entity.js';

export class TypeormSpacesRepository extends SpacesRepository {
  constructor(
    private readonly manager: EntityManager,
    private readonly epoch: CacheEpoch,
  ) {
    super();
  }

  async add(space: Space): Promise<void> {
    await this.manager.insert(SearchSpaceEntity, { ...space });
  }

  async lock(id: string): Promise<Space | null> {
    return this.manager
      .createQueryBuilder(SearchSpaceEntity, 'space')
      .where("space.id = :id AND space.state = 'active'", { id })
      .setLock('for_no_key_update')
      .getOne();
  }

  async update(id: string, changes: SpaceChanges): Promise<void> {
    await this.manager.update(SearchSpaceEntity, { id }, { ...changes });
    await this.epoch.bump(this.manager);
  }
}
