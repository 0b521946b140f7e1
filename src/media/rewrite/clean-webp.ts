import { blank, collect, drop, emit, type ImageWalk, peek, keep } from '../probe/image-step.js';
import {
  RIFF_CHUNK_HEAD_BYTES,
  RIFF_HEAD_BYTES,
  type WebpEditor,
  type WebpStart,
} from '../probe/picture-editor.js';
import { readOrientation, toOrientationTiff, UPRIGHT } from './exif-orientation.js';
import { ICC_HEAD_BYTES, isIccHead } from './icc-profile.js';
import { toExtendedChunk, toRiffChunkHead, VP8X_BYTES, WEBP_FLAG } from './webp-chunks.js';

const KEPT: ReadonlySet<string> = new Set(['VP8X', 'ALPH', 'ANIM']);
const EXIF_READ_BYTES = 65_536;
const TIFF_BYTES = toOrientationTiff(UPRIGHT).length;

/**
 * A WebP says how long it is before anything else, and what is to go stands at its end: it is overwritten with zeros
 * under the name that RIFF has for unused room, so that the picture needs to be neither held nor read twice.
 */
export class CleanWebp implements WebpEditor {
  *start({ type, content }: WebpStart): ImageWalk<number> {
    yield* keep(RIFF_HEAD_BYTES);
    if (type !== 'VP8X') return 0;
    const chunk = (yield* peek(RIFF_CHUNK_HEAD_BYTES)).readUInt32LE(4);
    yield* drop(VP8X_BYTES);
    const cleaned = toExtendedChunk(content, content.readUInt8(0) & ~WEBP_FLAG.xmp);
    cleaned.writeUInt32LE(chunk, 4);
    yield* emit(cleaned);
    return VP8X_BYTES;
  }

  *part(type: string, sizeBytes: number, paddingBytes: number): ImageWalk {
    if (KEPT.has(type)) yield* keep(RIFF_CHUNK_HEAD_BYTES + sizeBytes + paddingBytes);
    else if (type === 'ICCP') yield* this.keepProfile(sizeBytes, paddingBytes);
    else if (type === 'EXIF' && sizeBytes >= TIFF_BYTES) {
      yield* this.keepOrientation(sizeBytes, paddingBytes);
    } else yield* blankPart(sizeBytes, paddingBytes);
  }

  *end(): ImageWalk {}

  private *keepProfile(sizeBytes: number, paddingBytes: number): ImageWalk {
    if (sizeBytes < ICC_HEAD_BYTES) return yield* blankPart(sizeBytes, paddingBytes);
    const begin = yield* peek(RIFF_CHUNK_HEAD_BYTES + ICC_HEAD_BYTES);
    const isGood = isIccHead(begin.subarray(RIFF_CHUNK_HEAD_BYTES), sizeBytes);
    if (isGood) yield* keep(RIFF_CHUNK_HEAD_BYTES + sizeBytes + paddingBytes);
    else yield* blankPart(sizeBytes, paddingBytes);
  }

  private *keepOrientation(sizeBytes: number, paddingBytes: number): ImageWalk {
    const readBytes = Math.min(sizeBytes, EXIF_READ_BYTES);
    const exif = (yield* collect(RIFF_CHUNK_HEAD_BYTES + readBytes)).subarray(
      RIFF_CHUNK_HEAD_BYTES,
    );
    yield* emit(toRiffChunkHead('EXIF', sizeBytes));
    yield* emit(toOrientationTiff(readOrientation(exif) ?? UPRIGHT));
    yield* emit(Buffer.alloc(readBytes - TIFF_BYTES));
    yield* blank(sizeBytes - readBytes + paddingBytes);
  }
}

/** Puts unused room in a chunk's place. */
export function* blankPart(sizeBytes: number, paddingBytes: number): ImageWalk {
  yield* drop(RIFF_CHUNK_HEAD_BYTES);
  yield* emit(toRiffChunkHead('JUNK', sizeBytes));
  yield* blank(sizeBytes + paddingBytes);
}
