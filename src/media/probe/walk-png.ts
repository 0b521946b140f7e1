import { crc32 } from 'node:zlib';
import { mediaUnreadable } from '../domain/media.errors.js';
import { type ImageWalk, measured, peek, skip, skipPixels, take } from './image-step.js';
import { PartsLimit } from './parts-limit.js';
import type { PngEditor } from './picture-editor.js';

export const PNG_SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');

const CHUNK_HEAD_BYTES = 8;
const CRC_BYTES = 4;
const HEADER_BYTES = 13;
const NUMBER_MAX = 0x7fff_ffff;
/** Bit depths that each colour type may have (PNG, third edition, 11.2.1). */
const DEPTHS: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};

/** From signature to IEND; the checksums of all parts that a decoder needs must be right. */
export function* walkPng(editor: PngEditor): ImageWalk {
  yield* take(PNG_SIGNATURE.length);
  yield* walkHeader();
  const parts = new PartsLimit();
  let hasPixels = false;
  for (;;) {
    const head = yield* peek(CHUNK_HEAD_BYTES);
    const sizeBytes = head.readUInt32BE(0);
    const type = head.toString('latin1', 4);
    if (sizeBytes > NUMBER_MAX) throw mediaUnreadable('a part of the PNG has an impossible size');
    if (isAncillary(type)) {
      parts.add();
      yield* editor.ancillary(type, sizeBytes);
      continue;
    }
    const isPixels = type === 'IDAT';
    if (isPixels && !hasPixels) yield* editor.beforePixels();
    const begun = crc32((yield* take(CHUNK_HEAD_BYTES)).subarray(4));
    const crc = yield* isPixels ? skipPixels(sizeBytes, begun) : skip(sizeBytes, begun);
    const expected = yield* take(CRC_BYTES);
    if (expected.readUInt32BE(0) !== crc) throw mediaUnreadable('a checksum of the PNG is wrong');
    if (isPixels) hasPixels = true;
    else if (type === 'IEND') break;
    else if (type !== 'PLTE') throw mediaUnreadable('the PNG has an unknown critical part');
    else parts.add();
  }
  if (!hasPixels) throw mediaUnreadable('the PNG has no pixels');
}

function* walkHeader(): ImageWalk {
  const chunk = yield* take(CHUNK_HEAD_BYTES + HEADER_BYTES + CRC_BYTES);
  const isHeader =
    chunk.readUInt32BE(0) === HEADER_BYTES && chunk.toString('latin1', 4, 8) === 'IHDR';
  if (!isHeader) throw mediaUnreadable('the PNG does not begin with its header');
  const crcAt = CHUNK_HEAD_BYTES + HEADER_BYTES;
  if (chunk.readUInt32BE(crcAt) !== crc32(chunk.subarray(4, crcAt))) {
    throw mediaUnreadable('the checksum of the PNG header is wrong');
  }
  const widthPx = chunk.readUInt32BE(8);
  const heightPx = chunk.readUInt32BE(12);
  const isSized = widthPx > 0 && heightPx > 0 && widthPx <= NUMBER_MAX && heightPx <= NUMBER_MAX;
  if (!isSized || !DEPTHS[chunk.readUInt8(17)]?.includes(chunk.readUInt8(16))) {
    throw mediaUnreadable('the PNG header makes no sense');
  }
  yield* measured({ format: 'png', widthPx, heightPx });
}

/** Small first letter: a decoder may ignore the chunk. */
function isAncillary(type: string): boolean {
  return /^[a-z]/.test(type);
}
