/** Where it is written when a key was last used. */
export abstract class KeyUsageWriter {
  /** Writes the moments in one statement; a later moment that is already there stays. */
  abstract write(uses: ReadonlyMap<string, Date>): Promise<void>;
}
