export const IMAGE_FORMATS = ['png', 'jpeg', 'webp'] as const;
export type ImageFormat = (typeof IMAGE_FORMATS)[number];

export const ASSET_ROLES = ['output', 'input', 'mask'] as const;
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
  /** 0 and up; the picture's place among those of the same attempt (output) or generation (input, mask). */
  index: number;
  /** Of the stored bytes, 64 lower-case hexadecimal digits. */
  sha256: string;
  format: ImageFormat;
  widthPx: number;
  heightPx: number;
  sizeBytes: number;
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
