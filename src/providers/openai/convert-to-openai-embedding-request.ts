import { toUnsupported } from '../shared/list-unsupported-options.js';
import type { EmbeddingCall } from '../spec/chat-call.js';
import type { EmbeddingModel } from '../spec/chat-model.js';
import type { ProviderWarning } from '../spec/image-result.js';

export interface OpenaiEmbeddingRequest {
  body: Record<string, unknown>;
  warnings: ProviderWarning[];
}

/** Base64 is a quarter of the bytes of the numbers' digits; servers that do not know it answer with lists. */
export function convertToOpenaiEmbeddingRequest(
  call: EmbeddingCall,
  model: EmbeddingModel | null,
): OpenaiEmbeddingRequest {
  const { dimensions, user, inputs } = call;
  // A model of fixed length refuses the field even where it names that length.
  const isFixed = model?.capabilities.dimensionsAdjustable === false;
  const isOther = isFixed && dimensions !== null && dimensions !== model.capabilities.dimensions;
  return {
    body: {
      model: call.vendorModel ?? call.model,
      input: inputs,
      encoding_format: 'base64',
      ...(dimensions === null || isFixed ? {} : { dimensions }),
      ...(user === null ? {} : { user }),
    },
    warnings: isOther ? [toUnsupported('dimensions', call.model)] : [],
  };
}
