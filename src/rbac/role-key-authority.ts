import { Injectable } from '@nestjs/common';
import { KeyAuthority } from '../auth/domain/key-authority.port.js';
import type { Caller } from '../common/caller.js';
import { DomainError } from '../common/domain-error.js';
import { findPermissionOf, isGranted, isOperatorScope, type Scope } from '../common/permission.js';
import { AccessService } from './access.service.js';
import { escalationDenied, permissionDenied } from './domain/rbac.errors.js';
import { findExcess, type Grant } from './domain/role.js';

/** Roles decide what a key may be given: nothing that its maker does not hold. */
@Injectable()
export class RoleKeyAuthority extends KeyAuthority {
  constructor(private readonly access: AccessService) {
    super();
  }

  async assertMayGive(
    caller: Caller,
    searchSpaceId: string,
    scopes: readonly Scope[],
  ): Promise<void> {
    const { permissions } = await this.access.getAccess(caller, searchSpaceId);
    assertCovered(permissions, scopes);
    if (!caller.isOperator && scopes.some(isOperatorScope)) throw operatorRequired();
  }

  async assertMayGiveFor(
    caller: Caller,
    account: { id: string; searchSpaceId: string },
    scopes: readonly Scope[],
  ): Promise<void> {
    const { permissions } = await this.access.getAccess(caller, account.searchSpaceId);
    if (!isGranted(permissions, 'api_access:manage')) throw permissionDenied('api_access:manage');
    const itself: Caller = { ...caller, userId: account.id, boundSpaceId: null };
    const held = await this.access.findAccess(itself, account.searchSpaceId);
    if (!held) throw DomainError.notFound('service account');
    const excess = findExcess(permissions, held.permissions);
    if (excess !== null) throw escalationDenied(excess);
    assertCovered(held.permissions, scopes);
    if (scopes.some(isOperatorScope)) throw operatorRequired();
  }

  async isManager(caller: Caller, searchSpaceId: string): Promise<boolean> {
    const access = await this.access.findAccess(caller, searchSpaceId);
    return access !== null && isGranted(access.permissions, 'api_access:manage');
  }

  async assertMember(caller: Caller, searchSpaceId: string): Promise<void> {
    await this.access.getAccess(caller, searchSpaceId);
  }
}

function assertCovered(held: readonly Grant[], scopes: readonly Scope[]): void {
  for (const scope of scopes) {
    const permission = findPermissionOf(scope);
    if (permission !== null && !isGranted(held, permission)) throw permissionDenied(permission);
  }
}

function operatorRequired(): DomainError {
  return new DomainError(
    'rbac.operator_required',
    'Only an operator can give a key the scopes admin.…, and only to a key of their own.',
  );
}
