import type { PageRequest } from '../../common/page.js';
import type { GroupMapping } from './sign-in.js';

/** A space cannot have more. */
export const GROUP_MAPPINGS_PER_SPACE_MAX = 500;

/** Questions about group mappings, outside any transaction. */
export abstract class GroupMappingsReader {
  /** Newest first; one row more than `limit` when there are more. */
  abstract list(searchSpaceId: string, page: PageRequest): Promise<GroupMapping[]>;

  abstract find(searchSpaceId: string, id: string): Promise<GroupMapping | null>;
}
