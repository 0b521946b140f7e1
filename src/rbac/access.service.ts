import { Injectable } from '@nestjs/common';
import type { Caller } from '../common/caller.js';
import { DomainError } from '../common/domain-error.js';
import { isId } from '../common/ids.js';
import type { Permission } from '../common/permission.js';
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
      return await this.cache.get(key, () => this.load(caller.userId, searchSpaceId));
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
  ): Promise<Access> {
    const access = await this.findAccess(caller, searchSpaceId);
    if (!access) throw spaceNotFound();
    const refusal = findRefusal(caller, access, permission);
    if (refusal) throw toRefusalError(refusal);
    return access;
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
