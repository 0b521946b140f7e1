import type { GroupMapping } from './sign-in.js';

/** Changes to group mappings, inside a unit of work. */
export abstract class GroupMappingsRepository {
  /** False when the space maps this group already; nothing is written then. */
  abstract add(mapping: GroupMapping): Promise<boolean>;

  abstract count(searchSpaceId: string): Promise<number>;

  abstract changeRole(id: string, roleId: string): Promise<void>;

  /** Kept from changing until the transaction ends. */
  abstract lock(searchSpaceId: string, id: string): Promise<GroupMapping | null>;

  abstract remove(id: string): Promise<void>;
}
