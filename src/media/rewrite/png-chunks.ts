import { crc32 } from 'node:zlib';

export const XMP_KEYWORD = Buffer.from('XML:com.adobe.xmp\0', 'latin1');
/** Compression flag and method, language, translated keyword: none. */
const XMP_HEAD = Buffer.concat([XMP_KEYWORD, Buffer.alloc(4)]);
const NUMBER_BYTES = 4;

export function toPngChunk(type: string, data: Buffer): Buffer {
  const chunk = Buffer.alloc(NUMBER_BYTES * 3 + data.length);
  chunk.writeUInt32BE(data.length, 0);
  chunk.write(type, NUMBER_BYTES, 'latin1');
  data.copy(chunk, NUMBER_BYTES * 2);
  const crcAt = NUMBER_BYTES * 2 + data.length;
  chunk.writeUInt32BE(crc32(chunk.subarray(NUMBER_BYTES, crcAt)), crcAt);
  return chunk;
}

/** Uncompressed: what is in zTXt few readers find. */
export function toPngXmp(packet: Buffer): Buffer {
  return toPngChunk('iTXt', Buffer.concat([XMP_HEAD, packet]));
}
