import type { AssetRole, MediaAsset } from './media-asset.js';
import type { IncomingName } from './storage-key.js';

/** The rows of pictures, outside any transaction of the caller. Port and injection token. */
export abstract class MediaRepository {
  /**
   * Adds assets and counts them on their blobs, all or none, in one durable step.
   * An asset whose place (attempt or generation, role, index) is taken is left out.
   * @returns ids of the assets that were added. May be repeated.
   */
  abstract record(assets: readonly MediaAsset[]): Promise<string[]>;

  /** Of all these generations, by generation and index, with their placeholders. */
  abstract findByGenerations(
    generationIds: readonly string[],
    role: AssetRole,
  ): Promise<MediaAsset[]>;

  /** By role and index. */
  abstract findByAttempt(attemptId: string): Promise<MediaAsset[]>;

  abstract findInSpace(searchSpaceId: string, assetId: string): Promise<MediaAsset | null>;

  abstract findByIncomingName(name: IncomingName): Promise<MediaAsset | null>;
}
