import type { Caller } from '../../common/caller.js';
import type { Scope } from '../../common/permission.js';

/**
 * What a user's role in a space says about API keys there. Authentication stands below the roles,
 * so it asks through this port, which the rbac room answers.
 */
export abstract class KeyAuthority {
  /**
   * Refuses a key that could do more than its maker.
   * @throws DomainError `request.not_found` for a space the caller is not in, `rbac.permission_denied`
   * naming the first permission that is missing, `rbac.operator_required` for scopes of operators
   */
  abstract assertMayGive(
    caller: Caller,
    searchSpaceId: string,
    scopes: readonly Scope[],
  ): Promise<void>;

  /**
   * Refuses whoever may not have the keys of a service account: they must manage API access in its space and hold
   * all that it holds; the scopes must lie within its role.
   * @throws DomainError as `assertMayGive`; `request.not_found` for an account that is no member of the space
   */
  abstract assertMayGiveFor(
    caller: Caller,
    account: { id: string; searchSpaceId: string },
    scopes: readonly Scope[],
  ): Promise<void>;

  /** Whether the caller may see and revoke keys that others made in the space. */
  abstract isManager(caller: Caller, searchSpaceId: string): Promise<boolean>;

  /** @throws DomainError `request.not_found` for a space the caller is not in */
  abstract assertMember(caller: Caller, searchSpaceId: string): Promise<void>;
}
