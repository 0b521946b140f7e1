import sharp, { type Metadata } from 'sharp';
import type { InputImage } from '../spec/image-call.js';
import { ProviderError } from '../spec/provider.errors.js';

/** Larger files never get this far: the edge and the media store refuse them. */
const INPUT_BYTES_MAX = 104_857_600;
export const INPUT_PIXELS_MAX = 67_108_864;
const FORMATS: readonly string[] = ['png', 'jpeg', 'webp', 'gif', 'heif'];

export interface ReadImage {
  bytes: Buffer;
  /** As it is shown: turned by its orientation mark. */
  widthPx: number;
  heightPx: number;
}

/**
 * Takes a whole input picture into memory and checks that it is one.
 * @throws ProviderError `invalid_request`; what the stream threw, unchanged
 */
export async function readInputImage(image: InputImage, model: string): Promise<ReadImage> {
  const bytes = await collect(image, model);
  const facts = await readFacts(bytes, image, model);
  const { width, height } = facts.autoOrient;
  return { bytes, widthPx: width, heightPx: height };
}

async function collect(image: InputImage, model: string): Promise<Buffer> {
  const parts: Buffer[] = [];
  let sizeBytes = 0;
  for await (const part of image.open()) {
    sizeBytes += (part as Buffer).length;
    if (sizeBytes > INPUT_BYTES_MAX) throw unreadable(image, model, 'too large');
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts);
}

async function readFacts(bytes: Buffer, image: InputImage, model: string): Promise<Metadata> {
  try {
    const facts = await sharp(bytes, { limitInputPixels: INPUT_PIXELS_MAX }).metadata();
    if (FORMATS.includes(facts.format)) return facts;
  } catch (error) {
    throw unreadable(image, model, error);
  }
  throw unreadable(image, model, 'not a picture');
}

export function unreadable(image: InputImage, model: string, cause: unknown): ProviderError {
  return new ProviderError('invalid_request', {
    provider: 'embedded',
    model,
    reason: 'input_unreadable',
    param: image.role === 'image' ? 'reference_images' : image.role,
    cause,
  });
}
