import { Injectable } from '@nestjs/common';
import { assert } from '../common/assert.js';
import type { Caller } from '../common/caller.js';
import { DomainError } from '../common/domain-error.js';
import { isId } from '../common/ids.js';
import { findPermissionOf, isGranted, type Permission, type Scope } from '../common/permission.js';
import { proveSpace } from '../http/request-scope.js';
import { CacheEpoch } from '../persistence/cache-epoch.js';
import { EpochCache } from '../persistence/epoch-cache.js';
import { type Access, findRefusal, isWithinReach } from './domain/access.js';
import { AccessReader } from './domain/access.reader.port.js';
import { spaceNotFound, toRefusalError } from './domain/rbac.errors.js';

const ACCESSES_CACHED_MAX = 20_000;
/** A user in more spaces than this sees the rows of the spaces joined first. */
const READABLE_SPACES_MAX = 1_000;

/** Whether a caller may do something in a search space. An operator has no more rights here than anybody. */
@Injectable()
export class AccessService {
  private readonly cache: EpochCache<Access>;

  constructor(
    private readonly reader: AccessReader,
    epoch: CacheEpoch,
  ) {
    this.cache = new EpochCache(epoch, { entriesMax: ACCESSES_CACHED_MAX });
  }

  /**
   * The role the caller acts under; null for who is no member, for another space than a key's own, and for
   * an id that is missing or no id. Says nothing about whether API keys are admitted.
   */
  async findAccess(caller: Caller, writtenId: unknown): Promise<Access | null> {
    if (!isId(writtenId)) return null;
    // A UUID may be written in capitals; links and folders are made from the text of the id.
    const searchSpaceId = writtenId.toLowerCase();
    if (!isWithinReach(caller, searchSpaceId)) return null;
    const key = `${caller.userId}:${searchSpaceId}`;
    try {
      const access = await this.cache.get(key, () => this.load(caller.userId, searchSpaceId));
      proveSpace(searchSpaceId);
      return access;
    } catch (error) {
      if (error instanceof DomainError && error.code === 'request.not_found') return null;
      throw error;
    }
  }

  /** @throws DomainError `request.not_found` for outsiders, `auth.api_access_disabled` */
  async getAccess(caller: Caller, searchSpaceId: unknown): Promise<Access> {
    const access = await this.findAccess(caller, searchSpaceId);
    if (!access) throw spaceNotFound();
    if (caller.kind === 'api_key' && !access.isApiAccessEnabled) {
      throw toRefusalError({ kind: 'api_access_disabled' });
    }
    return access;
  }

  /**
   * @throws DomainError `request.not_found` for outsiders; for members `rbac.permission_denied` naming the
   * permission; for keys also `auth.api_access_disabled`, `auth.scope_missing` naming the scope, and
   * `auth.session_required` for what no key may do
   */
  async assertPermission(
    caller: Caller,
    searchSpaceId: unknown,
    permission: Permission,
    scopes?: readonly Scope[],
  ): Promise<Access> {
    const access = await this.findAccess(caller, searchSpaceId);
    if (!access) throw spaceNotFound();
    const refusal = findRefusal(caller, access, permission, scopes);
    if (refusal) throw toRefusalError(refusal);
    return access;
  }

  /**
   * For routes that need no space but a scope: a key is held to its own space, to the scope and to its maker's role.
   * @throws DomainError as `assertPermission`
   */
  async assertOneScope(caller: Caller, scopes: readonly Scope[]): Promise<void> {
    if (caller.kind !== 'api_key') return;
    const access = await this.getAccess(caller, caller.boundSpaceId);
    const held = scopes.filter((scope) => caller.scopes?.includes(scope));
    const isCovered = held.some((scope) => covers(access, scope));
    if (isCovered) return;
    const [first] = held.length > 0 ? held : scopes;
    assert(first, 'a route that asks for one of no scopes');
    const permission = findPermissionOf(first);
    throw toRefusalError(
      held.length > 0 && permission !== null
        ? { kind: 'permission_missing', permission }
        : { kind: 'scope_missing', scope: first },
    );
  }

  /** The spaces whose rows the caller may see with this permission: for a key at most its own. */
  async listReadableSpaceIds(caller: Caller, permission: Permission): Promise<string[]> {
    if (caller.kind === 'api_key') {
      const access = await this.findAccess(caller, caller.boundSpaceId);
      const isReadable = access !== null && findRefusal(caller, access, permission) === null;
      return isReadable ? [access.searchSpaceId] : [];
    }
    return this.reader.listSpaceIds(caller.userId, permission, READABLE_SPACES_MAX);
  }

  /** Throws for outsiders, so that probing for ids leaves nothing in the cache. */
  private async load(userId: string, searchSpaceId: string): Promise<Access> {
    const access = await this.reader.find(userId, searchSpaceId);
    if (!access) throw spaceNotFound();
    return access;
  }
}

/** Whether the maker's role still holds what the scope stands for. */
function covers(access: Access, scope: Scope): boolean {
  const permission = findPermissionOf(scope);
  return permission === null || isGranted(access.permissions, permission);
}
