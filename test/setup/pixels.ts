import { createHash } from 'node:crypto';
import sharp from 'sharp';

/** What a picture shows, whatever stands beside it in its file: pictures of models carry a mark with their own id. */
export async function hashPixels(picture: Buffer): Promise<string> {
  const { data, info } = await sharp(picture).raw().toBuffer({ resolveWithObject: true });
  const size = `${info.width}x${info.height}x${info.channels}`;
  return createHash('sha256').update(size).update(data).digest('hex');
}

export async function hasSamePixels(left: Buffer, right: Buffer): Promise<boolean> {
  return (await hashPixels(left)) === (await hashPixels(right));
}
