import sharp from 'sharp';
import type { Refusal } from './openai-image-rules.js';
import type { SimulatedBody } from './read-simulated-body.js';

/** At least one picture, each readable; the mask a PNG with alpha of the first one's size. */
export async function checkFiles(body: SimulatedBody): Promise<Refusal | null> {
  const images = body.files.filter((file) => file.field === 'image' || file.field === 'image[]');
  const mask = body.files.find((file) => file.field === 'mask');
  const [first] = images;
  if (!first) return toRefusal("Missing required parameter: 'image'.", 'image');
  if (images.length > 16) return toRefusal('Too many images.', 'image');
  try {
    for (const image of images) await sharp(image.bytes).stats();
    if (!mask) return null;
    const [of, facts] = [await sharp(first.bytes).metadata(), await sharp(mask.bytes).metadata()];
    if (facts.format !== 'png' || !facts.hasAlpha) return toRefusal('Invalid mask.', 'mask');
    if (facts.width !== of.width || facts.height !== of.height) {
      return toRefusal('Invalid mask image: the size must match the image.', 'mask');
    }
    return null;
  } catch {
    return { ...toRefusal('Invalid image file.', 'image'), code: 'invalid_image_file' };
  }
}

export function toRefusal(message: string, param: string | null): Refusal {
  return { status: 400, message, type: 'invalid_request_error', code: 'invalid_value', param };
}
