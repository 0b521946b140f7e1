/** Brings usage rows into the sums that reports read. Port and injection token. */
export abstract class UsageRollUpStore {
  /**
   * Adds rows that wait, about `rowsMax` of them, in a transaction of its own. Any number of processes at once.
   * @param waits for those that other processes are adding just now, a few seconds at most
   * @returns how many rows; fewer than `rowsMax` = all that waited (without `waits`: but for what others are adding)
   */
  abstract add(rowsMax: number, waits: boolean): Promise<number>;
}
