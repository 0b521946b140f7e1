import { MalformedAnswerError } from '../shared/malformed-answer.error.js';
import type { MadePicture } from '../shared/fan-out-calls.js';
import { toVendorRequestId } from '../shared/sanitize-vendor-text.js';
import { toResult } from '../shared/to-result.js';
import type { ImageCall, ImageStatusCall } from '../spec/image-call.js';
import type { ImageResult, ProviderWarning } from '../spec/image-result.js';
import { ProviderError } from '../spec/provider.errors.js';
import type { StabilityPictureFacts } from './stability-image-api.js';

const STATUS_OK = 200;

/** What one request gave, beside the picture. */
export interface StabilityPicture extends StabilityPictureFacts {
  warnings: readonly ProviderWarning[];
}

/**
 * Before anything of the picture is delivered.
 * @throws ProviderError `refused` for a picture that was blurred, which costs nothing; MalformedAnswerError
 */
export function assertPicture(
  call: ImageCall | ImageStatusCall,
  facts: StabilityPictureFacts,
): void {
  if (facts.isFiltered) {
    throw new ProviderError('refused', {
      provider: 'stability',
      model: call.model,
      status: STATUS_OK,
      reason: 'content_filtered',
      vendorRequestId: toVendorRequestId(facts.requestId),
    });
  }
  if (!facts.mediaType.startsWith('image/')) {
    throw new MalformedAnswerError(`the answer is ${facts.mediaType}, no picture`);
  }
}

/** The vendor's words to ours, after all pictures were delivered. It reports no usage: pictures have a price each. */
export function mapStabilityImageResult(
  made: readonly MadePicture<StabilityPicture>[],
  warnings: readonly ProviderWarning[],
): ImageResult {
  const images = made.map(({ index, facts }) => ({
    index,
    revisedPrompt: null,
    seed: facts.seed,
  }));
  return toResult(images, {
    requests: images.length,
    vendorRequestId: toVendorRequestId(made[0]?.facts.requestId ?? null),
    warnings: [...(made[0]?.facts.warnings ?? []), ...warnings],
  });
}
