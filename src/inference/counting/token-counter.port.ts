/** Counts tokens where a vendor did not. */
export abstract class TokenCounter {
  /** Tokens of these texts together, a whole number of 0 or more. Never throws: what cannot be counted is estimated. */
  abstract count(texts: readonly string[]): Promise<number>;
}
