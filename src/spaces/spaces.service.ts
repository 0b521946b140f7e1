import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import type { Caller } from '../common/caller.js';
import { Clock } from '../common/clock.js';
import { DomainError } from '../common/domain-error.js';
import { newId } from '../common/ids.js';
import type { PageRequest } from '../common/page.js';
import { UnitOfWork, type WorkScope } from '../persistence/unit-of-work.port.js';
import { AccessService } from '../rbac/access.service.js';
import { RolesService } from '../rbac/roles.service.js';
import type { Space, SpaceChanges } from './domain/space.js';
import { toChangedStates, toSpaceState } from './domain/space-state.js';
import { SpacesReader } from './domain/spaces.reader.port.js';
import { SpacesRepository } from './domain/spaces.repository.port.js';
import { SpaceHooks } from './space-hooks.js';

export interface NewSpace {
  name: string;
  description?: string;
}

/** The search spaces of the company's teams. */
@Injectable()
export class SpacesService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly spaces: SpacesReader,
    private readonly roles: RolesService,
    private readonly access: AccessService,
    private readonly hooks: SpaceHooks,
    private readonly clock: Clock,
  ) {}

  /** Makes a space that belongs to the caller. */
  create(caller: Caller, input: NewSpace): Promise<Space> {
    const id = newId();
    return this.unitOfWork.run((scope) => this.addIn(scope, caller.userId, input, id), {
      searchSpaceIds: [id],
    });
  }

  /** Makes a space with its roles, its owner and whatever rooms above add, in the caller's transaction. */
  async addIn(scope: WorkScope, ownerId: string, input: NewSpace, id = newId()): Promise<Space> {
    const now = this.clock.now();
    const space: Space = {
      id,
      name: input.name.trim(),
      description: input.description ?? '',
      isApiAccessEnabled: true,
      createdAt: now,
    };
    await scope.get(SpacesRepository).add(space);
    await scope.get(AuditTrail).record({
      action: 'space.created',
      target: { type: 'search_space', id: space.id },
      searchSpaceId: space.id,
      after: toSpaceState(space),
    });
    await this.hooks.runCreated(scope, space.id);
    // Last: the roles move the cache epoch, which everybody shares.
    await this.roles.establishIn(scope, { searchSpaceId: space.id, ownerId, now });
    return space;
  }

  /** The caller's spaces, newest first; for a key at most its own, if keys are admitted there. */
  async list(caller: Caller, page: PageRequest): Promise<Space[]> {
    if (caller.kind === 'user') return this.spaces.listOfUser(caller.userId, page);
    const access = await this.access.findAccess(caller, caller.boundSpaceId);
    if (!access?.isApiAccessEnabled || page.after !== null) return [];
    const space = await this.spaces.findById(access.searchSpaceId);
    return space ? [space] : [];
  }

  /** @throws DomainError `request.not_found` */
  async get(id: string): Promise<Space> {
    const space = await this.spaces.findById(id);
    if (!space) throw DomainError.notFound('search space');
    return space;
  }

  /** @throws DomainError `rbac.permission_denied` when API access changes without api_access:manage */
  async update(caller: Caller, id: string, changes: SpaceChanges): Promise<Space> {
    if (changes.isApiAccessEnabled !== undefined) {
      await this.access.assertPermission(caller, id, 'api_access:manage');
    }
    const given = Object.entries(changes).filter(([, value]) => value !== undefined);
    if (given.length === 0) return this.get(id);
    return this.unitOfWork.run((scope) => this.updateIn(scope, id, Object.fromEntries(given)));
  }

  private async updateIn(scope: WorkScope, id: string, changes: SpaceChanges): Promise<Space> {
    const repository = scope.get(SpacesRepository);
    const space = await repository.lock(id);
    if (!space) throw DomainError.notFound('search space');
    const changed = { ...space, ...changes };
    const states = toChangedStates(toSpaceState(space), toSpaceState(changed));
    if (!states) return space;
    await scope.get(AuditTrail).record({
      action: 'space.updated',
      target: { type: 'search_space', id },
      searchSpaceId: id,
      ...states,
    });
    await repository.update(id, changes);
    return changed;
  }
}
