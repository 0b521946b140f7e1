import { mediaUnreadable } from '../domain/media.errors.js';
import { type ImageWalk, measured, skip, take } from './image-step.js';

const HEAD_BYTES = 12;
const CHUNK_HEAD_BYTES = 8;
/** How much of a chunk's begin holds the size of the picture. */
const SIZED_CHUNKS: Readonly<Record<string, number>> = { VP8X: 10, 'VP8 ': 10, VP8L: 5 };
const PIXEL_CHUNKS: ReadonlySet<string> = new Set(['VP8 ', 'VP8L', 'ANMF']);

/** Over every chunk of the RIFF container, whose sizes must add up (RFC 9649). */
export function* walkWebp(): ImageWalk {
  const head = yield* take(HEAD_BYTES);
  let leftBytes = head.readUInt32LE(4) - 4;
  let isMeasured = false;
  let hasPixels = false;
  while (leftBytes > 0) {
    if (leftBytes < CHUNK_HEAD_BYTES) throw mediaUnreadable('the parts of the WebP do not add up');
    const chunk = yield* take(CHUNK_HEAD_BYTES);
    const type = chunk.toString('latin1', 0, 4);
    const sizeBytes = chunk.readUInt32LE(4);
    leftBytes -= CHUNK_HEAD_BYTES + sizeBytes;
    if (leftBytes < 0) throw mediaUnreadable('the parts of the WebP do not add up');
    const sizedBytes = isMeasured ? 0 : (SIZED_CHUNKS[type] ?? 0);
    if (sizedBytes > 0) {
      if (sizeBytes < sizedBytes) throw mediaUnreadable('the WebP header is too short');
      yield* measured({ format: 'webp', ...readSize(type, yield* take(sizedBytes)) });
      isMeasured = true;
    }
    hasPixels ||= PIXEL_CHUNKS.has(type);
    yield* skip(sizeBytes - sizedBytes);
    // Chunks of odd length are padded; some writers forget it behind the last one.
    const paddingBytes = Math.min(sizeBytes % 2, leftBytes);
    yield* skip(paddingBytes);
    leftBytes -= paddingBytes;
  }
  if (!isMeasured || !hasPixels) throw mediaUnreadable('the WebP has no pixels');
}

function readSize(type: string, bytes: Buffer): { widthPx: number; heightPx: number } {
  if (type === 'VP8X') {
    return { widthPx: bytes.readUIntLE(4, 3) + 1, heightPx: bytes.readUIntLE(7, 3) + 1 };
  }
  if (type === 'VP8L') {
    if (bytes.readUInt8(0) !== 0x2f) throw mediaUnreadable('the WebP header makes no sense');
    const packed = bytes.readUInt32LE(1);
    return { widthPx: (packed & 0x3fff) + 1, heightPx: ((packed >>> 14) & 0x3fff) + 1 };
  }
  const isKeyFrame = (bytes.readUInt8(0) & 1) === 0 && bytes.readUIntBE(3, 3) === 0x9d_01_2a;
  const widthPx = bytes.readUInt16LE(6) & 0x3fff;
  const heightPx = bytes.readUInt16LE(8) & 0x3fff;
  if (!isKeyFrame || widthPx === 0 || heightPx === 0) {
    throw mediaUnreadable('the WebP header makes no sense');
  }
  return { widthPx, heightPx };
}
