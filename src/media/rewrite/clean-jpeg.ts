import { collect, drop, emit, type ImageWalk, peek, keep } from '../probe/image-step.js';
import { JPEG_FRAME_BYTES, type JpegEditor } from '../probe/picture-editor.js';
import { readOrientation, toOrientationExif, UPRIGHT } from './exif-orientation.js';
import { ICC_BYTES_MAX, ICC_HEAD_BYTES, isIccHead } from './icc-profile.js';
import { APP1, APP14, APP2, toJpegSegment } from './jpeg-segments.js';

const APP0 = 0xe0;
const EXIF_NAME = 'Exif\0';
const ICC_NAME = 'ICC_PROFILE\0';
const JFIF_NAME = 'JFIF\0';
const ADOBE_NAME = 'Adobe';
/** Without a small picture of the picture. */
const JFIF_BYTES = 14;
/** Without what some programs put behind; says how colours are coded. */
const ADOBE_BYTES = 12;
/** Name, number of the segment, number of segments. */
const ICC_PREFIX_BYTES = 14;
const ICC_SEGMENTS_MAX = Math.ceil(ICC_BYTES_MAX / 65_519);

export class CleanJpeg implements JpegEditor {
  private hasOrientation = false;
  private profile = { count: 0, next: 1 };

  *segment(marker: number, sizeBytes: number): ImageWalk {
    if (marker === APP0) yield* this.cut(JFIF_NAME, sizeBytes, JFIF_BYTES);
    else if (marker === APP14) yield* this.cut(ADOBE_NAME, sizeBytes, ADOBE_BYTES);
    else if (marker === APP1) yield* this.keepOrientation(sizeBytes);
    else if (marker === APP2) yield* this.keepProfile(sizeBytes);
    else yield* drop(JPEG_FRAME_BYTES + sizeBytes);
  }

  *beforeTables(): ImageWalk {}

  /** Keeps the begin of a segment of that name. */
  private *cut(name: string, sizeBytes: number, keptBytes: number): ImageWalk {
    const wholeBytes = JPEG_FRAME_BYTES + sizeBytes;
    if (sizeBytes < keptBytes) return yield* drop(wholeBytes);
    const begin = yield* peek(JPEG_FRAME_BYTES + keptBytes);
    const content = Buffer.from(begin.subarray(JPEG_FRAME_BYTES));
    if (content.toString('latin1', 0, name.length) !== name) return yield* drop(wholeBytes);
    if (sizeBytes === keptBytes) return yield* keep(wholeBytes);
    const marker = begin.readUInt8(1);
    // Its small picture would be of no size.
    if (marker === APP0) content.fill(0, JFIF_BYTES - 2);
    yield* drop(wholeBytes);
    yield* emit(toJpegSegment(marker, content));
  }

  private *keepOrientation(sizeBytes: number): ImageWalk {
    const segment = yield* collect(JPEG_FRAME_BYTES + sizeBytes);
    const content = segment.subarray(JPEG_FRAME_BYTES);
    if (content.toString('latin1', 0, EXIF_NAME.length) !== EXIF_NAME) return;
    const orientation = readOrientation(content);
    if (orientation === null || orientation === UPRIGHT || this.hasOrientation) return;
    this.hasOrientation = true;
    yield* emit(toJpegSegment(APP1, toOrientationExif(orientation)));
  }

  private *keepProfile(sizeBytes: number): ImageWalk {
    const wholeBytes = JPEG_FRAME_BYTES + sizeBytes;
    const headBytes = ICC_PREFIX_BYTES + (this.profile.next === 1 ? ICC_HEAD_BYTES : 0);
    if (sizeBytes < headBytes) return yield* drop(wholeBytes);
    const content = (yield* peek(JPEG_FRAME_BYTES + headBytes)).subarray(JPEG_FRAME_BYTES);
    if (this.isNextOfProfile(content)) yield* keep(wholeBytes);
    else yield* drop(wholeBytes);
  }

  private isNextOfProfile(content: Buffer): boolean {
    if (content.toString('latin1', 0, ICC_NAME.length) !== ICC_NAME) return false;
    const place = content.readUInt8(ICC_NAME.length);
    const count = content.readUInt8(ICC_NAME.length + 1);
    const { profile } = this;
    if (place !== profile.next || place > count || count > ICC_SEGMENTS_MAX) return false;
    if (place === 1 && !isIccHead(content.subarray(ICC_PREFIX_BYTES), null)) return false;
    if (place > 1 && count !== profile.count) return false;
    this.profile = { count, next: place + 1 };
    return true;
  }
}
