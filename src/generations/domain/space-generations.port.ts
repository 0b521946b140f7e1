/** The rows of one space, or of one collection, as their removal sees them. */
export abstract class SpaceGenerations {
  /** Those that have not ended, oldest first. */
  abstract listUnfinished(searchSpaceId: string, limit: number): Promise<string[]>;

  /** Those that have ended, oldest first. */
  abstract listConcluded(searchSpaceId: string, limit: number): Promise<string[]>;

  /** Takes at most so many out of a collection; answers how many. */
  abstract detach(collectionId: string, limit: number): Promise<number>;
}
