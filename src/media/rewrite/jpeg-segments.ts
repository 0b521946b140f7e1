export const XMP_NAME = Buffer.from('http://ns.adobe.com/xap/1.0/\0', 'latin1');
export const XMP_EXTENSION_NAME = Buffer.from('http://ns.adobe.com/xmp/extension/\0', 'latin1');
export const APP1 = 0xe1;
export const APP2 = 0xe2;
export const APP11 = 0xeb;
export const APP14 = 0xee;

/** A whole segment. */
export function toJpegSegment(marker: number, data: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt8(0xff, 0);
  head.writeUInt8(marker, 1);
  head.writeUInt16BE(data.length + 2, 2);
  return Buffer.concat([head, data]);
}

export function toJpegXmp(packet: Buffer): Buffer {
  return toJpegSegment(APP1, Buffer.concat([XMP_NAME, packet]));
}
