/**
 * What legal holds leave free, asked inside the deleting transaction: port for `scope.get(HeldRows)`. No hold is placed
 * on those spaces until the transaction ends. The database refuses whoever does not ask.
 */
export abstract class HeldRows {
  /** Those of these generations that are there, have ended and are not held. */
  abstract lockFreeGenerations(ids: readonly string[]): Promise<string[]>;

  /** Those of these pictures that are there and not held, neither they nor their generation. */
  abstract lockFreeAssets(ids: readonly string[]): Promise<string[]>;

  /** Whether no hold at all stands in that space. */
  abstract lockFreeSpace(searchSpaceId: string): Promise<boolean>;
}
