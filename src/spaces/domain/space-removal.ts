/** How one batch of a removal ended. */
export type RemovalProgress =
  /** Something was removed, and there may be more. */
  | 'more'
  /** Something has to end by itself first: ask again in a moment. */
  | 'later'
  /** Nothing of the space is left here. */
  | 'done';

/**
 * Removes one bounded batch of what a room keeps of a space. May be repeated and may be stopped by a crash at any
 * point: each call begins from the rows as they are.
 */
export type RemoveBatch = (searchSpaceId: string) => Promise<RemovalProgress>;

/** What a removal does in which order. Each stage ends before the next begins. */
export const REMOVAL_STAGES = [
  /** Brings work that is under way to its end. */
  'work',
  /** Rows and bytes. */
  'rows',
  /** Closes the books. */
  'money',
] as const;

export type RemovalStage = (typeof REMOVAL_STAGES)[number];
