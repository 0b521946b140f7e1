/** Small pictures that all differ, as a vendor's do: equal bytes would be stored only once. */
import { crc32 } from 'node:zlib';
import sharp from 'sharp';

export const SIDE_PX = 64;

const NOISE_SIDE_PX = 32;
const CHANNELS = 3;
/** A factor and an increment of a linear congruential generator; any noise will do. */
const NOISE_FACTOR = 1_664_525;
const NOISE_STEP = 1_013_904_223;
/** Signature (8 bytes) and IHDR (25 bytes): text may stand right behind. */
export const HEAD_BYTES = 33;

/** @returns {Promise<() => Buffer>} makes the next PNG of 64 by 64 pixels, about 4 KB */
export async function preparePictures() {
  const raw = { width: NOISE_SIDE_PX, height: NOISE_SIDE_PX, channels: CHANNELS };
  const base = await sharp(makeNoise(NOISE_SIDE_PX ** 2 * CHANNELS), { raw })
    .resize(SIDE_PX, SIDE_PX, { kernel: 'nearest' })
    .png()
    .toBuffer();
  const head = base.subarray(0, HEAD_BYTES);
  const tail = base.subarray(HEAD_BYTES);
  let made = 0;
  return () => Buffer.concat([head, toTextChunk(`Number\0${process.pid}-${(made += 1)}`), tail]);
}

function makeNoise(sizeBytes) {
  let state = 1;
  return Buffer.from({ length: sizeBytes }, () => {
    state = (Math.imul(state, NOISE_FACTOR) + NOISE_STEP) >>> 0;
    return state >>> 24;
  });
}

/** A `tEXt` chunk: length, type and text, checksum of both. */
export function toTextChunk(text) {
  const content = Buffer.from(`tEXt${text}`, 'latin1');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length - 4);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(content));
  return Buffer.concat([length, content, checksum]);
}
