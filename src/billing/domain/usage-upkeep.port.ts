/** What usage is no longer kept for. Port and injection token. */
export abstract class UsageUpkeep {
  /**
   * Drops the oldest month of rows, if all of it is older than so many days.
   * @returns `busy`: its rows are not rolled up yet, or writers did not make way in time; `none`: nothing is so old
   */
  abstract dropMonth(olderThanDays: number): Promise<'dropped' | 'busy' | 'none'>;

  /** Deletes rows that are in no month and older; at most `limit`. Answers how many. */
  abstract deleteUnplaced(olderThanDays: number, limit: number): Promise<number>;

  /** Deletes the ids that tell a repeated conclusion; at most `limit`. */
  abstract deleteKeys(olderThanDays: number, limit: number): Promise<number>;

  /** Deletes daily sums, and what was told of those days; at most `limit` of each. */
  abstract deleteDays(olderThanDays: number, limit: number): Promise<number>;
}
