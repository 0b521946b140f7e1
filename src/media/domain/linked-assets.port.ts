import type { MediaAsset, ReleasedBlob } from './media-asset.js';

/** Pictures as signed links name them, outside any transaction. Port and injection token. */
export abstract class LinkedAssets {
  /** Of any space: whoever asks has a link, or asks for the caller's right to the space it is of. */
  abstract find(assetId: string): Promise<MediaAsset | null>;

  /** Those of these that are in use. */
  abstract listUsed(blobs: readonly ReleasedBlob[]): Promise<ReleasedBlob[]>;
}

/** Inside the caller's transaction: port for `scope.get(AssetLinksRepository)`. */
export abstract class AssetLinksRepository {
  /** Ends every link given out. @returns the version of the links to come; null = there is no such picture */
  abstract raiseVersion(searchSpaceId: string, assetId: string): Promise<number | null>;
}
