export const COLLECTION_NAME_LENGTH_MAX = 100;
export const COLLECTION_DESCRIPTION_LENGTH_MAX = 500;
/** Collections of one space; the next one is refused. */
export const COLLECTIONS_PER_SPACE_MAX = 1_000;

/** A project inside a search space. */
export interface Collection {
  id: string;
  searchSpaceId: string;
  name: string;
  description: string;
  /** The user who made it. */
  createdBy: string;
  createdAt: Date;
}

/** What may change of a collection; undefined stays as it is. */
export interface CollectionChanges {
  name?: string;
  description?: string;
}
