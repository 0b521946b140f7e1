import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import type { Caller } from '../common/caller.js';
import { Clock } from '../common/clock.js';
import { DomainError } from '../common/domain-error.js';
import { isId, newId } from '../common/ids.js';
import type { PageRequest } from '../common/page.js';
import type { Permission } from '../common/permission.js';
import { UnitOfWork, type WorkScope } from '../persistence/unit-of-work.port.js';
import { AccessService } from '../rbac/access.service.js';
import {
  type Collection,
  type CollectionChanges,
  COLLECTIONS_PER_SPACE_MAX,
} from './domain/collection.js';
import { CollectionsReader } from './domain/collections.reader.port.js';
import { CollectionsRepository } from './domain/collections.repository.port.js';
import { toChangedStates, toCollectionState } from './domain/space-state.js';
import {
  collectionNameTaken,
  collectionNotFound,
  tooManyCollections,
} from './domain/spaces.errors.js';
import { SpaceHooks } from './space-hooks.js';

export interface NewCollection {
  searchSpaceId: string;
  name: string;
  description?: string;
}

/** Projects inside search spaces. */
@Injectable()
export class CollectionsService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly collections: CollectionsReader,
    private readonly access: AccessService,
    private readonly hooks: SpaceHooks,
    private readonly clock: Clock,
  ) {}

  /** @throws DomainError `request.conflict` for a name in use, and when there are too many */
  create(caller: Caller, input: NewCollection): Promise<Collection> {
    const collection: Collection = {
      id: newId(),
      searchSpaceId: input.searchSpaceId,
      name: input.name.trim(),
      description: input.description ?? '',
      createdBy: caller.userId,
      createdAt: this.clock.now(),
    };
    return this.unitOfWork.run((scope) => this.addIn(scope, collection));
  }

  /** Newest first; one row more than `limit` when there are more. */
  list(searchSpaceId: string, page: PageRequest): Promise<Collection[]> {
    return this.collections.listOfSpace(searchSpaceId, page);
  }

  /**
   * @throws DomainError `request.not_found` for a missing one and for one of a space the caller is not in alike;
   * `rbac.permission_denied`, `auth.scope_missing`
   */
  async getFor(caller: Caller, id: string, permission: Permission): Promise<Collection> {
    const collection = isId(id) ? await this.collections.findById(id) : null;
    const access = collection && (await this.access.findAccess(caller, collection.searchSpaceId));
    if (!collection || !access) throw collectionNotFound();
    await this.access.assertPermission(caller, collection.searchSpaceId, permission);
    return collection;
  }

  /** @throws DomainError as `getFor`, and `request.conflict` for a name in use */
  async update(caller: Caller, id: string, changes: CollectionChanges): Promise<Collection> {
    const { searchSpaceId } = await this.getFor(caller, id, 'image_generations:create');
    return this.unitOfWork.run(async (scope) => {
      const repository = scope.get(CollectionsRepository);
      const isOpen = (await repository.lockSpace(searchSpaceId)) !== null;
      const collection = isOpen ? await repository.lock(id) : null;
      if (!collection) throw collectionNotFound();
      return this.updateIn(scope, collection, changes);
    });
  }

  /** Its generations stay, in no collection. @throws DomainError as `getFor` */
  async remove(caller: Caller, id: string): Promise<void> {
    const collection = await this.getFor(caller, id, 'image_generations:delete');
    // Batch by batch before, so that the last step finds next to nothing to change.
    await this.hooks.runCollectionDeleting(collection.id);
    await this.unitOfWork.run(async (scope) => {
      if (!(await scope.get(CollectionsRepository).remove(collection.id)))
        throw collectionNotFound();
      await scope.get(AuditTrail).record({
        action: 'collection.deleted',
        target: { type: 'collection', id: collection.id },
        searchSpaceId: collection.searchSpaceId,
        before: toCollectionState(collection),
      });
    });
  }

  /** @throws DomainError `request.invalid` naming `collection_id` when it is no collection of the space */
  async assertInSpace(searchSpaceId: string, collectionId: string): Promise<void> {
    const collection = isId(collectionId) ? await this.collections.findById(collectionId) : null;
    if (collection?.searchSpaceId === searchSpaceId) return;
    throw DomainError.invalid('collection_id', 'is not a collection of this search space');
  }

  private async addIn(scope: WorkScope, collection: Collection): Promise<Collection> {
    const { id, searchSpaceId, name } = collection;
    const repository = scope.get(CollectionsRepository);
    const count = await repository.lockSpace(searchSpaceId);
    if (count === null) throw DomainError.notFound('search space');
    if (count >= COLLECTIONS_PER_SPACE_MAX) throw tooManyCollections();
    if (await repository.isNameTaken(searchSpaceId, name, id)) throw collectionNameTaken();
    await repository.add(collection);
    await scope.get(AuditTrail).record({
      action: 'collection.created',
      target: { type: 'collection', id },
      searchSpaceId,
      after: toCollectionState(collection),
    });
    return collection;
  }

  private async updateIn(
    scope: WorkScope,
    collection: Collection,
    changes: CollectionChanges,
  ): Promise<Collection> {
    const { id, searchSpaceId } = collection;
    const changed = {
      ...collection,
      name: changes.name?.trim() ?? collection.name,
      description: changes.description ?? collection.description,
    };
    const states = toChangedStates(toCollectionState(collection), toCollectionState(changed));
    if (!states) return collection;
    const repository = scope.get(CollectionsRepository);
    if (await repository.isNameTaken(searchSpaceId, changed.name, id)) throw collectionNameTaken();
    await repository.update(changed);
    await scope.get(AuditTrail).record({
      action: 'collection.updated',
      target: { type: 'collection', id },
      searchSpaceId,
      ...states,
    });
    return changed;
  }
}
