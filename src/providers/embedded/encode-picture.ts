import sharp, { type Sharp } from 'sharp';
import type { ImageFormat } from '../spec/image-model.js';
import type { Canvas } from './paint-canvas.js';

const JPEG_QUALITY = 90;
const WEBP_QUALITY = 85;
/** 0 is quickest, 6 smallest. */
const WEBP_EFFORT = 1;
const PNG_COMPRESSION_LEVEL = 4;

/** The canvas at its full size, ready to be composed or encoded. */
export function toPicture(canvas: Canvas, widthPx: number, heightPx: number): Sharp {
  const { pixels, channels } = canvas;
  const raw = { width: canvas.widthPx, height: canvas.heightPx, channels };
  const picture = sharp(pixels, { raw });
  if (canvas.widthPx === widthPx && canvas.heightPx === heightPx) return picture;
  return picture.resize(widthPx, heightPx, { fit: 'fill', kernel: 'cubic' });
}

/** @param compression 0 (smallest) to 100 (best); null = the usual. No effect on png. */
export function encodePicture(
  picture: Sharp,
  format: ImageFormat,
  compression: number | null,
): Promise<Buffer> {
  switch (format) {
    case 'png':
      return picture.png({ compressionLevel: PNG_COMPRESSION_LEVEL }).toBuffer();
    case 'jpeg':
      return picture.jpeg({ quality: toQuality(compression ?? JPEG_QUALITY) }).toBuffer();
    case 'webp':
      return picture
        .webp({ quality: toQuality(compression ?? WEBP_QUALITY), effort: WEBP_EFFORT })
        .toBuffer();
  }
}

/** The encoders count from 1. */
function toQuality(compression: number): number {
  return Math.max(1, Math.round(compression));
}
