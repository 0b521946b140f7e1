import type { PageRequest } from '../../common/page.js';
import type { Space } from './space.js';

/** Questions about search spaces, outside any transaction. */
export abstract class SpacesReader {
  /** Null for a space that is being deleted, too. */
  abstract findById(id: string): Promise<Space | null>;

  /** Whether the space is being deleted and the user was a member of it. */
  abstract isDeletingFor(userId: string, id: string): Promise<boolean>;

  /** Spaces that have been marked for deletion for so long, the oldest first. */
  abstract listDeleting(markedForS: number, limit: number): Promise<string[]>;

  /** The spaces the user is a member of, newest first; one row more than `limit` when there are more. */
  abstract listOfUser(userId: string, page: PageRequest): Promise<Space[]>;
}
