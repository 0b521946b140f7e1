import type { Collection } from './collection.js';

/** Changes to collections, inside a unit of work. */
export abstract class CollectionsRepository {
  /**
   * Lets changes of one space's collections wait for one another, until the transaction ends.
   * @returns how many there are; null when the space is gone or is being deleted.
   */
  abstract lockSpace(searchSpaceId: string): Promise<number | null>;

  /** The row as it is, kept from changing until the transaction ends. */
  abstract lock(id: string): Promise<Collection | null>;

  abstract isNameTaken(searchSpaceId: string, name: string, exceptId: string): Promise<boolean>;

  abstract add(collection: Collection): Promise<void>;

  abstract update(collection: Collection): Promise<void>;

  /** False when it is gone. What is in it stays, in no collection. */
  abstract remove(id: string): Promise<boolean>;
}
