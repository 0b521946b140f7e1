import { mediaUnreadable } from '../domain/media.errors.js';
import { type ImageWalk, measured, peek, skip, skipPixels, take } from './image-step.js';
import { PartsLimit } from './parts-limit.js';
import { RIFF_CHUNK_HEAD_BYTES, RIFF_HEAD_BYTES, type WebpEditor } from './picture-editor.js';

/** How much of a chunk's begin holds the size of the picture. */
const SIZED_CHUNKS: Readonly<Record<string, number>> = { VP8X: 10, 'VP8 ': 10, VP8L: 5 };
const PIXEL_CHUNKS: ReadonlySet<string> = new Set(['VP8 ', 'VP8L', 'ANMF']);

interface Chunk {
  type: string;
  sizeBytes: number;
}

interface Measures {
  widthPx: number;
  heightPx: number;
}

/** Over every chunk of the RIFF container, whose sizes must add up (RFC 9649). */
export function* walkWebp(editor: WebpEditor): ImageWalk {
  const riffBytes = (yield* peek(RIFF_HEAD_BYTES)).readUInt32LE(4);
  let leftBytes = riffBytes - 4;
  if (leftBytes < RIFF_CHUNK_HEAD_BYTES) throw mediaUnreadable('the WebP has no pixels');
  const parts = new PartsLimit();
  let isMeasured = false;
  let hasPixels = false;
  /** Of the chunk at hand, what the editor has read already. */
  let readBytes = 0;
  for (let isFirst = true; leftBytes > 0; isFirst = false) {
    if (leftBytes < RIFF_CHUNK_HEAD_BYTES) throw doNotAddUp();
    const headAt = isFirst ? RIFF_HEAD_BYTES : 0;
    const chunk = toChunk(yield* peek(headAt + RIFF_CHUNK_HEAD_BYTES), headAt);
    leftBytes -= RIFF_CHUNK_HEAD_BYTES + chunk.sizeBytes;
    if (leftBytes < 0) throw doNotAddUp();
    const sizedBytes = isMeasured ? 0 : (SIZED_CHUNKS[chunk.type] ?? 0);
    let content: Buffer = Buffer.alloc(0);
    let measures: Measures = { widthPx: 0, heightPx: 0 };
    if (sizedBytes > 0) {
      if (chunk.sizeBytes < sizedBytes) throw mediaUnreadable('the WebP header is too short');
      const contentAt = headAt + RIFF_CHUNK_HEAD_BYTES;
      content = Buffer.from((yield* peek(contentAt + sizedBytes)).subarray(contentAt));
      measures = readSize(chunk.type, content);
      yield* measured({ format: 'webp', ...measures });
      isMeasured = true;
    }
    if (isFirst) {
      readBytes = yield* editor.start({ riffBytes, type: chunk.type, content, ...measures });
    }
    // Chunks of odd length are padded; some writers forget it behind the last one.
    const paddingBytes = Math.min(chunk.sizeBytes % 2, leftBytes);
    yield* walkChunk(editor, parts, { ...chunk, paddingBytes, readBytes });
    hasPixels ||= PIXEL_CHUNKS.has(chunk.type);
    readBytes = 0;
    leftBytes -= paddingBytes;
  }
  if (!isMeasured || !hasPixels) throw mediaUnreadable('the WebP has no pixels');
  yield* editor.end();
}

function* walkChunk(
  editor: WebpEditor,
  parts: PartsLimit,
  { type, sizeBytes, paddingBytes, readBytes }: Chunk & { paddingBytes: number; readBytes: number },
): ImageWalk {
  if (PIXEL_CHUNKS.has(type)) {
    yield* take(RIFF_CHUNK_HEAD_BYTES);
    yield* skipPixels(sizeBytes);
    yield* skip(paddingBytes);
    return;
  }
  parts.add();
  if (readBytes > 0) yield* skip(RIFF_CHUNK_HEAD_BYTES + sizeBytes + paddingBytes - readBytes);
  else yield* editor.part(type, sizeBytes, paddingBytes);
}

function toChunk(bytes: Buffer, at: number): Chunk {
  return { type: bytes.toString('latin1', at, at + 4), sizeBytes: bytes.readUInt32LE(at + 4) };
}

function doNotAddUp(): Error {
  return mediaUnreadable('the parts of the WebP do not add up');
}

function readSize(type: string, bytes: Buffer): Measures {
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
