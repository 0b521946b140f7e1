import {
  numberBetween,
  oneOf,
  readProviderOptions,
  wholeNumber,
  yesOrNo,
} from '../shared/read-provider-options.js';

export const ASPECT_RATIOS = ['1:1', '21:9', '16:9', '4:3', '3:2', '2:3', '3:4', '9:16', '9:21'];
const SAFETY_TOLERANCE = { min: 1, max: 6 };
const UPSCALE_FACTOR_MAX = 4;

/** What callers may set beyond the common words, under the models' own names. Other names are refused. */
const CHECKS = {
  /** Instead of a size in pixels. */
  aspect_ratio: oneOf(...ASPECT_RATIOS),
  /** With an input picture: 0 keeps it as it is, 1 pays no heed to it. */
  strength: numberBetween(0, 1),
  /** Lets the vendor write the prompt anew. */
  enhance_prompt: yesOrNo(),
  /** 1 is the strictest. */
  safety_tolerance: wholeNumber(SAFETY_TOLERANCE.min, SAFETY_TOLERANCE.max),
  /** Try-on: what the garment is. */
  category: oneOf('auto', 'tops', 'bottoms', 'one-pieces'),
  mode: oneOf('performance', 'balanced', 'quality'),
  garment_photo_type: oneOf('auto', 'flat-lay', 'model'),
  moderation_level: oneOf('permissive', 'conservative'),
  segmentation_free: yesOrNo(),
  /** Upscaling. */
  upscale_factor: numberBetween(1, UPSCALE_FACTOR_MAX),
  creativity: numberBetween(0, 1),
  resemblance: numberBetween(0, 1),
  /** Removal of backgrounds. */
  model: oneOf(
    'General Use (Light)',
    'General Use (Light 2K)',
    'General Use (Heavy)',
    'Matting',
    'Portrait',
    'General Use (Dynamic)',
  ),
  operating_resolution: oneOf('1024x1024', '2048x2048'),
  refine_foreground: yesOrNo(),
};

export type FalImageOptions = Partial<Record<keyof typeof CHECKS, unknown>>;

/** @throws DomainError `request.invalid` naming the options at fault */
export function toFalImageOptions(options: Readonly<Record<string, unknown>>): FalImageOptions {
  return readProviderOptions('fal', CHECKS, options);
}
