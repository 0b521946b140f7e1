import type { ImageFacts, ImageResult, ProviderWarning } from '../spec/image-result.js';

export const USAGE_UNREADABLE: ProviderWarning = {
  code: 'usage_unreadable',
  field: null,
  message: 'the provider reported a usage that cannot be right; it was not used',
};

export interface ResultParts {
  /** Pictures asked for and in the answer, where the vendor makes them all in one request: a difference is a warning. */
  asked?: number;
  answered?: number;
  /** Requests that made them; absent = one made all. */
  requests?: number;
  usage?: ImageResult['usage'];
  vendorRequestId?: string | null;
  warnings: readonly ProviderWarning[];
}

/** The end of a call of a vendor that says nothing of size, quality or format. */
export function toResult(images: readonly ImageFacts[], parts: ResultParts): ImageResult {
  const { usage = null, vendorRequestId = null, requests = 1 } = parts;
  const warnings = [...parts.warnings, ...listCountWarnings(images.length, parts)];
  return {
    deliveredCount: images.length,
    answeredCount: Math.max(images.length, parts.answered ?? 0),
    requestsCount: requests,
    images,
    usage,
    served: { size: null, quality: null, outputFormat: null },
    vendorRequestId,
    // What was said of each of several requests is said once.
    warnings: [...new Map(warnings.map((one) => [one.message, one])).values()],
    providerNote: null,
  };
}

/** Nobody gets fewer pictures, or loses one, without being told. */
export function listCountWarnings(
  delivered: number,
  { asked = delivered, answered = delivered }: Pick<ResultParts, 'asked' | 'answered'>,
): ProviderWarning[] {
  if (delivered < asked) {
    const message = `the provider made ${delivered} of ${asked} pictures`;
    return [{ code: 'fewer_images', field: 'n', message }];
  }
  if (answered <= asked) return [];
  const message = `the provider made more than ${asked} pictures; the others were dropped`;
  return [{ code: 'more_images', field: 'n', message }];
}
