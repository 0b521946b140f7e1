import type { AssetRole, ImageFormat, MediaAsset } from './media-asset.js';

/** Which pictures of a space; null = whichever. */
export interface LibraryFilter {
  searchSpaceId: string;
  role: AssetRole | null;
  format: ImageFormat | null;
  generationId: string | null;
  collectionId: string | null;
  createdBy: string | null;
  /** From this moment on. */
  from: Date | null;
  /** Up to this moment, without it. */
  to: Date | null;
}

export interface LibraryPage {
  assets: MediaAsset[];
  /** Where the next page begins, after this id; null = this was the last one. */
  nextAfter: string | null;
}

/** What an Idempotency-Key stands for. */
export interface UploadClaim {
  callerId: string;
  key: string;
  searchSpaceId: string;
  fingerprint: string;
  assetIds: string[];
  createdAt: Date;
}

/** The pictures of spaces as lists, outside any transaction. Port and injection token. */
export abstract class MediaLibrary {
  /** Of any space: whoever asks must be asked first. */
  abstract find(assetId: string): Promise<MediaAsset | null>;

  abstract findAll(assetIds: readonly string[]): Promise<MediaAsset[]>;

  /** Newest first. Looks at a bounded number of rows, so a page may hold fewer than `limit` and have a next one. */
  abstract list(filter: LibraryFilter, after: string | null, limit: number): Promise<LibraryPage>;

  /**
   * Adds the rows of uploads and their claim in one durable step.
   * @param keptFrom claims from before that are forgotten
   * @returns false when the key is in use: nothing was added
   */
  abstract addUploads(
    assets: readonly MediaAsset[],
    claim: UploadClaim | null,
    keptFrom: Date,
  ): Promise<boolean>;

  abstract findClaim(callerId: string, key: string): Promise<UploadClaim | null>;

  /** Which of the keys stand for something. */
  abstract listClaimed(callerId: string, keys: readonly string[]): Promise<string[]>;

  /** Forgets claims made before. @returns how many */
  abstract trimClaims(before: Date, limit: number): Promise<number>;

  /** @returns how many were removed */
  abstract removeClaimsOfSpace(searchSpaceId: string, limit: number): Promise<number>;
}

/** Inside a unit of work: port for `scope.get(MediaLibraryRepository)`. */
export abstract class MediaLibraryRepository {
  /** Locks the row until the end of the transaction; false = it is gone. */
  abstract lock(assetId: string): Promise<boolean>;
}
