import { mediaUnreadable } from '../domain/media.errors.js';

/** Flags of a VP8X chunk (RFC 9649, 2.7). */
export const WEBP_FLAG = { xmp: 0x04, alpha: 0x10 } as const;
export const VP8X_BYTES = 18;
const CONTENT_BYTES = 10;
const RIFF_BYTES_MAX = 0xffff_0000;
const RIFF_HEAD_BYTES = 12;
/** Where a lossless picture says that it has transparent parts. */
const LOSSLESS_ALPHA_BIT = 28;

export function toRiffHead(riffBytes: number): Buffer {
  if (riffBytes > RIFF_BYTES_MAX) throw mediaUnreadable('the WebP names an impossible size');
  const head = Buffer.alloc(RIFF_HEAD_BYTES);
  head.write('RIFF', 0, 'latin1');
  head.writeUInt32LE(riffBytes, 4);
  head.write('WEBP', 8, 'latin1');
  return head;
}

export function toRiffChunkHead(type: string, sizeBytes: number): Buffer {
  const head = Buffer.alloc(8);
  head.write(type, 0, 'latin1');
  head.writeUInt32LE(sizeBytes, 4);
  return head;
}

/** The first 18 bytes of a VP8X chunk with other flags. @param sizeBytes of its whole content */
export function toExtendedChunk(content: Buffer, flags: number): Buffer {
  const chunk = Buffer.concat([toRiffChunkHead('VP8X', CONTENT_BYTES), content]);
  chunk.writeUInt8(flags, 8);
  return chunk;
}

/** What a plain picture has to be called once it has more than pixels. */
export function toExtension(widthPx: number, heightPx: number, flags: number): Buffer {
  const content = Buffer.alloc(CONTENT_BYTES);
  content.writeUIntLE(widthPx - 1, 4, 3);
  content.writeUIntLE(heightPx - 1, 7, 3);
  return toExtendedChunk(content, flags);
}

/** Whether a plain picture has transparent parts, by the begin of its only chunk. */
export function hasAlpha(type: string, content: Buffer): boolean {
  return type === 'VP8L' && ((content.readUInt32LE(1) >>> LOSSLESS_ALPHA_BIT) & 1) === 1;
}
