import type { ByteRange, StoredBytes } from '../domain/media-storage.strategy.js';

/** A picture that is ready to be read, whole or in part, any number of times. */
export interface PictureBytes {
  sizeBytes: number;
  /** Whoever opens it must read or destroy the stream. */
  open(range?: ByteRange): Promise<StoredBytes['stream']>;
}

/** What is sent to whoever may see it. */
export interface ServedPicture {
  /** Strong, with its quotes: the same bytes and nothing else have the same. */
  etag: string;
  mediaType: string;
  fileName: string;
  /** Until when it may be kept; null = it has to be asked for every time. */
  expiresAt: Date | null;
  /** Fetches or makes the bytes; not called when the client has them already. */
  prepare(): Promise<PictureBytes>;
}
