/** Pictures of random pixels as base64, nearly free to make anew: only a numbered text chunk differs. */
import { randomBytes } from 'node:crypto';
import sharp from 'sharp';
import { HEAD_BYTES, toTextChunk } from '../picture.mjs';

const CHANNELS = 3;
/** With 12 bytes around it and the keyword's 7, a multiple of three: what stands behind keeps its base64. */
const NUMBER_CHARS = 17;

/**
 * Splits the base64 of one PNG around a text chunk.
 * @param {number} sidePx a picture has three bytes a pixel and does not compress
 * @returns {Promise<{ head: string, toMiddle: (number: number) => string, tail: string }>} base64, to be put together
 */
export async function preparePicture(sidePx) {
  const raw = { width: sidePx, height: sidePx, channels: CHANNELS };
  const pixels = randomBytes(sidePx * sidePx * CHANNELS);
  const png = await sharp(pixels, { raw }).png({ compressionLevel: 1 }).toBuffer();
  const mark = process.pid * 1_000_000;
  return {
    head: png.subarray(0, HEAD_BYTES).toString('base64'),
    toMiddle: (number) => {
      const text = String(mark + number).padStart(NUMBER_CHARS, '0');
      return toTextChunk(`Number\0${text}`).toString('base64');
    },
    tail: png.subarray(HEAD_BYTES).toString('base64'),
  };
}
