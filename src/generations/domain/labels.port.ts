export interface Labels {
  tags: readonly string[];
  /** Whether the user has marked it. */
  isFavourite: boolean;
}

export interface TagCount {
  tag: string;
  /** Generations that have it, at most one more than `COUNTED_MAX`. */
  count: number;
}

/** So many generations of a tag are counted; of one that has more it is only said that it has. */
export const COUNTED_MAX = 1_000;
/** What one user may mark in all spaces together. */
export const FAVOURITES_MAX = 5_000;

/** Reads tags and favourites. */
export abstract class LabelsReader {
  /** By id; who has neither is missing. `userId` null = nobody's favourites. */
  abstract find(
    generationIds: readonly string[],
    userId: string | null,
  ): Promise<ReadonlyMap<string, Labels>>;

  /** Tags of a space in the order of their characters, after `after`; one more than the limit when there are more. */
  abstract listTags(
    searchSpaceId: string,
    page: { prefix: string; after: string; limit: number },
  ): Promise<TagCount[]>;
}

/** Writes them inside a unit of work. */
export abstract class LabelsRepository {
  /** Puts these in place of those there are, and answers the latter. Null when the generation is gone. */
  abstract replaceTags(generationId: string, tags: readonly string[]): Promise<string[] | null>;

  /** True also when it was one before. False when the user has `FAVOURITES_MAX`, or the generation is gone. */
  abstract addFavourite(userId: string, generationId: string): Promise<boolean>;

  abstract removeFavourite(userId: string, generationId: string): Promise<void>;
}
