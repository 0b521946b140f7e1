import type { ReleasedBlob } from './media-asset.js';

/** What is left of the pictures of a space that is being deleted, outside any transaction. */
export abstract class SpaceMediaReader {
  /** Bytes that nothing uses any more and that are still there. */
  abstract listUnused(searchSpaceId: string, limit: number): Promise<ReleasedBlob[]>;

  /** Pictures whose bytes are in use, by id. */
  abstract listAssetIds(searchSpaceId: string, limit: number): Promise<string[]>;
}
