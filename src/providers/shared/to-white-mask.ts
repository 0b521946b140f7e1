import { Readable } from 'node:stream';
import sharp from 'sharp';
import type { InputImage } from '../spec/image-call.js';
import { ProviderError } from '../spec/provider.errors.js';

const MASK_PIXELS_MAX = 67_108_864;

/**
 * Ours may change where it is transparent, that of several vendors where it is white. Read when it is opened.
 * @throws ProviderError `invalid_request` while it is read, when it is no picture
 */
export function toWhiteMask(provider: string, model: string, mask: InputImage): InputImage {
  async function* convert(): AsyncGenerator<Buffer> {
    const parts: Buffer[] = [];
    for await (const part of mask.open()) parts.push(part as Buffer);
    try {
      const options = { limitInputPixels: MASK_PIXELS_MAX };
      const alpha = sharp(Buffer.concat(parts), options).ensureAlpha().extractChannel('alpha');
      yield await alpha.negate().png().toBuffer();
    } catch (cause) {
      const base = { provider, model, param: 'mask', cause };
      throw new ProviderError('invalid_request', { ...base, reason: 'input_unreadable' });
    }
  }
  const open = (): Readable => Readable.from(convert(), { objectMode: false });
  return { ...mask, name: 'mask.png', mediaType: 'image/png', open };
}
