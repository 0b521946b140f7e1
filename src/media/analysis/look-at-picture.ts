import sharp from 'sharp';
import { rgbaToThumbHash } from 'thumbhash';
import { HASH_EDGE_PX, toPerceptualHash } from '../domain/perceptual-hash.js';

/** Most that a placeholder is made of. */
const THUMB_EDGE_PX = 100;
const DECODE_TIMEOUT_S = 20;
const CHANNELS = 4;
const HEX = 16;

/** What a picture looks like. */
export interface Looks {
  /** Base64 of a ThumbHash, some 25 bytes. */
  thumbhash: string;
  /** The colour that most of it has: `#rrggbb`. */
  colour: string;
  /** Null: it shows next to nothing to tell it by. */
  hash: bigint | null;
}

/**
 * Decodes no more of a picture than is needed; JPEG and WebP are read small.
 * @throws what is no picture that can be decoded, has more pixels than permitted or takes too long
 */
export async function lookAtPicture(bytes: Buffer, pixelsMax: number): Promise<Looks> {
  const { data, info } = await sharp(bytes, { limitInputPixels: pixelsMax, sequentialRead: true })
    .timeout({ seconds: DECODE_TIMEOUT_S })
    .resize(THUMB_EDGE_PX, THUMB_EDGE_PX, { fit: 'inside' })
    .toColourspace('srgb')
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const raw = { width: info.width, height: info.height, channels: CHANNELS } as const;
  const [grey, { dominant }] = await Promise.all([
    sharp(data, { raw })
      .flatten({ background: 'white' })
      .greyscale()
      .resize(HASH_EDGE_PX, HASH_EDGE_PX, { fit: 'fill' })
      .raw()
      .toBuffer(),
    sharp(data, { raw }).stats(),
  ]);
  const thumbhash = rgbaToThumbHash(info.width, info.height, data);
  const colour = [dominant.r, dominant.g, dominant.b]
    .map((value) => Math.min(value, 0xff).toString(HEX).padStart(2, '0'))
    .join('');
  return {
    thumbhash: Buffer.from(thumbhash).toString('base64'),
    colour: `#${colour}`,
    hash: toPerceptualHash(grey),
  };
}
