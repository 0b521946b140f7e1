export const IMAGE_FORMATS = ['png', 'jpeg', 'webp'] as const;
export type ImageFormat = (typeof IMAGE_FORMATS)[number];

export const ASSET_ROLES = ['output', 'input', 'mask', 'upload'] as const;
export type AssetRole = (typeof ASSET_ROLES)[number];

/** One stored picture. Its bytes belong to the space and may be shared by several assets. */
export interface MediaAsset {
  id: string;
  searchSpaceId: string;
  /** Null for a picture that belongs to no generation. */
  generationId: string | null;
  /** The attempt that made it; null for what the caller gave. */
  attemptId: string | null;
  role: AssetRole;
  /** 0 and up; the picture's place among those of the same attempt (output) or generation (input, mask); 0 of an upload. */
  index: number;
  /** Of the stored bytes, 64 lower-case hexadecimal digits. */
  sha256: string;
  format: ImageFormat;
  widthPx: number;
  heightPx: number;
  sizeBytes: number;
  /** The picture of the same space that it was taken from; it may be gone by now. Absent or null = none is known. */
  sourceAssetId?: string | null;
  /** Only while it is recorded: hash of the bytes that came, by which a picture that was made here is known again. */
  givenSha256?: string | null;
  /** What an upload was called, for display alone. Absent or null = no name is known. */
  fileName?: string | null;
  /** Whoever brought it or asked for it; absent where nobody asks. */
  createdBy?: string | null;
  /** Of an upload. */
  collectionId?: string | null;
  /** Of its links: raised, those given out before open nothing. Absent = 1, that of a new picture. */
  linksVersion?: number;
  /** A placeholder, base64 of a ThumbHash; null = nobody looked at it yet, absent = nobody asked. */
  thumbhash?: string | null;
  /** As the vendor told it; null = not told. */
  seed: number | null;
  createdAt: Date;
}

/** Bytes that no asset uses any more. */
export interface ReleasedBlob {
  searchSpaceId: string;
  sha256: string;
}

const MEDIA_TYPES: Readonly<Record<ImageFormat, string>> = {
  png: 'image/png',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
};

export function toMediaType(format: ImageFormat): string {
  return MEDIA_TYPES[format];
}

/** Kind of the outbox event that says so; its payload is `{sha256}`. */
export const BLOB_RELEASED = 'media.blob_released';
