import { mediaUnreadable } from '../domain/media.errors.js';
import { type ImageWalk, measured, peek, seekMarker, skip, take } from './image-step.js';
import { PartsLimit } from './parts-limit.js';
import type { JpegEditor } from './picture-editor.js';

export const JPEG_SIGNATURE = Buffer.from('ffd8ff', 'hex');

const MARKER = { startOfImage: 0xd8, endOfImage: 0xd9, startOfScan: 0xda, comment: 0xfe } as const;
const APPLICATION_FIRST = 0xe0;
const APPLICATION_LAST = 0xef;
/** Baseline, extended and progressive frames; the rest (lossless, arithmetic) hardly any decoder reads. */
const FRAMES: ReadonlySet<number> = new Set([0xc0, 0xc1, 0xc2]);
const REFUSED_FRAMES: ReadonlySet<number> = new Set([
  0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf,
]);
const HEAD_BYTES = 4;
const FRAME_BYTES = 6;
/** Markers from TEM to RST7, and stuffing, that stand alone and only inside a scan. */
const LONE_MARKERS: ReadonlySet<number> = new Set([
  0x00, 0x01, 0xd0, 0xd1, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7,
]);

/** From start to end of image, over every segment and scan (ITU-T T.81, annex B). */
export function* walkJpeg(editor: JpegEditor): ImageWalk {
  yield* take(2);
  const parts = new PartsLimit();
  let isMeasured = false;
  let hasScan = false;
  let hasTables = false;
  let marker = yield* peekMarker();
  while (marker !== MARKER.endOfImage) {
    if (LONE_MARKERS.has(marker) || marker === MARKER.startOfImage || REFUSED_FRAMES.has(marker)) {
      throw mediaUnreadable('the JPEG has a part that does not belong there');
    }
    parts.add();
    const sizeBytes = (yield* peek(HEAD_BYTES)).readUInt16BE(2) - 2;
    if (sizeBytes < 0) throw mediaUnreadable('a part of the JPEG has an impossible size');
    if (isApplication(marker)) {
      yield* editor.segment(marker, sizeBytes);
      marker = yield* peekMarker();
      continue;
    }
    if (!hasTables) yield* editor.beforeTables();
    hasTables = true;
    yield* take(HEAD_BYTES);
    if (FRAMES.has(marker)) {
      yield* walkFrame(sizeBytes);
      isMeasured = true;
    } else {
      yield* skip(sizeBytes);
    }
    if (marker === MARKER.startOfScan) {
      if (!isMeasured) throw mediaUnreadable('the JPEG has pixels before its size');
      hasScan = true;
      marker = yield* seekMarker();
    } else {
      marker = yield* peekMarker();
    }
  }
  yield* take(2);
  if (!hasScan) throw mediaUnreadable('the JPEG has no pixels');
}

function* walkFrame(sizeBytes: number): ImageWalk {
  if (sizeBytes < FRAME_BYTES) throw mediaUnreadable('the JPEG header is too short');
  const frame = yield* take(FRAME_BYTES);
  const heightPx = frame.readUInt16BE(1);
  const widthPx = frame.readUInt16BE(3);
  if (widthPx === 0 || heightPx === 0) throw mediaUnreadable('the JPEG does not say its size');
  yield* measured({ format: 'jpeg', widthPx, heightPx });
  yield* skip(sizeBytes - FRAME_BYTES);
}

/** The marker that comes next; it is not read yet, because whether it stays is not known. */
function* peekMarker(): ImageWalk<number> {
  for (;;) {
    const bytes = yield* peek(2);
    if (bytes.readUInt8(0) !== 0xff) throw mediaUnreadable('the JPEG loses its thread');
    const marker = bytes.readUInt8(1);
    if (marker !== 0xff) return marker;
    // Any number of fill bytes may stand before a marker.
    yield* skip(1);
  }
}

function isApplication(marker: number): boolean {
  return (marker >= APPLICATION_FIRST && marker <= APPLICATION_LAST) || marker === MARKER.comment;
}
