/** How dangerous a text looks. */
export interface PromptRisk {
  /** Whole percent, 0 to 100. */
  percent: number;
  /** Names of what was found, without any of the text; at most a few dozen. */
  patterns: readonly string[];
}

export const NO_RISK: PromptRisk = { percent: 0, patterns: [] };

/** Judges texts before they are sent to a vendor. Port and injection token; a moderation model can take its place. */
export abstract class PromptScorer {
  /**
   * One risk per text, in their order, each for itself. Called for every request: what answers at once must not make
   * the caller wait for a promise. Must not throw; texts are never kept or logged.
   */
  abstract score(texts: readonly string[]): readonly PromptRisk[] | Promise<readonly PromptRisk[]>;
}
