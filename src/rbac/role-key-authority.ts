import { Injectable } from '@nestjs/common';
import { KeyAuthority } from '../auth/domain/key-authority.port.js';
import type { Caller } from '../common/caller.js';
import { findScopeOf, isGranted, PERMISSIONS, type Scope } from '../common/permission.js';
import { AccessService } from './access.service.js';
import { permissionDenied } from './domain/rbac.errors.js';

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
    const missing = PERMISSIONS.find((permission) => {
      const scope = findScopeOf(permission);
      return scope !== null && scopes.includes(scope) && !isGranted(permissions, permission);
    });
    if (missing) throw permissionDenied(missing);
  }

  async isManager(caller: Caller, searchSpaceId: string): Promise<boolean> {
    const access = await this.access.findAccess(caller, searchSpaceId);
    return access !== null && isGranted(access.permissions, 'api_access:manage');
  }

  async assertMember(caller: Caller, searchSpaceId: string): Promise<void> {
    await this.access.getAccess(caller, searchSpaceId);
  }
}
