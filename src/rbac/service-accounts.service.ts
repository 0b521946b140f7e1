import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import { ApiKeysService } from '../auth/api-keys.service.js';
import type { ServiceAccount } from '../auth/domain/service-account.js';
import { ServiceAccountsReader } from '../auth/domain/service-accounts.reader.port.js';
import { ServiceAccountsRepository } from '../auth/domain/service-accounts.repository.port.js';
import { assert } from '../common/assert.js';
import type { Caller } from '../common/caller.js';
import { Clock } from '../common/clock.js';
import { DomainError } from '../common/domain-error.js';
import { isId, newId } from '../common/ids.js';
import type { PageRequest } from '../common/page.js';
import { UnitOfWork } from '../persistence/unit-of-work.port.js';
import { RolesReader } from './domain/roles.reader.port.js';
import { RolesRepository } from './domain/roles.repository.port.js';
import { joinSpace } from './join-space.js';
import { assertHolds, assertMayTouch, lockGrantable, lockRights } from './lock-rights.js';

/** Accounts of one space that are not ended. */
export const SERVICE_ACCOUNTS_MAX = 100;

/** A service account with its role in its space. */
export interface PlacedAccount extends ServiceAccount {
  role: string;
}

/**
 * Accounts that work for a space through keys, whoever comes and goes. Who manages API access gives them a role no
 * wider than their own; rights are read anew inside each transaction, under lock.
 */
@Injectable()
export class ServiceAccountsService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly accounts: ServiceAccountsReader,
    private readonly roles: RolesReader,
    private readonly apiKeys: ApiKeysService,
    private readonly clock: Clock,
  ) {}

  /** Newest first; one row more than `limit` when there are more. */
  async list(searchSpaceId: string, page: PageRequest): Promise<PlacedAccount[]> {
    const accounts = await this.accounts.list(searchSpaceId, page);
    const ids = accounts.map(({ id }) => id);
    const members = await this.roles.listMembersOf(searchSpaceId, ids);
    const roles = new Map(members.map(({ userId, roleName }) => [userId, roleName]));
    return accounts.map((account) => ({ ...account, role: roles.get(account.id) ?? '' }));
  }

  /**
   * @param role name or id
   * @throws DomainError `rbac.permission_denied` for a role beyond the caller's own, `request.invalid` for one that
   * cannot be given, `request.conflict` for one account too many
   */
  async create(
    caller: Caller,
    searchSpaceId: string,
    { name, role }: { name: string; role: string },
  ): Promise<PlacedAccount> {
    const now = this.clock.now();
    const account = { id: newId(), name: name.trim(), searchSpaceId, createdAt: now };
    return this.unitOfWork.run(async (scope) => {
      const held = await lockRights(scope.get(RolesRepository), caller, searchSpaceId);
      assertHolds(held, ['api_access:manage']);
      const granted = await lockGrantable(scope.get(RolesRepository), searchSpaceId, held, role);
      await assertRoom(scope.get(ServiceAccountsRepository), searchSpaceId);
      await scope.get(ServiceAccountsRepository).add(account);
      const isAdded = await joinSpace(scope, granted, account.id, now);
      assert(isAdded, 'a new account was a member already');
      await scope.get(AuditTrail).record({
        action: 'service_account.created',
        target: { type: 'service_account', id: account.id },
        searchSpaceId,
        after: { name: account.name, role: granted.name },
      });
      return { ...account, role: granted.name };
    });
  }

  /**
   * Ends the account for good, and every key that was made for it.
   * @throws DomainError `request.not_found`; `rbac.permission_denied`, also for who holds less than the account
   */
  async remove(caller: Caller, searchSpaceId: string, id: string): Promise<void> {
    if (!isId(id)) throw DomainError.notFound('service account');
    await this.unitOfWork.run(async (scope) => {
      const repository = scope.get(RolesRepository);
      const held = await lockRights(repository, caller, searchSpaceId);
      assertHolds(held, ['api_access:manage']);
      const account = await scope.get(ServiceAccountsRepository).lock(id, searchSpaceId);
      if (!account) throw DomainError.notFound('service account');
      // It may have been taken out of the space before, as any member may.
      const [member] = await repository.lockMembers(searchSpaceId, [id]);
      if (member) {
        assertMayTouch(held, member);
        await repository.removeMember(member.id);
      }
      await this.apiKeys.revokeAllIn(scope, id, searchSpaceId);
      await scope.get(ServiceAccountsRepository).end(id);
      await scope.get(AuditTrail).record({
        action: 'service_account.deleted',
        target: { type: 'service_account', id },
        searchSpaceId,
        before: { name: account.name },
      });
    });
  }
}

async function assertRoom(
  repository: ServiceAccountsRepository,
  searchSpaceId: string,
): Promise<void> {
  if ((await repository.count(searchSpaceId)) < SERVICE_ACCOUNTS_MAX) return;
  throw new DomainError(
    'request.conflict',
    `The space has ${SERVICE_ACCOUNTS_MAX} service accounts already. Delete those that are not used.`,
  );
}
