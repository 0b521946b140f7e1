import type { ImageFacts, ImageResult, ProviderWarning } from '../spec/image-result.js';

export const USAGE_UNREADABLE: ProviderWarning = {
  code: 'usage_unreadable',
  field: null,
  message: 'the provider reported a usage that cannot be right; it was not used',
};

export interface ResultParts {
  /** Pictures asked for, where the vendor makes them all in one request: too few become a warning. */
  asked?: number;
  usage?: ImageResult['usage'];
  vendorRequestId?: string | null;
  warnings: readonly ProviderWarning[];
}

/** The end of a call of a vendor that says nothing of size, quality or format. */
export function toResult(images: readonly ImageFacts[], parts: ResultParts): ImageResult {
  const { asked = images.length, usage = null, vendorRequestId = null } = parts;
  const message = `the provider made ${images.length} of ${asked} pictures`;
  return {
    deliveredCount: images.length,
    answeredCount: images.length,
    images,
    usage,
    served: { size: null, quality: null, outputFormat: null },
    vendorRequestId,
    warnings: [
      ...parts.warnings,
      ...(images.length < asked ? [{ code: 'fewer_images' as const, field: 'n', message }] : []),
    ],
    providerNote: null,
  };
}
