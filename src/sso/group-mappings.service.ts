import { Injectable } from '@nestjs/common';
import type { AuditState } from '../audit/domain/audit-event.js';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import type { Caller } from '../common/caller.js';
import { Clock } from '../common/clock.js';
import { DomainError } from '../common/domain-error.js';
import { isId, newId } from '../common/ids.js';
import type { PageRequest } from '../common/page.js';
import { UnitOfWork, type WorkScope } from '../persistence/unit-of-work.port.js';
import { RolesRepository } from '../rbac/domain/roles.repository.port.js';
import { assertCovers, assertHolds, lockGrantable, lockRights } from '../rbac/lock-rights.js';
import {
  GROUP_MAPPINGS_PER_SPACE_MAX,
  GroupMappingsReader,
} from './domain/group-mappings.reader.port.js';
import { GroupMappingsRepository } from './domain/group-mappings.repository.port.js';
import type { GroupMapping } from './domain/sign-in.js';
import { KnownProviders } from './known-providers.js';

export interface NewGroupMapping {
  /** Slug of the provider. */
  provider: string;
  group: string;
  /** Name or id. */
  role: string;
}

/** Which role the groups of an identity provider give in a space. Who says so gives no more than they hold. */
@Injectable()
export class GroupMappingsService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly reader: GroupMappingsReader,
    private readonly providers: KnownProviders,
    private readonly clock: Clock,
  ) {}

  /** Newest first; one row more than `limit` when there are more. */
  list(searchSpaceId: string, page: PageRequest): Promise<GroupMapping[]> {
    return this.reader.list(searchSpaceId, page);
  }

  /** @throws DomainError `request.not_found` */
  async get(searchSpaceId: string, id: string): Promise<GroupMapping> {
    const mapping = isId(id) ? await this.reader.find(searchSpaceId, id) : null;
    if (!mapping) throw mappingNotFound();
    return mapping;
  }

  /**
   * @throws DomainError `request.invalid` for an unknown provider or role, `rbac.permission_denied` for a role beyond
   * the caller's own, `request.conflict` for a group that is mapped already
   */
  async create(
    caller: Caller,
    searchSpaceId: string,
    { provider: slug, group, role }: NewGroupMapping,
  ): Promise<GroupMapping> {
    const provider = await this.findProvider(slug);
    const id = newId();
    await this.unitOfWork.run(async (scope) => {
      const granted = await lockGranted(scope, caller, searchSpaceId, role);
      const repository = scope.get(GroupMappingsRepository);
      await assertRoom(repository, searchSpaceId);
      const isAdded = await repository.add({
        id,
        searchSpaceId,
        providerId: provider.id,
        providerSlug: slug,
        group,
        roleId: granted.id,
        roleName: granted.name,
        createdAt: this.clock.now(),
      });
      if (!isAdded) throw new DomainError('request.conflict', 'This group is mapped already.');
      const after = { provider: slug, group, role: granted.name, role_id: granted.id };
      await record(scope, 'group_mapping.created', { id, searchSpaceId }, null, after);
    });
    return this.get(searchSpaceId, id);
  }

  /** Changes the role. @throws DomainError as `create` */
  async changeRole(
    caller: Caller,
    searchSpaceId: string,
    id: string,
    role: string,
  ): Promise<GroupMapping> {
    await this.unitOfWork.run(async (scope) => {
      const granted = await lockGranted(scope, caller, searchSpaceId, role);
      const before = await lockMapping(scope, searchSpaceId, id);
      await assertMayTouch(scope, caller, before);
      await scope.get(GroupMappingsRepository).changeRole(id, granted.id);
      const after = { ...toState(before), role: granted.name, role_id: granted.id };
      await record(scope, 'group_mapping.updated', before, toState(before), after);
    });
    return this.get(searchSpaceId, id);
  }

  /** Memberships it made end at their people's next sign-in. @throws DomainError `request.not_found` */
  async remove(caller: Caller, searchSpaceId: string, id: string): Promise<void> {
    await this.unitOfWork.run(async (scope) => {
      const held = await lockRights(scope.get(RolesRepository), caller, searchSpaceId);
      assertHolds(held, ['members:manage_roles']);
      const before = await lockMapping(scope, searchSpaceId, id);
      await assertMayTouch(scope, caller, before);
      await scope.get(GroupMappingsRepository).remove(id);
      await record(scope, 'group_mapping.deleted', before, toState(before), null);
    });
  }

  private async findProvider(slug: string) {
    const provider = (await this.providers.listEnabled()).find((one) => one.slug === slug);
    if (!provider)
      throw DomainError.invalid('provider', 'must be the slug of an identity provider');
    if (provider.groupsClaim === null) {
      throw DomainError.invalid('provider', 'tells no groups: an operator sets its groups_claim');
    }
    return provider;
  }
}

async function lockGranted(scope: WorkScope, caller: Caller, searchSpaceId: string, role: string) {
  const roles = scope.get(RolesRepository);
  const held = await lockRights(roles, caller, searchSpaceId);
  assertHolds(held, ['members:manage_roles']);
  return lockGrantable(roles, searchSpaceId, held, role);
}

async function lockMapping(
  scope: WorkScope,
  searchSpaceId: string,
  id: string,
): Promise<GroupMapping> {
  const mapping = isId(id)
    ? await scope.get(GroupMappingsRepository).lock(searchSpaceId, id)
    : null;
  if (!mapping) throw mappingNotFound();
  return mapping;
}

/** Nobody takes away, either, what they could not give. */
async function assertMayTouch(
  scope: WorkScope,
  caller: Caller,
  { searchSpaceId, roleId }: GroupMapping,
): Promise<void> {
  const roles = scope.get(RolesRepository);
  const held = await lockRights(roles, caller, searchSpaceId);
  const role = await roles.lockRole(searchSpaceId, roleId);
  if (role) assertCovers(held, role.permissions);
}

async function assertRoom(
  repository: GroupMappingsRepository,
  searchSpaceId: string,
): Promise<void> {
  if ((await repository.count(searchSpaceId)) < GROUP_MAPPINGS_PER_SPACE_MAX) return;
  throw new DomainError(
    'request.conflict',
    `A search space has at most ${GROUP_MAPPINGS_PER_SPACE_MAX} group mappings. Delete one first.`,
  );
}

function record(
  scope: WorkScope,
  action: string,
  { id, searchSpaceId }: Pick<GroupMapping, 'id' | 'searchSpaceId'>,
  before: AuditState | null,
  after: AuditState | null,
): Promise<void> {
  const target = { type: 'group_mapping', id };
  return scope.get(AuditTrail).record({ action, target, searchSpaceId, before, after });
}

function toState({ providerSlug, group, roleName, roleId }: GroupMapping): AuditState {
  return { provider: providerSlug, group, role: roleName, role_id: roleId };
}

function mappingNotFound(): DomainError {
  return DomainError.notFound('group mapping');
}
