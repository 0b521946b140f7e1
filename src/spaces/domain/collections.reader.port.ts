import type { PageRequest } from '../../common/page.js';
import type { Collection } from './collection.js';

/** Questions about collections, outside any transaction. */
export abstract class CollectionsReader {
  abstract findById(id: string): Promise<Collection | null>;

  /** Newest first; one row more than `limit` when there are more. */
  abstract listOfSpace(searchSpaceId: string, page: PageRequest): Promise<Collection[]>;
}
