import { Injectable } from '@nestjs/common';
import type { Caller } from '../common/caller.js';
import { isGranted } from '../common/permission.js';
import { AccessService } from '../rbac/access.service.js';
import { permissionDenied } from '../rbac/domain/rbac.errors.js';

/** Whose usage of a space a caller may look at. */
export interface Sight {
  /** Undefined: everybody's. */
  userId?: string;
  /** Whether names and addresses of members may be shown. */
  seesMembers: boolean;
}

/** Members always see what they used themselves; what others used is for `settings:view`. */
@Injectable()
export class UsageSight {
  constructor(private readonly access: AccessService) {}

  /**
   * @param askedUserId the user whose usage is asked for; undefined: whoever may be seen
   * @throws DomainError `request.not_found` for outsiders, `rbac.permission_denied` for a member who asks for somebody
   * else, `auth.scope_missing` for a key without `billing.read`
   */
  async get(caller: Caller, searchSpaceId: string, askedUserId?: string): Promise<Sight> {
    // A key is held to its scope, which counts as long as its maker's role covers it.
    const access =
      caller.kind === 'api_key'
        ? await this.access.assertPermission(caller, searchSpaceId, 'settings:view')
        : await this.access.getAccess(caller, searchSpaceId);
    // Who else is in the space, no key is told.
    const seesMembers = caller.kind === 'user' && isGranted(access.permissions, 'members:view');
    if (isGranted(access.permissions, 'settings:view')) return { userId: askedUserId, seesMembers };
    if (askedUserId !== undefined && askedUserId !== caller.userId) {
      throw permissionDenied('settings:view');
    }
    return { userId: caller.userId, seesMembers };
  }
}
