/** A space's way out, step by step, inside units of work: port for `scope.get(SpaceDeletions)`. */
export abstract class SpaceDeletions {
  /** From now on nothing comes into the space. False when it is gone, or somebody marked it before. */
  abstract mark(searchSpaceId: string): Promise<boolean>;

  /** Takes the mark back. False when the removal has begun. */
  abstract unmark(searchSpaceId: string): Promise<boolean>;

  /**
   * Begins the removal, or goes on with it. False when there is nothing to remove, or the mark is so fresh that
   * another process may still answer from its cache.
   */
  abstract begin(searchSpaceId: string): Promise<boolean>;

  /** Removes one batch of what the rooms below keep: keys, collections, events, members. True when there may be more. */
  abstract removeBatch(searchSpaceId: string): Promise<boolean>;

  /** The last step: the owner, the roles and the space. False when it was gone before. */
  abstract finish(searchSpaceId: string): Promise<boolean>;
}
