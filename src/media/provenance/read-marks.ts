import { collect, drop, type ImageWalk } from '../probe/image-step.js';
import {
  JPEG_FRAME_BYTES,
  type PictureEditor,
  PNG_FRAME_BYTES,
  RIFF_CHUNK_HEAD_BYTES,
  RIFF_HEAD_BYTES,
} from '../probe/picture-editor.js';
import type { BlockKind } from '../rewrite/mark-blocks.js';
import { toKind as toJpegKind } from '../rewrite/mark-jpeg.js';
import { toKind as toPngKind } from '../rewrite/mark-png.js';
import { type FoundMark, readXmp, XMP_BYTES_MAX } from '../rewrite/xmp-packet.js';

const NOTHING: FoundMark = { digitalSourceType: null, generator: null, generationId: null };

/** Finds the marks of a picture that walks by. Nothing is decoded, and of all parts only XMP is looked into. */
export class ReadMarks {
  hasManifest = false;
  /** Whether the pixels have begun: what a manifest has to stand before. */
  hasBegun = false;
  /** Of the first XMP. */
  mark: FoundMark = NOTHING;
  private hasXmp = false;

  get editor(): PictureEditor {
    // The walks call these as functions of other objects.
    const pass = (kind: BlockKind, wholeBytes: number) => this.pass(kind, wholeBytes);
    const begin = () => {
      this.hasBegun = true;
      return standStill();
    };
    return {
      png: {
        *ancillary(type, sizeBytes) {
          yield* pass(yield* toPngKind(type, sizeBytes), PNG_FRAME_BYTES + sizeBytes);
        },
        beforePixels: () => begin(),
      },
      jpeg: {
        *segment(marker, sizeBytes) {
          yield* pass(yield* toJpegKind(marker, sizeBytes), JPEG_FRAME_BYTES + sizeBytes);
        },
        beforeTables: () => begin(),
      },
      webp: {
        *start() {
          begin();
          yield* drop(RIFF_HEAD_BYTES);
          return 0;
        },
        *part(type, sizeBytes, paddingBytes) {
          const kind = type === 'XMP ' ? 'xmp' : type === 'C2PA' ? 'manifest' : 'other';
          yield* pass(kind, RIFF_CHUNK_HEAD_BYTES + sizeBytes + paddingBytes);
        },
        *end() {},
      },
    };
  }

  private *pass(kind: BlockKind, wholeBytes: number): ImageWalk {
    if (kind === 'manifest') this.hasManifest = true;
    if (kind !== 'xmp' || this.hasXmp || wholeBytes > XMP_BYTES_MAX) return yield* drop(wholeBytes);
    this.hasXmp = true;
    this.mark = readXmp(yield* collect(wholeBytes));
  }
}

/** A walk that takes nothing. */
function* standStill(): ImageWalk {}
