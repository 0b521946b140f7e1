import type { ImageCall } from '../spec/image-call.js';
import { ProviderError } from '../spec/provider.errors.js';
import type { ReadImage } from './read-input-image.js';
import { DEFAULT_SIDE_PX } from './render-image.js';

/**
 * What the operation and its pictures rule out together.
 * @throws ProviderError `invalid_request` naming the field
 */
export function assertFeasible(call: ImageCall, inputs: readonly ReadImage[]): void {
  const refuse = (param: string, reason: string, advice: string): never => {
    const { model } = call;
    throw new ProviderError('invalid_request', {
      provider: 'embedded',
      model,
      param,
      reason,
      advice,
    });
  };
  const { operation, outputFormat } = call;
  if (inputs.length < (operation === 'try_on' ? 2 : 0)) {
    refuse('reference_images', 'input_missing', 'Send the person and the garment.');
  }
  if (operation === 'remove_background' && outputFormat === 'jpeg') {
    refuse(
      'output_format',
      'format_opaque',
      'Ask for output_format png or webp: jpeg knows no transparency.',
    );
  }
  const [first] = inputs;
  const grows = operation === 'upscale' || operation === 'outpaint';
  if (!grows || !first || call.widthPx !== null) return;
  // Left open, the result has no more pixels than were held for.
  if (Math.max(first.widthPx, first.heightPx) >= DEFAULT_SIDE_PX) {
    refuse(
      'size',
      'size_needed',
      `Say the size: the picture is already ${DEFAULT_SIDE_PX} pixels or more.`,
    );
  }
}
