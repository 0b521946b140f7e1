import type { MediaAsset, ReleasedBlob } from './media-asset.js';

/** Bytes that rows name. */
export interface NamedBlob extends ReleasedBlob {
  storageKey: string;
  sizeBytes: number;
  /** 0 = nothing uses them any more, and they are on their way out. */
  refs: number;
  createdAt: Date;
}

/** What rows say is stored, of all spaces, outside any transaction. Port and injection token. */
export abstract class MediaInventory {
  /** Those after that one, in the order of their keys' bytes. */
  abstract listBlobs(after: ReleasedBlob | null, limit: number): Promise<NamedBlob[]>;

  abstract findBlob(blob: ReleasedBlob): Promise<NamedBlob | null>;

  /** Pictures that use these bytes. */
  abstract listAssets(blob: ReleasedBlob, limit: number): Promise<MediaAsset[]>;
}

/** Bytes in the store that no row names, inside a transaction: port for `scope.get(UnnamedBytes)`. */
export abstract class UnnamedBytes {
  /**
   * Takes the place of the row that would name them until the end of the transaction: whoever stores the same picture
   * meanwhile waits, and brings its bytes afterwards.
   * @returns false when a row names them, or was just taken away.
   */
  abstract lock(storageKey: string, sizeBytes: number): Promise<boolean>;

  /** Gives the place back, after the bytes are gone. */
  abstract unlock(storageKey: string): Promise<void>;
}
