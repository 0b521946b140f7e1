import type { PageRequest } from '../../common/page.js';
import type { Space } from './space.js';

/** Questions about search spaces, outside any transaction. */
export abstract class SpacesReader {
  abstract findById(id: string): Promise<Space | null>;

  /** The spaces the user is a member of, newest first; one row more than `limit` when there are more. */
  abstract listOfUser(userId: string, page: PageRequest): Promise<Space[]>;
}
