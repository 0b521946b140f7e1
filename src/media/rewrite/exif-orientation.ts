const TIFF_HEAD_BYTES = 8;
const ENTRY_BYTES = 12;
/** More entries than any camera writes. */
const ENTRIES_MAX = 500;
const ORIENTATION_TAG = 0x0112;
const SHORT_TYPE = 3;
const ORIENTATIONS_MAX = 8;
const TAG_MAGIC = 42;
const EXIF_HEAD = Buffer.from('Exif\0\0', 'latin1');

/** A picture that is to be shown as it is stored. */
export const UPRIGHT = 1;

/** How a picture is to be turned, 1 to 8; null = the EXIF data do not tell, or make no sense. Never throws. */
export function readOrientation(exif: Buffer): number | null {
  const tiff = exif.subarray(0, EXIF_HEAD.length).equals(EXIF_HEAD)
    ? exif.subarray(EXIF_HEAD.length)
    : exif;
  if (tiff.length < TIFF_HEAD_BYTES) return null;
  const order = tiff.toString('latin1', 0, 2);
  if (order !== 'II' && order !== 'MM') return null;
  const isLittle = order === 'II';
  const readShort = (at: number) => (isLittle ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const readLong = (at: number) => (isLittle ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at));
  if (readShort(2) !== TAG_MAGIC) return null;
  const folderAt = readLong(4);
  if (folderAt + 2 > tiff.length) return null;
  const count = Math.min(readShort(folderAt), ENTRIES_MAX);
  for (let position = 0; position < count; position += 1) {
    const at = folderAt + 2 + position * ENTRY_BYTES;
    if (at + ENTRY_BYTES > tiff.length) return null;
    if (readShort(at) !== ORIENTATION_TAG) continue;
    const value = readShort(at + 8);
    const isGood = readShort(at + 2) === SHORT_TYPE && value >= 1 && value <= ORIENTATIONS_MAX;
    return isGood ? value : null;
  }
  return null;
}

/** EXIF data that say how to turn the picture and nothing else: 26 bytes of TIFF. */
export function toOrientationTiff(orientation: number): Buffer {
  const tiff = Buffer.alloc(TIFF_HEAD_BYTES + 2 + ENTRY_BYTES + 4);
  tiff.write('MM', 0, 'latin1');
  tiff.writeUInt16BE(TAG_MAGIC, 2);
  tiff.writeUInt32BE(TIFF_HEAD_BYTES, 4);
  tiff.writeUInt16BE(1, 8);
  tiff.writeUInt16BE(ORIENTATION_TAG, 10);
  tiff.writeUInt16BE(SHORT_TYPE, 12);
  tiff.writeUInt32BE(1, 14);
  tiff.writeUInt16BE(orientation, 18);
  return tiff;
}

/** The same with the name that a JPEG's segment begins with. */
export function toOrientationExif(orientation: number): Buffer {
  return Buffer.concat([EXIF_HEAD, toOrientationTiff(orientation)]);
}
