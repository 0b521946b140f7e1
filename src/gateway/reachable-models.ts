import { Injectable } from '@nestjs/common';
import type { Caller } from '../common/caller.js';
import type { Permission } from '../common/permission.js';
import { CacheEpoch } from '../persistence/cache-epoch.js';
import { EpochCache } from '../persistence/epoch-cache.js';
import { AccessService } from '../rbac/access.service.js';
import { isOffered, ModelsService, type OfferedModel } from '../routing/models.service.js';

/** Spaces that are looked into for one answer, joined first before joined last. */
const SPACES_MAX = 100;
const CALLERS_CACHED_MAX = 2_000;
/** Who may do none of these in a space can ask for no model there. */
const USES: readonly Permission[] = [
  'image_generations:create',
  'chats:create',
  'documents:create',
];

/** What a caller can ask for, in the spaces it can reach. Answered from memory. */
@Injectable()
export class ReachableModels {
  private readonly spaces: EpochCache<readonly string[]>;

  constructor(
    private readonly models: ModelsService,
    private readonly access: AccessService,
    epoch: CacheEpoch,
  ) {
    this.spaces = new EpochCache(epoch, { entriesMax: CALLERS_CACHED_MAX });
  }

  /**
   * For a key those of its space. For a session those of the space it names, else of all its spaces, each name once:
   * as it stands where it can be asked for. Whoever is in no space is told of the house's.
   * @param writtenSpaceId the header `x-search-space-id`; null = not given
   * @throws DomainError `request.not_found` for a space that is not the caller's
   */
  async list(caller: Caller, writtenSpaceId: string | null): Promise<readonly OfferedModel[]> {
    const named = writtenSpaceId ?? caller.boundSpaceId;
    if (named !== null) {
      const { searchSpaceId } = await this.access.getAccess(caller, named);
      return this.models.list(caller, searchSpaceId);
    }
    const spaceIds = await this.spaces.get(caller.userId, () => this.listSpaceIds(caller));
    if (spaceIds.length === 0) return this.models.list(caller, null);
    const lists = await Promise.all(spaceIds.map((id) => this.listIn(caller, id)));
    return join(lists);
  }

  private async listIn(caller: Caller, spaceId: string): Promise<readonly OfferedModel[]> {
    const access = await this.access.findAccess(caller, spaceId);
    return access ? this.models.list(caller, access.searchSpaceId) : [];
  }

  private async listSpaceIds(caller: Caller): Promise<readonly string[]> {
    const lists = await Promise.all(
      USES.map((permission) => this.access.listReadableSpaceIds(caller, permission)),
    );
    return [...new Set(lists.flat())].slice(0, SPACES_MAX);
  }
}

/** In the order of the first list that has the name. */
function join(lists: readonly (readonly OfferedModel[])[]): OfferedModel[] {
  const joined = new Map<string, OfferedModel>();
  for (const offered of lists.flat()) {
    const known = joined.get(offered.name);
    const isBetter = known && rank(offered) > rank(known);
    if (!known || isBetter) joined.set(offered.name, offered);
  }
  return [...joined.values()];
}

/** The one that can be asked for, then the one that more connections serve. */
function rank(offered: OfferedModel): number {
  return isOffered(offered) ? 1 + offered.connections : 0;
}
