import type { ReleasedBlob } from './media-asset.js';

/**
 * Letting go of pictures, inside the caller's transaction: port for `scope.get(MediaReleases)`.
 * What is released here loses its bytes after the commit: through the outbox for certain, and at once when the
 * caller passes the result to `MediaService.purge`.
 */
export abstract class MediaReleases {
  /** Drops all assets of a generation. @returns the blobs that nothing uses any more. May be repeated. */
  abstract releaseGeneration(generationId: string): Promise<ReleasedBlob[]>;

  /** Drops single assets. */
  abstract releaseAssets(assetIds: readonly string[]): Promise<ReleasedBlob[]>;

  /** Locks the blob until the end of the transaction. @returns its storage key; null = in use again, or gone. */
  abstract lockUnused(blob: ReleasedBlob): Promise<string | null>;

  /** Drops the row of a blob that `lockUnused` locked. */
  abstract forget(blob: ReleasedBlob): Promise<void>;
}
