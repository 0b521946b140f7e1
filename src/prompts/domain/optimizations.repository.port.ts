/** Rewritings of one space that are remembered; older ones go. */
export const OPTIMIZATIONS_KEPT_MAX = 100;

/** How one rewriting went. No text of it is kept. */
export interface OptimizationNote {
  id: string;
  searchSpaceId: string;
  model: string;
  isSuccess: boolean;
  /** Code points. */
  originalLength: number;
  /** Null = it failed. */
  optimizedLength: number | null;
  timeMs: number;
  /** Share of the keywords that it kept; null = there was no rewriting to look at. */
  retentionPercent: number | null;
  createdAt: Date;
}

export abstract class OptimizationsReader {
  /** The newest, at most OPTIMIZATIONS_KEPT_MAX. */
  abstract listLast(searchSpaceId: string): Promise<OptimizationNote[]>;
}

/** Inside a unit of work. */
export abstract class OptimizationsRepository {
  /** The oldest beyond OPTIMIZATIONS_KEPT_MAX go. */
  abstract add(note: OptimizationNote): Promise<void>;
}

/** What a deleted space leaves here. */
export abstract class SpacePrompts {
  /** Removes at most `limit` templates and as many notes. @returns how many rows */
  abstract removeBatch(searchSpaceId: string, limit: number): Promise<number>;
}
