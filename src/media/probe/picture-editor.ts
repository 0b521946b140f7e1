import { type ImageWalk, keep } from './image-step.js';

/** What becomes of the parts of a PNG that a decoder can do without. */
export interface PngEditor {
  /** Walks over one whole ancillary chunk: 8 bytes of head, the data, 4 bytes of checksum. */
  ancillary(type: string, sizeBytes: number): ImageWalk;
  /** Before the first IDAT. */
  beforePixels(): ImageWalk;
}

/** What becomes of the application and comment segments of a JPEG. */
export interface JpegEditor {
  /** Walks over one whole segment: 4 bytes of marker and length, then the data. */
  segment(marker: number, sizeBytes: number): ImageWalk;
  /** Before the first segment of another kind. */
  beforeTables(): ImageWalk;
}

export interface WebpStart {
  /** The size that the RIFF header tells. */
  riffBytes: number;
  /** The first chunk's type, and as much of its content as holds the size of the picture. */
  type: string;
  content: Buffer;
  widthPx: number;
  heightPx: number;
}

/** What becomes of the chunks of a WebP that hold no pixels. */
export interface WebpEditor {
  /**
   * Walks over the 12 bytes of the RIFF header and may go on over the first 18 bytes of a VP8X chunk.
   * @returns how many bytes it went beyond the header: 0 or 18.
   */
  start(facts: WebpStart): ImageWalk<number>;
  /** Walks over one whole chunk: 8 bytes of head, the data, the padding that is there. */
  part(type: string, sizeBytes: number, paddingBytes: number): ImageWalk;
  /** Behind the last chunk. */
  end(): ImageWalk;
}

/** What is taken out of pictures and put into them on their way. One editor serves one picture. */
export interface PictureEditor {
  png: PngEditor;
  jpeg: JpegEditor;
  webp: WebpEditor;
}

export const PNG_FRAME_BYTES = 12;
export const JPEG_FRAME_BYTES = 4;
export const RIFF_HEAD_BYTES = 12;
export const RIFF_CHUNK_HEAD_BYTES = 8;

/** Leaves every byte as it is. */
export const KEEP_ALL: PictureEditor = {
  png: {
    *ancillary(_type, sizeBytes) {
      yield* keep(PNG_FRAME_BYTES + sizeBytes);
    },
    *beforePixels() {},
  },
  jpeg: {
    *segment(_marker, sizeBytes) {
      yield* keep(JPEG_FRAME_BYTES + sizeBytes);
    },
    *beforeTables() {},
  },
  webp: {
    *start() {
      yield* keep(RIFF_HEAD_BYTES);
      return 0;
    },
    *part(_type, sizeBytes, paddingBytes) {
      yield* keep(RIFF_CHUNK_HEAD_BYTES + sizeBytes + paddingBytes);
    },
    *end() {},
  },
};
