import { oneOf, readProviderOptions, yesOrNo } from '../shared/read-provider-options.js';

/** What callers may set beyond the common words, under the vendor's own names. Other names are refused. */
const CHECKS = {
  /** How much time it may take. */
  mode: oneOf('performance', 'balanced', 'quality'),
  garment_photo_type: oneOf('auto', 'flat-lay', 'model'),
  /** How much skin may be seen. */
  moderation_level: oneOf('conservative', 'permissive'),
  /** Whether what the person wears so far may show through. */
  segmentation_free: yesOrNo(),
};

export type FashnImageOptions = Partial<Record<keyof typeof CHECKS, unknown>>;

/** @throws DomainError `request.invalid` naming the options at fault */
export function toFashnImageOptions(options: Readonly<Record<string, unknown>>): FashnImageOptions {
  return readProviderOptions('fashn', CHECKS, options);
}
