import { createHash, randomBytes } from 'node:crypto';
import sharp from 'sharp';

export type PictureFormat = 'png' | 'jpeg' | 'webp';

const KEPT_MAX = 64;
const kept = new Map<string, Promise<Buffer>>();

/** A real picture of exactly this size and format; its colours tell prompts and indexes apart. */
export function makePicture(
  subject: string,
  widthPx: number,
  heightPx: number,
  format: PictureFormat,
): Promise<Buffer> {
  const key = JSON.stringify([subject, widthPx, heightPx, format]);
  const known = kept.get(key);
  if (known) return known;
  const picture = draw(subject, widthPx, heightPx, format);
  kept.set(key, picture);
  if (kept.size > KEPT_MAX) kept.delete(kept.keys().next().value as string);
  return picture;
}

function draw(
  subject: string,
  widthPx: number,
  heightPx: number,
  format: PictureFormat,
): Promise<Buffer> {
  const digest = createHash('sha256').update(subject).digest();
  const raw = { width: 4, height: 2, channels: 3 } as const;
  return sharp(digest.subarray(0, 24), { raw })
    .resize(widthPx, heightPx, { fit: 'fill', kernel: 'nearest' })
    .toFormat(format)
    .toBuffer();
}

/** A PNG that no compression makes smaller: three bytes a pixel. */
export function makeNoise(widthPx: number, heightPx: number): Promise<Buffer> {
  const raw = { width: widthPx, height: heightPx, channels: 3 } as const;
  return sharp(randomBytes(widthPx * heightPx * raw.channels), { raw })
    .png()
    .toBuffer();
}
