import type { HistoryFilter } from './history-filter.js';

export interface HistoryQuestion {
  filter: HistoryFilter;
  /** The spaces whose rows the caller may read; an empty list shows nothing. */
  searchSpaceIds: readonly string[];
  /** Whose favourites are meant. */
  userId: string;
  /** The id that the page before ended with. */
  after: string | null;
  /** Most ids that are answered. */
  limit: number;
}

/** Finds generations by what is known of them, and keeps that up. */
export abstract class HistoryRepository {
  /**
   * In the order of the filter. A generation that has not ended, or has just ended, is found as well.
   * @throws DomainError `request.invalid` when there is no word in the search.
   */
  abstract listIds(question: HistoryQuestion): Promise<string[]>;

  /** Takes what has ended into the index; others are passed over. May be repeated. */
  abstract index(ids: readonly string[]): Promise<void>;

  /** Some of those that have ended and are not in the index. */
  abstract listUnindexed(limit: number): Promise<string[]>;

  /** Looks at so many parts of the index and writes some of those anew from which generations have gone. */
  abstract tidy(segmentsMax: number, writtenMax: number): Promise<void>;

  /** Removes what the index holds of a space whose generations are gone. */
  abstract forgetSpace(searchSpaceId: string): Promise<void>;
}
