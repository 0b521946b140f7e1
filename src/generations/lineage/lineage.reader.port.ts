import type { GenerationStatus, Operation } from '../domain/generation.js';

/** One picture that went into a generation and came from another. */
export interface LineageLink {
  /** The generation that it went into. */
  childId: string;
  role: 'input' | 'mask';
  /** Its place among the pictures that went in. */
  index: number;
  sourceAssetId: string;
  /** The generation that made it; null = it is gone. */
  parentId: string | null;
  /** Its place among the pictures of that generation. */
  parentIndex: number | null;
}

export interface LineageFacts {
  id: string;
  status: GenerationStatus;
  operation: Operation;
  model: string;
  createdAt: Date;
}

/** What was made of what, within one space. Port and injection token. */
export abstract class LineageReader {
  /** What went into these generations, where it is known where from. */
  abstract listParents(
    searchSpaceId: string,
    generationIds: readonly string[],
    limit: number,
  ): Promise<LineageLink[]>;

  /** What the pictures of these generations went into. */
  abstract listChildren(
    searchSpaceId: string,
    generationIds: readonly string[],
    limit: number,
  ): Promise<LineageLink[]>;

  /** Those that the space has. */
  abstract findFacts(
    searchSpaceId: string,
    generationIds: readonly string[],
  ): Promise<LineageFacts[]>;
}
